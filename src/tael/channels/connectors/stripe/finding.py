"""How is an order found at Stripe, in particular if the answer with its id was lost? Only by reading.

To send the same create again under its key would give the id, too, but if the first message never arrived it would
charge the card, and after a day Stripe has forgotten the key and would charge it twice. So an order without an id is
looked for: first by `search`, which is quick but lags behind by up to a minute, so that what it finds is read again
by its id and what it does not find proves nothing; then in the list of everything made since the order was, which
lags behind nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.connectors.stripe.answers import ORDER_NUMBER
from tael.channels.connectors.stripe.line import Line, StripeRefused
from tael.channels.connectors.stripe.objects import Intent, Session, Unreadable, convert
from tael.channels.connectors.stripe.values import read_id, write_time
from tael.channels.port import Conversation, Order, Product

MOST_PAGES = 20
_BEFORE_PAYMENT = ("requires_payment_method", "requires_confirmation", "requires_action")
CLOCKS_DIFFER = timedelta(minutes=5)
KEY_LIFETIME = timedelta(hours=23)
"""How long Stripe surely remembers an idempotency key: 24 hours, less what clocks differ by."""

EXPAND_INTENT: Mapping[str, str] = {"expand[]": "latest_charge.balance_transaction"}
EXPAND_SESSION: Mapping[str, str] = {
    "expand[0]": "payment_intent",
    "expand[1]": "payment_intent.latest_charge.balance_transaction",
}
_READ_INTENT = {
    "expand[0]": "latest_charge.balance_transaction",
    "expand[1]": "latest_charge.refunds",
}
_READ_SESSION = {**EXPAND_SESSION, "expand[2]": "payment_intent.latest_charge.refunds"}
"""What is read is read with its refunds; what is made has none, and keeps its words for as long as its key."""


def find_order(line: Line, order: Order, *, now: datetime) -> Conversation[Intent | Session | None]:
    """The order as Stripe has it now; None if Stripe surely had none when it was asked."""
    if read_id(order.channel_reference, "pi"):
        intent = yield from read_intent(line, order.channel_reference)
        if order.product is Product.CARD or intent.status not in _BEFORE_PAYMENT:
            return intent
        page = yield from _session_of_intent(line, intent.id)
        return page or intent
    if read_id(order.channel_reference, "cs"):
        session = yield from read_session(line, order.channel_reference)
        return session
    if order.product is Product.CARD:
        intent_id = yield from _search_intent(line, order, now=now)
        if intent_id is None:
            return None
        found = yield from read_intent(line, intent_id)
        return found
    session_id = yield from _list_session(line, order, now=now)
    if session_id is None:
        return None
    session = yield from read_session(line, session_id)
    return session


def read_intent(line: Line, intent_id: str) -> Conversation[Intent]:
    """An intent by its id."""
    intent = yield from line.get(f"/v1/payment_intents/{intent_id}", Intent, _READ_INTENT)
    if intent.id != intent_id:
        raise Unreadable("it is another intent than was asked for")
    return intent


def read_session(line: Line, session_id: str) -> Conversation[Session]:
    """A session by its id, with its intent."""
    session = yield from line.get(f"/v1/checkout/sessions/{session_id}", Session, _READ_SESSION)
    if session.id != session_id:
        raise Unreadable("it is another session than was asked for")
    return session


def _session_of_intent(line: Line, intent_id: str) -> Conversation[Session | None]:
    """The session on whose page an intent is paid; None if there is none."""
    page, _body = yield from line.page("/v1/checkout/sessions", {"payment_intent": intent_id})
    if not page.data:
        return None
    session_id = read_id(convert(page.data[0], _Numbered).id, "cs")
    if session_id is None:
        raise Unreadable("the list of sessions holds something else")
    session = yield from read_session(line, session_id)
    return session


def since(created_at: datetime | None, now: datetime) -> dict[str, int]:
    """The part of a list that was made since our thing was; within a day if we do not know when that was."""
    return {"created[gte]": write_time((created_at or now - timedelta(days=1)) - CLOCKS_DIFFER)}


def sent_long_ago(created_at: datetime | None, now: datetime) -> bool:
    """Whether Stripe may have forgotten the key under which it was first sent."""
    return created_at is not None and now - created_at > KEY_LIFETIME


def only(ids: Sequence[str]) -> str | None:
    """The id, if there is one; raises `Unreadable` for two, which only people can explain."""
    if len(set(ids)) > 1:
        raise Unreadable(f"{len(set(ids))} things carry our number; somebody has to look at them")
    return ids[0] if ids else None


class _Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """What carries our number, of whatever kind."""

    id: str
    status: str | None = None
    metadata: Mapping[str, str] = {}


def numbered(items: Sequence[_Numbered], name: str, number: str, *kinds: str) -> str | None:
    """The id of that one of `items` which carries our number; an ended one only if there is no other."""
    ours = [item for item in items if item.metadata.get(name) == number and read_id(item.id, *kinds)]
    going = [item.id for item in ours if item.status not in ("canceled", "expired")]
    return only(going) or (ours[0].id if ours else None)


def list_numbered(
    line: Line, path: str, fields: Mapping[str, str | int], *, name: str, number: str, kind: str
) -> Conversation[str | None]:
    """The id of that one of a list which carries our number; None if none of the whole list does."""
    items = yield from line.everything(path, _Numbered, fields, most_pages=MOST_PAGES)
    return numbered(items, name, number, kind)


def _search_intent(line: Line, order: Order, *, now: datetime) -> Conversation[str | None]:
    number = order.order_number
    if not number.isascii() or not number.isprintable() or "'" in number or "\\" in number:
        raise Unreadable("our number cannot be searched for")
    query = f"metadata['{ORDER_NUMBER}']:'{number}'"
    hits = yield from _hits(line, query)
    if any(hit.metadata.get(ORDER_NUMBER) != number for hit in hits):
        raise Unreadable("the search found what was not searched for")
    found = numbered(hits, ORDER_NUMBER, number, "pi")
    if found is None:
        found = yield from list_numbered(
            line,
            "/v1/payment_intents",
            since(order.created_at, now),
            name=ORDER_NUMBER,
            number=number,
            kind="pi",
        )
    return found


def _hits(line: Line, query: str) -> Conversation[list[_Numbered]]:
    """What a search finds; nothing where there is no search (in India there is none)."""
    try:
        page, _body = yield from line.page("/v1/payment_intents/search", {"query": query})
    except StripeRefused as refused:
        if refused.status not in (400, 403, 404):
            raise
        return []
    return [convert(item, _Numbered) for item in page.data]


def _list_session(line: Line, order: Order, *, now: datetime) -> Conversation[str | None]:
    return list_numbered(
        line,
        "/v1/checkout/sessions",
        since(order.created_at, now),
        name=ORDER_NUMBER,
        number=order.order_number,
        kind="cs",
    )
