"""What does the kit's own wire do to an answer? The channel has always done its work before."""

from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import web

from tael.acceptance.line import Line
from tael.acceptance.model import Fault
from tael.acceptance.rules import ON_THE_WIRE
from tael.acceptance.signer import RememberingSigner
from tael.channels.port import HttpRequest, HttpResponse, Signed, SignOnce
from tael.channels.transport import NoAnswer, Wire
from tael.testing.loopback import serving

BODY = b'{"answer": "' + b"x" * 500 + b'"}'
PAGES = {Fault.FOREIGN_PAGE: 200, Fault.GATEWAY_TIMEOUT: 504}


class Channel:
    """A server that counts what reaches it."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[tuple[str, bytes, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Always the same."""
        self.seen.append((request.path_qs, await request.read(), request.headers["x-sign"]))
        return web.Response(body=BODY, headers={"x-signature": "right"})


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    """A channel on a free port."""
    channel = Channel()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", channel.answer)
    async with serving(application, access_log=None) as channel.url:
        yield channel


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """The real transport."""
    wire = Wire(timeout_seconds=5.0, connections=4)
    yield wire
    await wire.close()


def _request(channel: Channel) -> HttpRequest:
    return HttpRequest(
        method="POST", url=f"{channel.url}/v1/a%20b?c=%E4%B8%AD", headers={"x-sign": "s"}, body=b"question"
    )


@pytest.mark.parametrize("fault", [fault for fault in ON_THE_WIRE if fault not in PAGES])
async def test_an_answer_that_does_not_arrive_whole_is_no_answer(
    channel: Channel, wire: Wire, fault: Fault
) -> None:
    line = Line(wire, fault=fault)
    with pytest.raises(NoAnswer):
        await line.send(_request(channel))
    assert channel.seen == [("/v1/a%20b?c=%E4%B8%AD", b"question", "s")]
    assert line.said[-1].startswith("← no answer")
    assert (await line.send(_request(channel))).body == BODY


@pytest.mark.parametrize("fault", PAGES)
async def test_somebody_elses_page_comes_instead_of_the_answer(
    channel: Channel, wire: Wire, fault: Fault
) -> None:
    line = Line(wire, fault=fault, strike_at=2)
    assert (await line.send(_request(channel))).body == BODY
    page = await line.send(_request(channel))
    assert page.status == PAGES[fault]
    assert b"Wi-Fi" in page.body
    assert "x-signature" not in page.headers
    assert len(channel.seen) == 2
    assert [type(answer) for answer in line.answers] == [HttpResponse, HttpResponse]


class Keys:
    """A keyring that writes down what it was asked to sign."""

    def account_of(self, transaction: Mapping[str, str | int]) -> str:
        """One account."""
        return "a"

    def sign(self, transaction: Mapping[str, str | int], *, nonce: int) -> Signed:
        """Not a real signature: the nonce is what matters."""
        return Signed(raw=f"{transaction['to']}/{nonce}".encode(), transaction_id=str(nonce))


async def test_a_number_is_signed_once_and_a_replacement_takes_its_nonce() -> None:
    signer = RememberingSigner(Keys())
    first = await signer.sign_once(SignOnce(number="out_1", transaction={"to": "x", "first_nonce": 7}))
    second = await signer.sign_once(SignOnce(number="out_2", transaction={"to": "y"}))
    again = await signer.sign_once(SignOnce(number="out_1", transaction={"to": "z"}))
    dearer = await signer.sign_once(SignOnce(number="out_1.2", transaction={"to": "x", "replaces": "out_1"}))
    never = await signer.sign_once(SignOnce(number="out_3", transaction={}))
    assert (first.raw, second.raw, again, dearer.raw) == (b"x/7", b"y/8", first, b"x/7")
    assert never == Signed(raw=b"", transaction_id="")
