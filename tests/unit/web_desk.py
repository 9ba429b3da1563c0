"""What stands behind the checkout page in its own tests? A desk in memory, and a real server.

`payments` is the real desk; here the page's edge is driven by hand, state by state.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec
import uvicorn
from litestar import Litestar, Response

from tael.channels.port import Action
from tael.foundation.clock import SystemClock
from tael.foundation.errors import NotFound, Refusal
from tael.foundation.money import Money
from tael.web.checkout.pages import CHECKOUT_ASSETS
from tael.web.checkout.routes import checkout_routes
from tael.web.checkout.views import NO_WISH, CheckoutState, CheckoutView, Wish
from tael.web.ui.pages import PageRequest
from tael.web.ui.routes import asset_routes, gallery_routes

CODE_URL = "https://qr.example.test/bax03431ljhokirwl38f00a7"


def a_view(payment_id: str = "pay_example", /, **changes: object) -> CheckoutView:
    """An open payment of 128 yuan with a quarter of an hour left."""
    now = SystemClock().now()
    view = CheckoutView(
        payment_id=payment_id,
        merchant_name="山前茶铺",
        description="明前龙井 50g",
        reference="A2025-1122-0037",
        amount=Money(12_800, "CNY"),
        refunded=Money(0, "CNY"),
        state=CheckoutState.OPEN,
        method="alipay",
        code_url=CODE_URL,
        expires_at=now + timedelta(minutes=14, seconds=32),
        ended_at=None,
        now=now,
        return_url="https://shop.example.test/orders/37",
    )
    return msgspec.structs.replace(view, **changes)


def ended(state: CheckoutState, **changes: object) -> dict[str, object]:
    """The changes that bring a view to an end state."""
    return {
        "state": state,
        "code_url": None,
        "ended_at": datetime.fromisoformat("2025-11-22T06:32:00Z"),
        **changes,
    }


class DeskInMemory:
    """A `CheckoutDesk` whose payments are moved by hand.

    `opened` counts what might call a channel, `listening` those who wait for changes, `leads_to` is the channel's page.
    """

    leads_to: Action | None = None
    seconds_to_begin = 0.0

    def __init__(self, *views: CheckoutView) -> None:
        self.views = {view.payment_id: view for view in views}
        self.opened = 0
        self.listening = 0
        self._news = asyncio.Condition()

    async def open(self, payment_id: str, wish: Wish = NO_WISH) -> CheckoutView:
        """The payment."""
        self.opened += 1
        return await self.look(payment_id)

    async def begin(self, payment_id: str, wish: Wish = NO_WISH) -> Action | None:
        """Everybody hears that it has begun, and the channel takes its time."""
        if self.leads_to is not None:
            await self.change(payment_id, begun=True)
            await asyncio.sleep(self.seconds_to_begin)
        return self.leads_to

    async def look(self, payment_id: str, wish: Wish = NO_WISH) -> CheckoutView:
        """The payment."""
        try:
            return self.views[payment_id]
        except KeyError:
            raise NotFound("There is no such payment.") from None

    async def changes(self, payment_id: str, wish: Wish = NO_WISH) -> AsyncIterator[CheckoutView]:
        """The payment, then again each time that `change` has been called."""
        shown = self.views[payment_id]
        self.listening += 1
        try:
            yield shown
            while not shown.ended:
                async with self._news:
                    while self.views[payment_id] is shown:
                        await self._news.wait()
                shown = self.views[payment_id]
                yield shown
        finally:
            self.listening -= 1

    async def change(self, payment_id: str, **changes: object) -> None:
        """Move a payment and tell whoever listens."""
        async with self._news:
            self.views[payment_id] = msgspec.structs.replace(self.views[payment_id], **changes)
            self._news.notify_all()


def _problem(_: PageRequest, refusal: Refusal) -> Response[dict[str, str]]:
    return Response({"code": refusal.code, "detail": refusal.message}, status_code=refusal.status)


def an_app(desk: DeskInMemory, *, heartbeat_seconds: float) -> Litestar:
    """The checkout, the files and the gallery as one application."""
    return Litestar(
        [
            *checkout_routes(desk, heartbeat_seconds=heartbeat_seconds),
            *asset_routes(CHECKOUT_ASSETS),
            *gallery_routes(SystemClock()),
        ],
        exception_handlers={Refusal: _problem},
        openapi_config=None,
    )


@asynccontextmanager
async def serving(desk: DeskInMemory, *, heartbeat_seconds: float = 15.0) -> AsyncIterator[str]:
    """A real server on a free port of this machine; gives its address."""
    app = an_app(desk, heartbeat_seconds=heartbeat_seconds)
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
    )
    # Said to be TCP, or asyncio leaves Nagle's delay of 40 ms on each answer.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
