"""What survives a crash, and does all of a call survive or none of it?

A call changes several things: the charge, the intent, the balance, the key of idempotency. They are changed in memory
first. `commit` writes them in one line of the journal, which is there as a whole or not at all, and then each to its
own drawer; a process that was killed between the two finds the line when it starts again, and writes them then.
"""

from typing import Any, TypeVar

import msgspec

from tael.simulators.base import Drawer, Journal
from tael.simulators.stripe.objects import (
    BalanceTransaction,
    Charge,
    Dispute,
    Event,
    File,
    PaymentIntent,
    PaymentMethod,
    Payout,
    Refund,
    Remembered,
    Session,
    Thing,
    WebhookEndpoint,
)

T = TypeVar("T", bound=Thing)
PREFIXES: dict[type[Thing], str] = {
    PaymentMethod: "pm",
    PaymentIntent: "pi",
    Charge: "ch",
    Refund: "re",
    Dispute: "dp",
    File: "file",
    Payout: "po",
    BalanceTransaction: "txn",
    Session: "cs_test",
    Event: "evt",
    WebhookEndpoint: "we",
    Remembered: "idem",
}
_KINDS = {kind.__name__: kind for kind in PREFIXES}
_NUMBERED = (Session, PaymentIntent, Payout)
_LAST = "last"


class Change(msgspec.Struct, kw_only=True):
    """All that one call has changed: the name of each thing's kind, and the thing."""

    things: list[tuple[str, msgspec.Raw]]


class Store:
    """Every thing by its id, by the merchant's number, and by the intent that it belongs to."""

    def __init__(self, journal: Journal) -> None:
        self._drawers: dict[type[Thing], Drawer[Any]] = {
            kind: journal.drawer(kind.__name__, kind) for kind in PREFIXES
        }
        self._changes = journal.drawer("change", Change)
        self._changed: dict[str, Thing] = {}
        self._by_number: dict[str, dict[str, Thing]] = {}
        self._by_intent: dict[tuple[type[Thing], str], dict[str, Thing]] = {}
        self.net: dict[str, int] = {}
        """By currency: what all movements of the balance come to."""
        self._finish_what_was_begun()
        for kind in PREFIXES:
            for thing in self.all(kind):
                self._index(thing)

    def keep(self, thing: T) -> T:
        """Take a thing as it is now; written with the next `commit`."""
        things = self._drawers[type(thing)].things
        if things.get(thing.id) is not thing:
            things[thing.id] = thing
            self._index(thing)
        self._changed[thing.id] = thing
        return thing

    def commit(self) -> None:
        """Write all that was changed since the last time."""
        if not self._changed:
            return
        changed, self._changed = list(self._changed.values()), {}
        things = [(type(thing).__name__, msgspec.Raw(msgspec.json.encode(thing))) for thing in changed]
        self._changes.keep(_LAST, Change(things=things))
        for thing in changed:
            self._drawers[type(thing)].keep(thing.id, thing)

    def all(self, kind: type[T]) -> list[T]:
        """All things of a kind, oldest first."""
        return list(self._drawers[kind].things.values())

    def find(self, kind: type[T], id: str | None) -> T | None:
        """A thing by its id."""
        found: T | None = self._drawers[kind].things.get(id or "")
        return found

    def numbered(self, kind: type[T], number: str) -> list[T]:
        """The intents, pages or payouts under a number of the merchant's, oldest first."""
        return [thing for thing in self._by_number.get(number, {}).values() if isinstance(thing, kind)]

    def numbers(self, *kinds: type[Thing]) -> list[str]:
        """All numbers under which there is one of those."""
        return [
            number
            for number, things in self._by_number.items()
            if any(isinstance(thing, kinds) for thing in things.values())
        ]

    def of_intent(self, kind: type[T], intent_id: str) -> list[T]:
        """The charges, refunds or disputes of an intent, oldest first."""
        things = self._by_intent.get((kind, intent_id), {})
        return [thing for thing in things.values() if isinstance(thing, kind)]

    def _finish_what_was_begun(self) -> None:
        last = self._changes.things.get(_LAST)
        for name, raw in last.things if last is not None else ():
            thing = msgspec.json.decode(raw, type=_KINDS[name])
            self._drawers[type(thing)].keep(thing.id, thing)

    def _index(self, thing: Thing) -> None:
        if isinstance(thing, _NUMBERED):
            self._by_number.setdefault(number_of(thing), {})[thing.id] = thing
        if isinstance(thing, Charge | Refund | Dispute):
            self._by_intent.setdefault((type(thing), thing.payment_intent), {})[thing.id] = thing
        if isinstance(thing, BalanceTransaction):
            self.net[thing.currency] = self.net.get(thing.currency, 0) + thing.net


def number_of(thing: Thing) -> str:
    """The merchant's number of a thing, or its own id."""
    named = thing.metadata.get("payout_number" if isinstance(thing, Payout) else "order_number")
    return named or thing.id
