"""What does a simulator bring of its own, and what is it given? The base does the rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from tael.foundation.clock import Clock
from tael.simulators.base.faults import OF_ANY_POSTMAN, OF_ANY_WIRE, Fault, Faults
from tael.simulators.base.journal import Journal
from tael.simulators.base.postman import Postman
from tael.simulators.base.views import Act, Known, OrderView, PayerView, PayoutView
from tael.simulators.base.wire import Answer, Call


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulator stands on."""

    home: Path
    """The folder of its keys and records."""
    url: str
    """Under which browsers and merchants reach it, without a slash at the end."""
    speed: float
    clock: Clock
    faults: Faults
    journal: Journal


ActResult = msgspec.Struct | None
"""An `OrderView`, a `PayoutView`, or what else the act has to say."""


class SimulatedChannel:
    """One channel, played. Override what it has."""

    name = ""
    words: Mapping[str, Mapping[str, str]] = {}
    """By language: texts of pages that are other than, or beside, those in `base.words`."""
    offers: frozenset[Fault] = OF_ANY_WIRE | OF_ANY_POSTMAN
    """The faults that it knows; other ones are refused."""
    methods: Sequence[str] = ()
    """The names of calls, for the operator's choice of where a fault strikes."""
    known: Mapping[str, Sequence[Known]] = {}
    """By language: names, numbers and cards that whoever plays can take. Where there are any and no orders, the page has no list of these."""
    postman: Postman | None = None
    acts: Mapping[str, Callable[[Act], ActResult]] = {}
    """What payers, banks and operators can do: `pay`, `scan`, `decline` … Each gives what it acted upon; raises
    `Refused`."""

    async def answer(self, call: Call) -> Answer | None:
        """The channel's protocol; None for what is not the channel's, which may be one of our pages."""
        return None

    def orders(self) -> Iterable[OrderView]:
        """Every order, oldest first."""
        return ()

    def order(self, number: str) -> OrderView | None:
        """One order."""
        return next((order for order in self.orders() if order.order_number == number), None)

    def payouts(self) -> Iterable[PayoutView]:
        """Every payout, oldest first."""
        return ()

    def payout(self, number: str) -> PayoutView | None:
        """One payout."""
        return next((payout for payout in self.payouts() if payout.payout_number == number), None)

    def payer(self, code: str) -> PayerView | None:
        """What the payer sees at `/pay/{code}`. Opening the page may be an act of its own: scanning."""
        return None

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed: every deadline comes nearer, and what happened lies so much further back."""

    def wake_up(self) -> None:
        """After a crash: post the notices that were not written down any more when it happened."""

    def close(self) -> None:
        """Let go of what it holds."""
