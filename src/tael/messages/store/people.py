"""Where does it stand how people are reached, and what they want to hear?"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.messages.model import Language, Preferences
from tael.messages.store.messages import SQL

_DEFAULT = Preferences()


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person's addresses, sealed, and preferences."""

    user_id: str
    language: Language = _DEFAULT.language
    phone_sealed: bytes | None = None
    phone_masked: str | None = None
    email_sealed: bytes | None = None
    email_masked: str | None = None
    off_ways: tuple[str, ...] = ()
    quiet_from: int = _DEFAULT.quiet_from
    quiet_until: int = _DEFAULT.quiet_until
    money_at_night: bool = _DEFAULT.money_at_night

    @property
    def preferences(self) -> Preferences:
        """What they want to hear."""
        return Preferences(
            language=self.language,
            off=frozenset(self.off_ways),
            quiet_from=self.quiet_from,
            quiet_until=self.quiet_until,
            money_at_night=self.money_at_night,
        )


class KeptSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's address, sealed."""

    id: str
    user_id: str
    address_sealed: bytes
    service: str
    device: str
    created_at: datetime


async def find_people(tx: Transaction, user_ids: Sequence[str]) -> Mapping[str, Person]:
    """Those that are known, by id."""
    found = await tx.rows(SQL.find_people, Person, user_ids=list(user_ids))
    return {each.user_id: each for each in found}


async def lock_person(tx: Transaction, user_id: str) -> Person:
    """A person, locked; one of whom nothing is known yet as everybody begins."""
    return await tx.row(SQL.lock_person, Person, user_id=user_id) or Person(user_id=user_id)


async def keep_person(tx: Transaction, person: Person, *, now: datetime) -> None:
    """Write a person as they are now."""
    fields = msgspec.structs.asdict(person) | {"off_ways": list(person.off_ways)}
    await tx.run(SQL.keep_person, now=now, **fields)


async def people_after(tx: Transaction, seq: int, *, limit: int) -> Sequence[tuple[int, str]]:
    """Everybody in the order in which they came, after one: pairs of place and id."""
    return [(place, user_id) for place, user_id in await tx.tuples(SQL.people_after, after=seq, limit=limit)]


async def find_subscriptions(tx: Transaction, user_ids: Sequence[str]) -> Sequence[KeptSubscription]:
    """The browsers of these people."""
    return await tx.rows(SQL.find_subscriptions, KeptSubscription, user_ids=list(user_ids))


async def count_subscriptions(tx: Transaction, user_id: str) -> int:
    """How many browsers a person has, locked."""
    return len(await tx.tuples(SQL.lock_subscriptions, user_id=user_id))


async def keep_subscription(tx: Transaction, kept: KeptSubscription, *, endpoint_hash: bytes) -> None:
    """Write a browser's address; who had it before has it no more."""
    await tx.run(
        SQL.keep_subscription,
        id=kept.id,
        user_id=kept.user_id,
        endpoint_hash=endpoint_hash,
        address_sealed=kept.address_sealed,
        service=kept.service,
        device=kept.device,
        now=kept.created_at,
    )


async def remove_subscription(tx: Transaction, id: str, *, user_id: str) -> bool:
    """Forget a browser of a person; false if they have no such."""
    return await tx.run(SQL.remove_subscription, id=id, user_id=user_id) > 0


async def forget_subscriptions(tx: Transaction, ids: Sequence[str]) -> None:
    """Forget browsers that are no more."""
    await tx.run(SQL.forget_subscriptions, ids=list(ids))


async def forget_of(tx: Transaction, user_id: str) -> None:
    """Forget how a person is reached."""
    await tx.run(SQL.forget_person, user_id=user_id)
    await tx.run(SQL.forget_subscriptions_of, user_id=user_id)
