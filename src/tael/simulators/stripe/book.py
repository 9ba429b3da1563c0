"""Where is everything that the account has? Kept in the journal at every change, told of by events."""

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from tael.foundation.clock import Clock
from tael.simulators.base import Journal
from tael.simulators.stripe.objects import (
    NOT_SHOWN,
    TIMES,
    BalanceTransaction,
    Charge,
    Dispute,
    Event,
    PaymentIntent,
    PaymentMethod,
    Payout,
    Refund,
    Thing,
)
from tael.simulators.stripe.refusals import missing
from tael.simulators.stripe.store import PREFIXES, Store

T = TypeVar("T", bound=Thing)
OPENING_BALANCE = 10_000_000_000
"""In each currency's units: what the account had before anybody paid."""
FUNDS_WAIT_SECONDS = 2 * 86_400
_SHOWN_WITH = 10
"""So many things of a list are shown with what they belong to."""
EXPANDABLE: dict[str, type[Thing]] = {
    "payment_intent": PaymentIntent,
    "latest_charge": Charge,
    "charge": Charge,
    "balance_transaction": BalanceTransaction,
    "failure_balance_transaction": BalanceTransaction,
    "payment_method": PaymentMethod,
    "dispute": Dispute,
}


class Book(Store):
    """All things of one account."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        super().__init__(journal)
        self._clock = clock
        self._told_later: list[Event] = []
        self.tell: Callable[[Event], None] = lambda _event: None
        """Hears of every event after it is written."""
        self.request: dict[str, Any] = {"id": None, "idempotency_key": None}
        """Of the call that is being carried out."""
        self.clock_ahead_seconds = 0
        """How wrong Stripe's clock is for this call."""

    def commit(self) -> None:
        """Write all that was changed since the last time, then tell of it."""
        super().commit()
        events, self._told_later = self._told_later, []
        for event in events:
            self.tell(event)

    def seconds(self) -> int:
        """Now, as Stripe writes times."""
        return int(self._clock.now().timestamp()) + self.clock_ahead_seconds

    def new_id(self, kind: type[Thing]) -> str:
        """An id that nothing has."""
        return f"{PREFIXES[kind]}_{secrets.token_hex(12)}"

    def get(self, kind: type[T], id: str | None, *, param: str = "id", status: int = 404) -> T:
        """A thing by its id; refuses what is not there."""
        found = self.find(kind, id)
        if found is None:
            raise missing(kind.__name__.lower(), id or "", param, status=status)
        return found

    # What moves the balance

    def move_balance(
        self, kind: str, units: int, currency: str, *, source: str, fee: int = 0, waits: bool = False
    ) -> BalanceTransaction:
        """Write a movement of the balance: `units` come (or leave, if negative), less `fee`."""
        now = self.seconds()
        detail = {
            "amount": fee,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
        return self.keep(
            BalanceTransaction(
                id=self.new_id(BalanceTransaction),
                created=now,
                amount=units,
                available_on=now + FUNDS_WAIT_SECONDS if waits else now,
                currency=currency,
                fee=fee,
                fee_details=[detail] if fee else [],
                net=units - fee,
                reporting_category="dispute" if kind == "adjustment" else kind,
                source=source,
                type=kind,
            )
        )

    def balance(self, currency: str) -> tuple[int, int]:
        """What is available and what is still to come."""
        now = self.seconds()
        mine = [line for line in self.all(BalanceTransaction) if line.currency == currency]
        waiting = sum(line.net for line in mine if line.available_on > now)
        return self.funds(currency) - waiting, waiting

    def funds(self, currency: str) -> int:
        """All that the account has, come or still to come."""
        return OPENING_BALANCE + self.net.get(currency, 0)

    # What is shown and told

    def show(self, thing: Thing, expand: Iterator[str] | list[str] | None = None) -> dict[str, Any]:
        """A thing as the API shows it, with what `expand` asks for in the place of ids."""
        shown: dict[str, Any] = msgspec.to_builtins(thing)
        if isinstance(thing, BalanceTransaction | Event):
            shown.pop("metadata")
        if isinstance(thing, Refund):
            shown.pop("livemode")
        for name in NOT_SHOWN & shown.keys():
            del shown[name]
        for path in expand or ():
            self._expand(thing, shown, path)
        return shown

    def _expand(self, thing: Thing, shown: dict[str, Any], path: str) -> None:
        name, _, rest = path.partition(".")
        if isinstance(thing, Charge) and name == "refunds":
            made = self.of_intent(Refund, thing.payment_intent)
            shown[name] = {
                "object": "list",
                "data": [self.show(each) for each in reversed(made[-_SHOWN_WITH:])],
                "has_more": len(made) > _SHOWN_WITH,
            }
            return
        found = self._named(thing, name)
        if found is None:
            return
        deeper = self.show(found, [rest] if rest else [])
        before = shown.get(name)
        shown[name] = _as_deep_as_either(before, deeper)

    def _named(self, thing: Thing, name: str) -> Thing | None:
        id = getattr(thing, name, None)
        if not isinstance(id, str):
            return None
        if name == "source":
            kinds: tuple[type[Thing], ...] = (Charge, Refund, Payout, Dispute)
            return next((found for kind in kinds if (found := self.find(kind, id))), None)
        return self.find(EXPANDABLE[name], id) if name in EXPANDABLE else None

    def emit(self, kind: str, thing: Thing, *, about: str) -> None:
        """Say that something happened: it is kept, and told with the next `commit`."""
        event = Event(
            id=self.new_id(Event),
            created=self.seconds(),
            data={"object": self.show(thing)},
            request=dict(self.request),
            type=kind,
            about=about,
        )
        self._told_later.append(self.keep(event))

    def bring_nearer(self, by: timedelta) -> None:
        """Let everything have happened so much longer ago."""
        seconds = int(by // timedelta(seconds=1))
        for kind in PREFIXES:
            for thing in self.all(kind):
                for name in TIMES:
                    moment = getattr(thing, name, None)
                    if isinstance(moment, int):
                        setattr(thing, name, moment - seconds)
                if isinstance(thing, Dispute) and isinstance(thing.evidence_details.get("due_by"), int):
                    thing.evidence_details["due_by"] -= seconds
                self.keep(thing)


def _as_deep_as_either(one: Any, other: Any) -> Any:
    """What is an id in one of two pictures of a thing, and the thing itself in the other, is the thing."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one if isinstance(one, dict) else other
    return one | {name: _as_deep_as_either(one.get(name), other[name]) for name in other}
