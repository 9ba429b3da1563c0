"""Do developers see at the portal what their server was told, how it arrived, and can they send it again?"""

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tael.merchants.model import TeamRole
from tael.testing.loopback import serving
from tael.testing.patience import once, until
from tael.testing.platform import Platform
from tests.e2e.console_desk import Seen
from tests.e2e.portal_desk import seat_in

SECRET = re.compile(r"<code data-copy>(whsec_[^<]+)</code>")


class Server:
    """A merchant's server, which answers as it is told."""

    def __init__(self) -> None:
        self.answers = 200
        self.heard: list[str] = []
        self.url = ""

    async def hear(self, request: web.Request) -> web.Response:
        """Take a message."""
        self.heard.append(await request.text())
        return web.Response(status=self.answers, text="thank you for <telling> me")


@pytest.fixture
async def ears() -> AsyncIterator[Server]:
    """It listens on this machine."""
    hears = Server()
    app = web.Application()
    app.router.add_post("/webhooks", hears.hear)
    async with serving(app) as url:
        hears.url = f"{url}/webhooks"
        yield hears


async def test_an_endpoint_is_named_tried_looked_at_and_sent_to_again(shop: Platform, ears: Server) -> None:
    merchant = await shop.new_merchant("Hearing Teapot")
    ann = await seat_in(shop, merchant.merchant, TeamRole.DEVELOPER)
    assert "No endpoint yet" in (await ann.look("/webhooks")).text
    made = await ann.fill("/webhooks", "/webhooks/new", url=ears.url, description="Main", **{"events[]": "*"})
    [secret] = SECRET.findall(made.text)
    assert secret not in (await ann.look("/webhooks")).text
    [place] = set(re.findall(r"/webhooks/whe_\w{26}", made.text))
    ears.answers = 500
    sent = await ann.fill(place, "/test")
    delivery = sent.location.removeprefix("/portal")

    async def look() -> Seen:
        return await ann.look(delivery)

    tried = await once(look, lambda seen: "500" in seen.text and "thank you" in seen.text)
    assert "thank you for &lt;telling&gt; me" in tried.text
    assert "webhook_endpoint.test" in tried.text
    assert 'data-moves="2"' in tried.text, "it will be tried again"
    ears.answers = 200
    assert (await ann.fill(delivery, "/resend")).location == f"/portal{delivery}"
    arrived = await once(look, lambda seen: "Arrived" in seen.text)
    assert "data-moves" not in arrived.text
    assert delivery in (await ann.look(f"{place}?state=succeeded")).text
    assert delivery not in (await ann.look(f"{place}?state=failed")).text
    turned = await ann.fill(place, "/rotate", overlap="3600")
    assert SECRET.findall(turned.text) not in ([], [secret])
    for verb, says in (("disable", "Disabled"), ("enable", "Enabled")):
        assert (await ann.fill(place, f"/{verb}")).status == 303
        assert says in (await ann.look(place)).text
    assert (await ann.fill(place, "/remove")).location == "/portal/webhooks"
    assert "No endpoint yet" in (await ann.look("/webhooks")).text


async def test_addresses_inside_and_endpoints_without_events_are_refused_with_a_reason(
    shop: Platform,
) -> None:
    ann = await seat_in(shop, (await shop.new_merchant("Inside")).merchant, TeamRole.OWNER)
    inside = await ann.fill("/webhooks", "/webhooks/new", url="https://10.0.0.1/hook", **{"events[]": "*"})
    assert inside.status == 400
    assert "We send nothing to this address." in inside.text
    assert "https://10.0.0.1/hook" in inside.text, "what was typed stays"
    assert (
        "Choose at least one event."
        in (await ann.fill("/webhooks", "/webhooks/new", url="https://shop.example/hook")).text
    )


async def test_the_log_of_events_is_filtered_and_shows_each_as_it_is_sent(shop: Platform) -> None:
    merchant = await shop.new_merchant("Logging Teapot")
    payment = await merchant.create_payment(777)
    ann = await seat_in(shop, merchant.merchant, TeamRole.VIEWER)

    async def told() -> bool:
        return payment["id"] in (await ann.look("/events?type=payment.created")).text

    await until(told)
    assert "Nothing fits." in (await ann.look("/events?type=refund.failed")).text
    listed = await ann.look(f"/events?about={payment['id']}")
    [event] = set(re.findall(r"/events/evt_\w{26}", listed.text))
    shown = await ann.look(event)
    assert "&#34;amount_minor&#34;: 777" in shown.text
    assert (await ann.look("/webhooks")).status == 403
    stranger = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    assert (await stranger.look(event)).status == 404
