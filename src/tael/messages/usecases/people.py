"""How is somebody reached, and what do they want to hear? Addresses, preferences, browsers."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from enum import Enum

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.messages.errors import NoSuchSubscription, TooManySubscriptions
from tael.messages.model import (
    SENT_WAYS,
    Language,
    Preferences,
    PushAddress,
    PushSubscription,
    Urgency,
    Way,
)
from tael.messages.rules import timing
from tael.messages.rules.addresses import check_push
from tael.messages.rules.wording import plain_text
from tael.messages.store import people
from tael.messages.store.people import KeptSubscription, Person
from tael.messages.transport.push import check_endpoint
from tael.messages.usecases.desk import Desk, email_address, phone_address

MOST_SUBSCRIPTIONS = 10


class Unchanged(Enum):
    """The value of what is not said."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


class ChangePreferences(msgspec.Struct, frozen=True, kw_only=True):
    """Let somebody's preferences be otherwise; `None`: as they are."""

    user_id: str
    language: Language | None = None
    off: Collection[str] | None = None
    quiet_from: int | None = None
    quiet_until: int | None = None
    money_at_night: bool | None = None


class AddSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that wants to be told."""

    id: str
    user_id: str
    push: PushAddress
    device: str = ""


class RemoveSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """Tell a browser no more."""

    id: str
    user_id: str


async def address(
    desk: Desk,
    tx: Transaction,
    user_id: str,
    *,
    phone: str | Unchanged | None = UNCHANGED,
    email: str | Unchanged | None = UNCHANGED,
    language: Language | None = None,
) -> None:
    """Keep where somebody is reached; refuses `PhoneMalformed`, `AddressMalformed`."""
    person = await people.lock_person(tx, user_id)
    changes: dict[str, object] = {} if language is None else {"language": language}
    for name, text, read in (("phone", phone, phone_address), ("email", email, email_address)):
        if isinstance(text, Unchanged):
            continue
        kept = read(text) if text else None
        changes[f"{name}_sealed"] = kept and desk.seal(kept.text, f"messages person {user_id} {name}")
        changes[f"{name}_masked"] = kept and kept.masked
    await people.keep_person(tx, msgspec.structs.replace(person, **changes), now=desk.now())


async def change_preferences(tx: Transaction, wanted: ChangePreferences, desk: Desk) -> Preferences:
    """The preferences as they are afterwards; refuses `CannotBeSwitchedOff`, `PreferencesMalformed`."""
    person = await people.lock_person(tx, wanted.user_id)
    changes: dict[str, object] = {
        name: value
        for name in ("language", "quiet_from", "quiet_until", "money_at_night")
        if (value := getattr(wanted, name)) is not None
    }
    if wanted.off is not None:
        changes["off_ways"] = tuple(sorted(set(wanted.off)))
    person = msgspec.structs.replace(person, **changes)
    timing.check_preferences(person.preferences)
    await people.keep_person(tx, person, now=desk.now())
    return person.preferences


async def unsubscribe(desk: Desk, tx: Transaction, user_id: str) -> None:
    """No tips any more but in the list of the app."""
    person = await people.lock_person(tx, user_id)
    off = {*person.off_ways, *(f"{Urgency.EDUCATION}:{way}" for way in SENT_WAYS)}
    await people.keep_person(tx, msgspec.structs.replace(person, off_ways=tuple(sorted(off))), now=desk.now())


async def add_subscription(tx: Transaction, wanted: AddSubscription, desk: Desk) -> PushSubscription:
    """Tell a browser from now on; refuses `AddressMalformed`, `PushServiceUnknown`, `TooManySubscriptions`."""
    check_push(wanted.push)
    service = check_endpoint(wanted.push.endpoint, desk.settings)
    await people.lock_person(tx, wanted.user_id)
    if await people.count_subscriptions(tx, wanted.user_id) >= MOST_SUBSCRIPTIONS:
        raise TooManySubscriptions(
            f"There are {MOST_SUBSCRIPTIONS} browsers already.", hint="Remove one that you use no more."
        )
    kept = KeptSubscription(
        id=wanted.id,
        user_id=wanted.user_id,
        address_sealed=desk.seal_push(wanted.push, f"messages subscription {wanted.id}"),
        service=service,
        device=plain_text(wanted.device),
        created_at=desk.now(),
    )
    digest = hashlib.sha256(wanted.push.endpoint.encode()).digest()
    await people.keep_subscription(tx, kept, endpoint_hash=digest)
    return _shown(kept)


async def remove_subscription(tx: Transaction, wanted: RemoveSubscription, desk: Desk) -> RemoveSubscription:
    """Tell it no more; refuses `NoSuchSubscription`."""
    del desk
    if not await people.remove_subscription(tx, wanted.id, user_id=wanted.user_id):
        raise NoSuchSubscription(f"There is no subscription {wanted.id}.", field="subscription_id")
    return wanted


async def subscriptions(tx: Transaction, user_id: str) -> Sequence[PushSubscription]:
    """The browsers of somebody, the oldest first."""
    return [_shown(each) for each in await people.find_subscriptions(tx, [user_id])]


async def find(tx: Transaction, user_ids: Sequence[str]) -> Mapping[str, Person]:
    """What is known of them; of whom nothing is, as everybody begins."""
    known = await people.find_people(tx, list(user_ids))
    return {user_id: known.get(user_id, Person(user_id=user_id)) for user_id in user_ids}


async def person_of(tx: Transaction, user_id: str) -> Person:
    """The same of one."""
    return (await find(tx, [user_id]))[user_id]


async def in_clear(desk: Desk, tx: Transaction, user_id: str) -> Mapping[Way, str]:
    """Where somebody is reached, as they gave it."""
    person = await person_of(tx, user_id)
    sealed = {Way.SMS: ("phone", person.phone_sealed), Way.EMAIL: ("email", person.email_sealed)}
    return {
        way: desk.open(each, f"messages person {user_id} {field}")
        for way, (field, each) in sealed.items()
        if each is not None
    }


def new_subscription_id() -> str:
    """The id of a browser."""
    return new_id("psh")


def _shown(kept: KeptSubscription) -> PushSubscription:
    return PushSubscription(id=kept.id, device=kept.device, service=kept.service, created_at=kept.created_at)
