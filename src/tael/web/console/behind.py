"""Whom do the console's pages ask?"""

from collections.abc import Mapping

import msgspec

from tael.behaviour.api import Behaviour
from tael.channels.api import Channels
from tael.disputes.api import Disputes
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database
from tael.foundation.http.strangers import Strangers
from tael.foundation.rule_changes import RuleChanges
from tael.funding.api import Funding
from tael.identity.api import Identity
from tael.merchants.api import Merchants
from tael.messages.api import Messages
from tael.offers.api import Offers
from tael.partners.api import Partners
from tael.payouts.api import Payouts
from tael.routing.api import Routing
from tael.staff.api import Staff
from tael.standing.api import Standing
from tael.users.api import Users
from tael.verification.api import Verification
from tael.wallets.api import Wallets
from tael.web.console.session import Sessions

_MOST_PEOPLE = 500


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """The verbs behind the pages."""

    database: Database
    clock: Clock
    channels: Channels
    partners: Partners
    merchants: Merchants
    disputes: Disputes
    offers: Offers
    routing: Routing
    rules: DatedRules
    staff: Staff
    identity: Identity
    """Holds the authenticators of staff."""
    users: Users
    standing: Standing
    verification: Verification
    behaviour: Behaviour
    messages: Messages
    wallets: Wallets
    funding: Funding
    payouts: Payouts
    sessions: Sessions
    strangers: Strangers

    @property
    def rule_changes(self) -> RuleChanges:
        """Proposals about the rules with dates."""
        return RuleChanges(self.database, self.clock, self.rules)

    async def people(self) -> Mapping[str, str]:
        """What people are called, by how the audit trail names them."""
        return {member.actor: member.name for member in await self.staff.everybody(limit=_MOST_PEOPLE)}
