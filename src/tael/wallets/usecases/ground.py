"""What do the verbs of wallets stand on? The books, the rules, and whoever knows people."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from tael.behaviour.api import Behaviour
from tael.foundation.calls import PrintKey
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database
from tael.foundation.sealing import Sealer
from tael.identity.api import Identity
from tael.identity.model import DayOf, StepUpRule
from tael.ledger.api import Ledger, Lists
from tael.messages.api import Messages
from tael.standing.api import Standing
from tael.users.api import Users
from tael.wallets.model import WalletLimits


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    database: Database
    ledger: Ledger
    lists: Lists
    clock: Clock
    rules: DatedRules
    standing: Standing
    identity: Identity
    behaviour: Behaviour
    users: Users
    messages: Messages
    sealer: Sealer
    public_url: str
    print_key: PrintKey
    """Under which a request is known again: its payee may be a telephone number."""
    dice: Callable[[int], int]
    """A number below another, that nobody can guess."""

    def limits(self, at: datetime) -> WalletLimits:
        """The rule `wallets.limits` at a moment."""
        return self.rules.read("wallets.limits", WalletLimits, at=at)

    def day_limits(self, at: datetime) -> Mapping[str, DayOf]:
        """By currency: how much may be done in a day, by how it is confirmed."""
        return self.rules.read("identity.step_up", StepUpRule, at=at).days
