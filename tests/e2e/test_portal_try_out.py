"""Does the panel of test mode make what it promises, and only where no real money moves?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tael.app.supervisor import DatabaseUrls
from tael.merchants.api import permissions_of
from tael.merchants.model import TeamRole
from tael.simulators.stripe.cards import BY_NUMBER
from tael.testing.databases import fresh_database
from tael.testing.patience import until
from tael.testing.platform import Platform, running_platform
from tael.web.portal.places import PLACES
from tael.web.portal.try_out import CARDS
from tests.e2e.browsing import reading
from tests.e2e.portal_desk import PortalSeat, seat_in
from tests.e2e.test_portal_browser import at_the_portal, is_good


@pytest.fixture
async def both(server: DatabaseUrls, urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform with live and test mode."""
    async with fresh_database(server) as beside, running_platform(urls, tmp_path, beside=beside) as running:
        yield running


async def test_the_panel_makes_a_payment_of_a_magic_amount_in_test_mode_only(
    both: Platform, browser: Browser
) -> None:
    beside, merchant = both.test_house, both.merchant.merchant
    assert beside is not None
    await until(lambda: beside.merchants.find([merchant.id]), "test mode has heard of the merchant")
    ann = await seat_in(both, merchant, TeamRole.DEVELOPER)
    assert (await ann.look("/try-out")).status == 404
    assert "/portal/try-out" not in (await ann.look("/home")).text
    tester = PortalSeat(both, "/test")
    tester.cookies = ann.cookies
    panel = await tester.look("/try-out")
    assert "No real money moves here" in panel.text
    assert "4242 4242 4242 4242" in panel.text
    address, hidden = panel.form("/try-out/payments")
    assert hidden["amount_minor"] == "100001"
    begun = await tester.send(address.removeprefix("/test/portal"), hidden)
    assert begun.location.startswith("/test/pay/pay_"), begun.text
    payment = begun.location.rpartition("/")[2]
    made_payment = (await beside.payments.get(payment, merchant_id=merchant.id)).payment
    assert made_payment.amount_minor == 100_001
    assert made_payment.return_url == f"{both.public_url}/test/portal/payments", (
        "nobody is left at the checkout"
    )
    other = await tester.send(address.removeprefix("/test/portal"), hidden | {"amount_minor": "5"})
    assert other.status in (400, 409), "no other amount, and no other under the same name"
    for place in PLACES:
        if place.permission in permissions_of(TeamRole.DEVELOPER):
            assert (await tester.look(place.address.removeprefix("/portal"))).status == 200, place
    async with reading(browser, locale="en-GB", viewport={"width": 390, "height": 844}) as context:
        page = await at_the_portal(context, ann)
        await page.goto(f"{both.public_url}/test/portal/try-out")
        await is_good(page, "the panel")
    made = await tester.fill("/keys", "/keys/new", name="Tries", may="checkout")
    assert "tael_test_" in made.text


def test_the_cards_of_the_panel_do_what_it_says() -> None:
    known = {what: BY_NUMBER[number] for number, what in CARDS}
    assert (known["pays"].decline, known["pays"].step_up, known["pays"].dispute) == ("", False, "")
    assert known["step_up"].step_up
    assert known["step_up_declined"].step_up
    assert known["step_up_declined"].decline
    assert known["declined"].decline_code == "generic_decline"
    assert known["no_funds"].decline_code == "insufficient_funds"
    assert known["disputed"].dispute == "fraudulent"
    assert known["asked"].inquiry
    assert known["refund_fails"].refund == "failed"
