"""What was said between connector and channel, and which of it went wrong on the way?"""

import msgspec
from yarl import URL

from tael.acceptance.model import Fault
from tael.acceptance.proxy import PAGE, spoiled
from tael.acceptance.rules import ON_THE_WIRE
from tael.channels.conversations import Wire
from tael.channels.masking import masked_request, masked_response
from tael.channels.port import HttpRequest, HttpResponse, Signed, SignOnce
from tael.channels.transport import NoAnswer

_PAGES = {Fault.FOREIGN_PAGE: 200, Fault.GATEWAY_TIMEOUT: 504}
PATIENCE_SECONDS = 0.25
"""How long we wait for an answer that is meant to come too late."""


def is_signed_answer(answer: HttpResponse | Signed) -> bool:
    """Whether an answer may carry the channel's signature: some channels sign no refusals (status 400 and more)."""
    if isinstance(answer, Signed):
        return False
    return answer.status < 400 or any("sign" in name for name in answer.headers)


class Line:
    """The wire of one conversation: a `conversations.Wire` over the real one."""

    def __init__(
        self,
        wire: Wire,
        *,
        fault: Fault = Fault.NONE,
        strike_at: int = 1,
        said: list[str] | None = None,
    ) -> None:
        self._wire = wire
        self._fault = fault
        self._strike_at = strike_at
        self.answers: list[HttpResponse | Signed] = []
        """What came back, in order: enough to play the conversation again."""
        self.sent = 0
        self.said = [] if said is None else said

    async def send(self, request: HttpRequest, *, timeout_seconds: float | None = None) -> HttpResponse:
        """One exchange, spoiled if it is the one that the fault is to strike."""
        self.sent += 1
        self.said.append(f"→ {masked_request(request)}")
        struck = self._fault in ON_THE_WIRE and self.sent == self._strike_at
        try:
            if struck:
                answer = await self._send_spoiled(request, timeout_seconds)
            else:
                answer = await self._wire.send(request, timeout_seconds=timeout_seconds)
        except NoAnswer as problem:
            self.said.append(f"← no answer: {problem}")
            raise
        self.said.append(f"← {masked_response(answer)}")
        self.answers.append(answer)
        return answer

    def signed(self, wanted: SignOnce, given: Signed) -> None:
        """Remember what the signer made."""
        self.said.append(f"→ the signer, for {wanted.number}: {given.transaction_id}")
        self.answers.append(given)

    async def _send_spoiled(self, request: HttpRequest, timeout_seconds: float | None) -> HttpResponse:
        patience = PATIENCE_SECONDS if self._fault is Fault.DELAY else timeout_seconds
        if request.url.startswith("https:"):
            return await self._lose(request, timeout_seconds)
        async with spoiled(URL(request.url, encoded=True), self._fault) as address:
            detour = msgspec.structs.replace(request, url=str(address))
            return await self._wire.send(detour, timeout_seconds=patience)

    async def _lose(self, request: HttpRequest, timeout_seconds: float | None) -> HttpResponse:
        """Through TLS nobody on the way can change an answer, but it can get lost."""
        await self._wire.send(request, timeout_seconds=timeout_seconds)
        if self._fault in _PAGES:
            return HttpResponse(status=_PAGES[self._fault], headers={"content-type": "text/html"}, body=PAGE)
        raise NoAnswer("the answer was taken away")
