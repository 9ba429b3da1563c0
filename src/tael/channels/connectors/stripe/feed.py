"""How do we hear of an event whose webhook was lost? Stripe keeps all events for thirty days, in their order.

The cursor is the id of an event that we have seen; a page is what came right after it. Events of one second have no
sure order among them, and one may be listed a moment late. So the cursor stays behind by a minute, and the last
minute's events are fetched again: they are known by their ids.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tael.channels.connectors.stripe.line import Line, StripeRefused
from tael.channels.connectors.stripe.notices import read_event
from tael.channels.connectors.stripe.objects import Event, Page, Unreadable, convert
from tael.channels.connectors.stripe.values import read_id
from tael.channels.errors import NoticeRefused
from tael.channels.port import Conversation, FeedPage, Notice

PATH = "/v1/events"
SETTLES_WITHIN = timedelta(minutes=1)


def fetch_events(line: Line, cursor: str, *, now: datetime) -> Conversation[FeedPage]:
    """What happened since `cursor`, oldest first; of an empty or forgotten one, the newest page.

    A page that cannot be had or believed tells nothing: the next try begins at the same place.
    """
    try:
        page = yield from _page_after(line, read_id(cursor, "evt"))
        events = [convert(item, Event) for item in reversed(page.data)]
    except (Unreadable, StripeRefused):
        return FeedPage(notices=[], cursor=cursor)
    more = page.has_more and bool(cursor)
    seen = events if more else _settled(events, now)
    return FeedPage(
        notices=[_notice_of(line, event) for event in events],
        cursor=seen[-1].id if seen else cursor,
        more=more,
    )


def _settled(events: Sequence[Event], now: datetime) -> Sequence[Event]:
    """Those before which no other one can turn up."""
    return [event for event in events if event.created <= (now - SETTLES_WITHIN).timestamp()]


def _page_after(line: Line, cursor: str | None) -> Conversation[Page]:
    if cursor is not None:
        try:
            page, _body = yield from line.page(PATH, {"ending_before": cursor})
        except StripeRefused as refused:
            if refused.code != "resource_missing":
                raise
        else:
            return page
    page, _body = yield from line.page(PATH, {})
    return page


def _notice_of(line: Line, event: Event) -> Notice:
    """An event that we cannot use must not hide those behind it."""
    try:
        return read_event(event, line.access)
    except (NoticeRefused, Unreadable):
        return Notice(notice_id=event.id, outcome=None)
