"""How is somebody told something? A message is written in the caller's transaction, and a delivery for each way it takes.

Whatever happens to the caller's transaction happens to the message. The relay sends what was committed, within a second.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.messages.errors import MessageMalformed
from tael.messages.model import SENT_WAYS, DeliveryState, Language, Post, Urgency, Way
from tael.messages.rules import timing
from tael.messages.rules.templates import Template, check_values, template_of
from tael.messages.store import deliveries, messages, people
from tael.messages.store.deliveries import NewDelivery
from tael.messages.store.messages import NewMessage
from tael.messages.store.people import KeptSubscription, Person
from tael.messages.usecases.desk import Address, Desk, email_address, phone_address

NO_ADDRESS = "no_address"


class _Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A post, with all that is known of whom it is for."""

    post: Post
    template: Template
    person: Person
    language: Language
    goes_at: datetime
    expires_at: datetime
    now: datetime

    @property
    def urgency(self) -> Urgency:
        """How urgent it is."""
        return self.template.kind.urgency


async def post(desk: Desk, tx: Transaction, posts: Sequence[Post]) -> None:
    """Tell people; refuses `MessageMalformed`. A post whose id is known was told before."""
    if not posts:
        return
    templates = [_checked(each) for each in posts]
    known = await people.find_people(tx, sorted({each.to for each in posts if each.to is not None}))
    ready = [
        _ready(each, template, known, desk.now()) for each, template in zip(posts, templates, strict=True)
    ]
    new = await messages.insert_messages(tx, [_message(desk, each) for each in _once(ready)])
    ready = [each for each in _once(ready) if each.post.id in new]
    browsers = await _browsers(tx, ready)
    await deliveries.insert_deliveries(
        tx, [delivery for each in ready for delivery in _deliveries(desk, each, browsers)]
    )


def _checked(post: Post) -> Template:
    template = template_of(post.template)
    check_values(template, post.values)
    if post.to is None and post.to_phone is None and post.to_email is None:
        raise MessageMalformed(f"{post.template} is for nobody.", field="to")
    return template


def _once(ready: Sequence[_Ready]) -> list[_Ready]:
    return list({each.post.id: each for each in ready}.values())


def _ready(post: Post, template: Template, known: Mapping[str, Person], now: datetime) -> _Ready:
    person = known.get(post.to or "", Person(user_id=post.to or ""))
    goes_at = timing.goes_at(template.kind.urgency, person.preferences, now)
    return _Ready(
        post=post,
        template=template,
        person=person,
        language=Language(post.language or person.language),
        goes_at=goes_at,
        expires_at=timing.expires_at(template.kind.urgency, posted_at=now, goes=goes_at),
        now=now,
    )


def _message(desk: Desk, ready: _Ready) -> NewMessage:
    post = ready.post
    return NewMessage(
        id=post.id,
        user_id=post.to,
        template=post.template,
        urgency=ready.urgency,
        language=ready.language,
        values_sealed=desk.seal_values(post.id, post.values),
        kept=post.to is not None and not ready.template.is_secret,
        expires_at=ready.expires_at,
        created_at=ready.now,
    )


async def _browsers(tx: Transaction, ready: Sequence[_Ready]) -> Mapping[str, list[KeptSubscription]]:
    """The browsers of those who are told by push."""
    wanted = sorted({each.post.to for each in ready if each.post.to is not None and Way.PUSH in _ways(each)})
    found: dict[str, list[KeptSubscription]] = {}
    for each in await people.find_subscriptions(tx, wanted) if wanted else ():
        found.setdefault(each.user_id, []).append(each)
    return found


def _ways(ready: _Ready) -> list[Way]:
    """On which ways somebody carries it."""
    asked = ready.post.ways is not None
    named = [Way(way) for way in ready.post.ways or ()] if asked else list(ready.template.kind.ways)
    wanted = timing.ways_wanted(ready.urgency, named, ready.person.preferences, asked=asked)
    return [way for way in wanted if way in SENT_WAYS]


def _deliveries(
    desk: Desk, ready: _Ready, browsers: Mapping[str, list[KeptSubscription]]
) -> Iterator[NewDelivery]:
    for way in _ways(ready):
        if way is not Way.PUSH:
            address = _address(desk, ready, way)
            id = new_id("dlv")
            sealed = desk.seal(address.text, f"delivery {id}") if address is not None else None
            yield _delivery(ready, id, way, sealed=sealed, masked=address.masked if address else "")
            continue
        for browser in browsers.get(ready.post.to or "", ()):
            id = new_id("dlv")
            reached = desk.open_push(browser.address_sealed, f"messages subscription {browser.id}")
            sealed = desk.seal_push(reached, f"delivery {id}")
            yield _delivery(ready, id, way, sealed=sealed, masked=browser.service, subscription=browser.id)


def _address(desk: Desk, ready: _Ready, way: Way) -> Address | None:
    """Where this way leads to: what the post names, or what is known of the person."""
    post, person = ready.post, ready.person
    if way is Way.SMS:
        if post.to_phone is not None:
            return phone_address(post.to_phone)
        sealed, masked, field = person.phone_sealed, person.phone_masked, "phone"
    else:
        if post.to_email is not None:
            return email_address(post.to_email)
        sealed, masked, field = person.email_sealed, person.email_masked, "email"
    if sealed is None:
        return None
    return Address(
        text=desk.open(sealed, f"messages person {person.user_id} {field}"), masked=masked or "***"
    )


def _delivery(
    ready: _Ready, id: str, way: Way, *, sealed: bytes | None, masked: str, subscription: str | None = None
) -> NewDelivery:
    return NewDelivery(
        id=id,
        message_id=ready.post.id,
        user_id=ready.post.to,
        template=ready.post.template,
        urgency=ready.urgency,
        language=ready.language,
        way=way,
        address_sealed=sealed,
        address_masked=masked,
        subscription_id=subscription,
        state=DeliveryState.SKIPPED if sealed is None else DeliveryState.QUEUED,
        next_attempt_at=None if sealed is None else ready.goes_at,
        expires_at=ready.expires_at,
        error=NO_ADDRESS if sealed is None else None,
        created_at=ready.now,
    )
