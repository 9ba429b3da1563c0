"""Which address does what? A bare ASGI application: a channel's own routes are on a benchmark's path."""

import asyncio

import msgspec
from litestar.types import HTTPScope, Receive, Send

from tael.simulators.base.channel import SimulatedChannel
from tael.simulators.base.control import CONTROL, Control
from tael.simulators.base.faults import Fault, Faults
from tael.simulators.base.pages import Pages
from tael.simulators.base.views import Refused
from tael.simulators.base.wire import Answer, Call, TooLong, plain, read_call, respond

CONNECTION = "tael.connection"
"""The ASGI extension with which `server` lets us drop a connection without an answer."""


class Application:
    """Routes requests; speaks HTTP only."""

    def __init__(self, *, channel: SimulatedChannel, control: Control, pages: Pages, faults: Faults) -> None:
        self._channel = channel
        self._control = control
        self._pages = pages
        self._faults = faults

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            call = await read_call(scope, receive)
        except TooLong:
            await respond(send, plain("too long", status=413))
            return
        if call.path.startswith(CONTROL):
            await respond(send, self._answer_control(call))
            return
        answer = await self._channel.answer(call)
        if answer is None:
            await respond(send, self._pages.answer(call) or plain("there is nothing here", status=404))
        else:
            await self._send_with_faults(scope, send, answer)

    def _answer_control(self, call: Call) -> Answer:
        try:
            answer = self._control.answer(call.method, call.path.removeprefix(CONTROL), call.body)
        except Refused as refused:
            return Answer(body=msgspec.json.encode({"error": refused.message}), status=refused.status)
        return Answer(body=msgspec.json.encode(answer))

    async def _send_with_faults(self, scope: HTTPScope, send: Send, answer: Answer) -> None:
        """What happens on the way back to the merchant."""
        faults, order, method = self._faults, answer.order, answer.method
        late = faults.seconds_late(Fault.DELAY, order=order, method=method)
        if late:
            await asyncio.sleep(late)
        if faults.strikes(Fault.LOST_REPLY, order=order, method=method):
            await _drop(scope)
        elif faults.strikes(Fault.TRUNCATED, order=order, method=method):
            await respond(send, answer, only_half=True)
            await asyncio.sleep(0.05)  # let the half go out before the connection ends
            await _drop(scope)
        else:
            await respond(send, answer)


async def _drop(scope: HTTPScope) -> None:
    """End the connection without an answer."""
    extensions = scope.get("extensions") or {}
    abort = extensions.get(CONNECTION, {}).get("abort")
    if callable(abort):
        abort()
    await asyncio.sleep(0)
