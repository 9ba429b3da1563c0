"""Can a merchant's developers look after keys at the portal: shown once, no more than they may themselves, ended at once?"""

import re

from playwright.async_api import Browser

from tael.foundation.clock import SystemClock
from tael.merchants.model import TeamRole
from tael.testing.patience import until
from tael.testing.platform import MerchantClient, Platform
from tests.e2e.browsing import reading
from tests.e2e.console_desk import Seen
from tests.e2e.portal_desk import PortalSeat, seat_in
from tests.e2e.test_portal_browser import at_the_portal

SECRET = re.compile(r"<code data-copy>(tael_[a-z0-9_]+)</code>")
PEM = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


def secret_in(seen: Seen) -> str:
    """The secret that a page shows this one time."""
    found = SECRET.findall(seen.text)
    assert len(found) == 1, seen.text[:3000]
    return str(found[0])


async def reads_payments(shop: Platform, secret: str) -> int:
    """The status of what a key of the merchant hears."""
    return (
        await MerchantClient(shop.session, shop.public_url, shop.merchant.merchant, secret).get(
            "/v1/payments"
        )
    ).status


async def test_a_key_is_made_rotated_with_overlap_and_revoked_at_the_portal(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.DEVELOPER)
    made = await ann.fill("/keys", "/keys/new", name="Online shop", may="checkout", days="30")
    secret = secret_in(made)
    assert secret not in (await ann.look("/keys")).text
    prefix = secret.rpartition("_")[0]
    assert await reads_payments(shop, secret) == 200
    page = await ann.look(f"/keys/{prefix}")
    assert "take payments online" in page.text
    turned = secret_in(await ann.fill(f"/keys/{prefix}", "/rotate", overlap="3600"))
    assert turned != secret
    assert [await reads_payments(shop, each) for each in (secret, turned)] == [200, 200]
    changed = await ann.fill(
        f"/keys/{prefix}", "/change", name="Shop", addresses="203.0.113.0/24", must_sign=""
    )
    assert changed.location == f"/portal/keys/{prefix}"
    wrong = await ann.fill(f"/keys/{prefix}", "/change", name="Shop", addresses="203.0.113.7/24")
    assert "Write networks such as" in wrong.text
    assert (await ann.fill(f"/keys/{prefix}", "/revoke")).location == "/portal/keys"
    assert "revoked" in (await ann.look("/keys")).text

    async def refused() -> bool:
        return await reads_payments(shop, turned) == 401

    await until(refused, "a revoked key is refused everywhere")


async def test_nobody_makes_a_key_that_can_do_more_than_they_may(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.DEVELOPER)
    assert 'value="full"' not in (await ann.look("/keys")).text
    full = await ann.fill("/keys", "/keys/new", name="x", may="full")
    assert full.status == 403
    assert "more than you may yourself" in full.text or "Tick at least one" in full.text
    none = await ann.fill("/keys", "/keys/new", name="x", may="chosen")
    assert "Tick at least one thing" in none.text
    single = await ann.fill("/keys", "/keys/new", may="chosen", **{"scopes[]": "payments.read"})
    [key] = [
        each
        for each in await shop.house.merchant_keys.of(shop.merchant.merchant.id)
        if each.prefix == secret_in(single).rpartition("_")[0]
    ]
    assert key.scopes == ("payments.read",)


async def test_a_key_form_that_is_sent_twice_shows_its_secret_once(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    _, hidden = (await ann.look("/keys")).form("/keys/new")
    first = await ann.send("/keys/new", hidden | {"name": "Twice", "may": "read_only"})
    secret = secret_in(first)
    again = await ann.send("/keys/new", hidden | {"name": "Twice", "may": "read_only"})
    assert again.status == 200
    assert secret not in again.text
    assert "It was shown once already." in again.text
    assert [each.name for each in await shop.house.merchant_keys.of(shop.merchant.merchant.id)].count(
        "Twice"
    ) == 1


async def test_a_public_key_is_registered_and_believed_no_longer(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    prefix = secret_in(await ann.fill("/keys", "/keys/new", name="Signs", may="read_only")).rpartition("_")[0]
    wrong = await ann.fill(f"/keys/{prefix}", "/signing", algorithm="ed25519", public_key="no key")
    assert "This is no public key of that algorithm." in wrong.text
    added = await ann.fill(
        f"/keys/{prefix}", "/signing", algorithm="ed25519", public_key=PEM, key_name="shop-1"
    )
    assert added.location == f"/portal/keys/{prefix}", added.text
    [signer] = await shop.house.merchant_keys.signing_keys([prefix])
    assert (await ann.fill(f"/keys/{prefix}", f"{signer.id}/revoke")).status == 303
    [signer] = await shop.house.merchant_keys.signing_keys([prefix])
    assert signer.revoked_at is not None
    stranger = await seat_in(shop, (await shop.new_merchant("Other")).merchant, TeamRole.OWNER)
    assert (await stranger.look(f"/keys/{prefix}")).status == 404


async def test_a_new_secret_is_copied_by_a_button_and_gone_when_the_page_is_opened_again(
    shop: Platform, browser: Browser
) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    async with reading(browser, locale="en-GB", viewport={"width": 390, "height": 844}) as context:
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = await at_the_portal(context, ann)
        await page.goto(f"{shop.public_url}/portal/keys")
        await page.select_option("[name=may]", "read_only")
        await page.get_by_role("button", name="Make the key").click()
        secret = await page.locator(".secret-once code").inner_text()
        await page.get_by_role("button", name="Copy").click()
        await page.get_by_role("button", name="Copied").wait_for()
        assert await page.evaluate("navigator.clipboard.readText()") == secret
        await page.goto(f"{shop.public_url}/portal/keys")
        assert secret not in await page.content()


async def test_keys_take_a_fresh_code_when_the_last_one_is_old(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    await grow_old(shop, ann)
    page = await ann.look("/keys")
    assert "Code of your authenticator" in page.text
    refused = await ann.fill("/keys", "/keys/new", name="Late", may="read_only")
    assert refused.status == 403 or "code" in refused.text
    assert "Late" not in [each.name for each in await shop.house.merchant_keys.of(shop.merchant.merchant.id)]


async def grow_old(shop: Platform, seat: PortalSeat) -> None:
    """Let the last code of somebody be shown long ago."""
    before = SystemClock().now().replace(year=2020)
    async with shop.house.database.transaction() as tx:
        await tx.connection.execute(
            b"update identity.sessions set proven_at = %s where login_id = %s", (before, seat.login_id)
        )
