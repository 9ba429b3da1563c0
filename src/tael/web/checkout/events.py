"""How does a result reach an open page? As server-sent events, one for each change.

After each heartbeat's time without news, a comment keeps the connection open and the desk is asked to
make sure of a live code, so a code that has run out is replaced while the page is open. A stream ends
at an end state or after `STREAM_SECONDS`; in the second case the browser asks again by itself, which
lets a server that is being replaced let go of its readers.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

import msgspec

from tael.foundation.clock import monotonic_seconds
from tael.foundation.errors import Refusal
from tael.web.checkout.documents import state_document
from tael.web.checkout.views import NO_WISH, CheckoutDesk, CheckoutView, Wish
from tael.web.ui.i18n import Language

STREAM_SECONDS = 600.0
RETRY_MILLISECONDS = 2_000


async def events(
    desk: CheckoutDesk,
    first: CheckoutView,
    *,
    wish: Wish = NO_WISH,
    language: Language,
    heartbeat_seconds: float,
    root: str = "",
) -> AsyncGenerator[bytes, None]:
    """The stream as the HTML standard (section 9.2) writes it: `first`, then each change.

    It ends at a refusal, too: the browser asks again and is then told by a status.
    """
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    with suppress(Refusal):
        async with aclosing(_follow(desk, first, wish, heartbeat_seconds)) as views:
            async for view in views:
                yield _event(view, language, root) if view else b": still here\n\n"


def _event(view: CheckoutView, language: Language, root: str) -> bytes:
    return b"event: state\ndata: " + msgspec.json.encode(state_document(view, language, root=root)) + b"\n\n"


async def _follow(
    desk: CheckoutDesk, first: CheckoutView, wish: Wish, heartbeat_seconds: float
) -> AsyncGenerator[CheckoutView | None, None]:
    """`first`, then the payment whenever the page must change; `None` for each heartbeat."""
    yield first
    shown, ends_at = first, monotonic_seconds() + STREAM_SECONDS
    changes = desk.changes(first.payment_id, wish)
    upcoming = asyncio.ensure_future(_next(changes))
    try:
        while not shown.ended and monotonic_seconds() < ends_at:
            await asyncio.wait({upcoming}, timeout=heartbeat_seconds)
            if upcoming.done():
                told = upcoming.result()
                if told is None:
                    return
                view, upcoming = told, asyncio.ensure_future(_next(changes))
            else:
                yield None
                view = await desk.open(first.payment_id, wish)
            if _look(view) != _look(shown):
                yield view
            shown = view
    finally:
        upcoming.cancel()


async def _next(changes: AsyncIterator[CheckoutView]) -> CheckoutView | None:
    return await anext(changes, None)


def _look(view: CheckoutView) -> tuple[object, ...]:
    """What makes two views look different; time passing does not."""
    return view.state, view.code_version, view.refunded, view.to_pay, view.action is None, view.begun
