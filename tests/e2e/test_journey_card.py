"""Does a payer get through by card, in the checkout page itself: declined first, asked by their bank, paid, and kept for next time?"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FrameLocator, Page, expect

from tael.app.supervisor import DatabaseUrls
from tael.foundation.vouching import Voucher
from tael.simulators.base.faults import Fault
from tael.testing.books import faults_in_books
from tael.testing.databases import fresh_database
from tael.testing.patience import once
from tael.testing.platform import MerchantClient, running_platform
from tael.testing.vaults import running_vault
from tael.vault.api import VaultClient
from tael.web.checkout.cards import HostedCards
from tests.e2e.browsing import DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH, reading
from tests.e2e.card_shop import CHANNEL, DECLINED, GOOD, Shop
from tests.e2e.shares import one_of
from tests.e2e.test_checkout_pages import SESSION

STEP_UP = "4000000000003220"
SIZES = {
    "zh-CN": DESKTOP_IN_CHINESE,
    "en": PHONE_IN_ENGLISH,
}
WORDS: dict[str, dict[str, str]] = {
    "zh-CN": {
        "card": "银行卡",
        "number": "卡号",
        "expiry": "有效期",
        "code": "安全码",
        "pay": "支付 ¥12.80",
        "declined": "银行拒绝了此卡",
        "bank": "前往银行",
        "paid": "付款成功",
        "save": "保存此卡",
        "another": "使用其他卡",
    },
    "en": {
        "card": "Card",
        "number": "Card number",
        "expiry": "Valid until",
        "code": "Security code",
        "pay": "Pay CN¥12.80",
        "declined": "The bank has declined this card",
        "bank": "Go on to my bank",
        "paid": "Payment successful",
        "save": "Save this card",
        "another": "Another card",
    },
}


@asynccontextmanager
async def a_card_shop(server: DatabaseUrls, folder: Path) -> AsyncIterator[Shop]:
    """A platform with a wallet and cards, and a vault that may send them on."""
    async with (
        fresh_database(server) as urls,
        running_vault(urls, folder) as vault,
        running_platform(
            urls,
            folder,
            channels=("alipay", CHANNEL),
            vault_url=vault.url,
            vault_door_url=vault.door.url,
            channel_timeout_seconds=5.0,
        ) as platform,
    ):
        await vault.vault.allow(CHANNEL, platform.simulators[CHANNEL].url, actor="operator:test")
        yield Shop(platform=platform, vault=vault)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One for all tests of the file."""
    async with a_card_shop(server, tmp_path_factory.mktemp("cards")) as running:
        yield running


async def a_session(shop: Shop, **more: Any) -> Any:
    wanted = SESSION | {"success_url": "https://shop.example/thanks"} | more
    reply = await shop.merchant.post("/v1/checkout_sessions", wanted)
    assert reply.status == 201, reply.raw
    return reply.body


def fields_in(page: Page) -> FrameLocator:
    return page.frame_locator("[data-fields] iframe")


async def blameless(page: Page) -> None:
    """Nobody is shut out, and nothing is wider than the device. The fields have a test of their own."""
    assert (await Axe().run(page, options={"iframes": False})).response["violations"] == []
    assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


async def type_card(page: Page, number: str, say: dict[str, str]) -> None:
    fields = fields_in(page)
    await fields.get_by_label(say["number"]).fill(number)
    await fields.get_by_label(say["expiry"]).fill("12/34")
    await fields.get_by_label(say["code"]).fill("737")


@pytest.mark.parametrize("language", one_of(list(SIZES), "zh-CN"))
async def test_a_payer_is_declined_takes_another_card_satisfies_the_bank_and_has_paid(
    shop: Shop, browser: Browser, language: str
) -> None:
    session, say, device = await a_session(shop), WORDS[language], SIZES[language]
    sent: list[str] = []
    async with reading(browser, **device, reduced_motion="reduce") as context:
        page = await context.new_page()
        context.on("request", lambda asked: sent.append(f"{asked.url} {asked.post_data or ''}"))
        await page.goto(session["url"])
        await page.get_by_role("link", name=say["card"], exact=True).click()
        await expect(page.locator("main")).to_have_attribute("data-kind", "card")
        await type_card(page, DECLINED, say)
        await blameless(page)
        await page.get_by_role("button", name=say["pay"]).click()
        await expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(say["declined"])
        await blameless(page)
        await type_card(page, STEP_UP, say)
        await page.get_by_role("button", name=say["pay"]).click()
        bank = shop.platform.simulators[CHANNEL].url
        await page.wait_for_url(re.compile(re.escape(bank)))
        attempt = (await shop.merchant.payment(session["payment_id"]))["attempts"][-1]
        assert (attempt["state"], attempt["action"]["type"]) == ("waiting", "go_to")
        await page.goto(f"{shop.platform.public_url}/pay/{session['payment_id']}")
        await expect(page.get_by_role("link", name=say["bank"])).to_be_visible()
        await expect(page.locator(".ways")).to_have_count(0)
        await blameless(page)
        await page.get_by_role("link", name=say["bank"]).click()
        await page.wait_for_url(re.compile(re.escape(bank)))
        await page.locator("button[value=pass]").click()
        await expect(page.get_by_role("heading", name=say["paid"])).to_be_visible(timeout=15_000)
        await blameless(page)
    to_us = [each for each in sent if not each.startswith(shop.vault.url)]
    assert any("card_token=tok_" in each for each in to_us)
    assert [each for each in to_us if DECLINED in each or STEP_UP in each] == []
    paid = await shop.merchant.payment(session["payment_id"])
    assert (paid["state"], paid["captured_minor"]) == ("captured", 1280)
    assert [each["state"] for each in paid["attempts"] if each["method"] == "card"] == ["failed", "succeeded"]
    assert (await shop.merchant.get(f"/v1/checkout_sessions/{session['id']}")).body["state"] == "complete"
    assert await faults_in_books(shop.platform.house) == []


async def a_customer(shop: Shop) -> str:
    made = await shop.merchant.post("/v1/customers", {"name": "Ann Otter"})
    return str(made.body["id"])


async def test_a_card_is_kept_only_if_its_payer_agrees_and_pays_again_without_scripts(
    shop: Shop, browser: Browser
) -> None:
    customer, say = await a_customer(shop), WORDS["en"]

    async def kept() -> list[Any]:
        return list((await shop.merchant.get("/v1/payment_methods", customer=customer)).body["items"])

    for agrees in (False, True):
        session = await a_session(shop, customer_id=customer, methods=["card"])
        async with reading(browser, **PHONE_IN_ENGLISH) as context:
            page = await context.new_page()
            await page.goto(session["url"])
            await type_card(page, GOOD, say)
            if agrees:
                await page.get_by_label(say["save"]).check()
                await page.get_by_role("button", name=say["pay"]).click()
            else:
                await fields_in(page).get_by_label(say["code"]).press("Enter")
            await expect(page.get_by_role("heading", name=say["paid"])).to_be_visible()
        assert len(await kept()) == agrees
    [method] = await kept()
    assert (method["last4"], method["consent"]["text_version"]) == ("4242", "tael-checkout-1")
    assert method["consent"]["address"] == "127.0.0.1"
    again = await a_session(shop, customer_id=customer, methods=["card"])
    async with reading(browser, **PHONE_IN_ENGLISH, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(again["url"])
        await expect(page.get_by_role("radio")).to_have_count(1)
        await expect(page.get_by_text(say["another"])).to_be_hidden()
        await expect(page.get_by_label(re.compile("Visa.*4242"))).to_be_checked()
        await page.get_by_role("button", name=say["pay"]).click()
        await expect(page.get_by_role("heading", name=say["paid"])).to_be_visible()


async def test_a_card_that_may_be_kept_is_kept_when_its_bank_has_let_it_pay_and_not_before(
    shop: Shop,
) -> None:
    customer = await a_customer(shop)
    ours = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}

    async def kept() -> list[str]:
        return [
            each["last4"]
            for each in (await shop.merchant.get("/v1/payment_methods", customer=customer)).body["items"]
        ]

    for choice, then in (("fail", "closed"), ("pass", "succeeded")):
        session = await a_session(shop, customer_id=customer, methods=["card"])
        url = f"{shop.platform.public_url}/pay/{session['payment_id']}/card"
        fields = {"card_token": await shop.token(STEP_UP), "save": "true"}
        async with shop.platform.session.post(url, data=fields, headers=ours) as onward:
            assert onward.status == 200
        [waiting] = (await shop.merchant.payment(session["payment_id"]))["attempts"]
        assert (waiting["state"], await kept()) == ("waiting", [])
        [agreed] = await shop.platform.house.customers.agreed(after="", limit=9)
        assert agreed.customer_id == customer
        bank = waiting["action"]["url"]
        async with shop.platform.session.post(bank, data={"choice": choice}) as back:
            assert back.status == 200
        await shop.merchant.post(f"/v1/payments/{session['payment_id']}/close", {})
        await until_decided(shop)
        attempts = (await shop.merchant.payment(session["payment_id"]))["attempts"]
        assert [each["state"] for each in attempts] == [then]
        assert await kept() == ([STEP_UP[-4:]] if choice == "pass" else [])


async def until_decided(shop: Shop) -> None:
    async def undecided() -> int:
        return len(await shop.platform.house.customers.agreed(after="", limit=9))

    await once(undecided, lambda left: left == 0)


async def test_without_scripts_a_new_card_is_not_taken_but_all_else_is_there(
    shop: Shop, browser: Browser
) -> None:
    session = await a_session(shop)
    async with reading(browser, **DESKTOP_IN_CHINESE, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(f"{shop.platform.public_url}/pay/{session['payment_id']}?method=card")
        await expect(page.get_by_text("输入新卡需要启用 JavaScript")).to_be_visible()
        await expect(page.get_by_role("button", name="支付")).to_be_hidden()
        await page.get_by_role("link", name="改为在卡组织的页面付款").click()
        await page.wait_for_url(re.compile(re.escape(shop.platform.simulators[CHANNEL].url)))
        await page.goto(f"{shop.platform.public_url}/pay/{session['payment_id']}?method=alipay")
        await expect(page.get_by_role("img", name="支付宝付款码")).to_be_visible()


async def test_a_form_pays_by_no_card_that_is_not_the_payers(shop: Shop) -> None:
    own, other = await a_session(shop, customer_id=await a_customer(shop)), await shop.saved()
    ours = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}

    async def sent(fields: dict[str, str], headers: dict[str, str]) -> int:
        url = f"{shop.platform.public_url}/pay/{own['payment_id']}/card"
        async with shop.platform.session.post(
            url, data=fields, headers=headers, allow_redirects=False
        ) as reply:
            return reply.status

    foreign = (await shop.vault.tokenise(GOOD, merchant_id=f"mer_{'0' * 26}"))["id"]
    token = await shop.token()
    assert await sent({"saved": other}, ours) == 400, "kept for another customer"
    assert await sent({"card_token": foreign}, ours) == 404, "another merchant's"
    assert await sent({"card_token": "pm_card_visa"}, ours) == 400, "the channel's, not the vault's"
    assert await sent({"card_token": GOOD}, ours) == 400, "a number is no token"
    assert await sent({"card_token": token}, ours | {"Sec-Fetch-Site": "cross-site"}) == 403
    assert await sent({"card_token": token}, {"Accept": "text/html"}) == 403
    assert (await shop.merchant.payment(own["payment_id"]))["attempts"] == []
    assert await sent({"card_token": token}, ours) == 303
    assert (await shop.merchant.payment(own["payment_id"]))["state"] == "captured"
    assert await sent({"card_token": await shop.token()}, ours) == 303, "paid already: it is just shown"
    assert len((await shop.merchant.payment(own["payment_id"]))["attempts"]) == 1


async def test_two_cards_at_once_and_an_answer_that_is_lost_take_the_money_once(shop: Shop) -> None:
    ours = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "en"}
    address = shop.platform.public_url + "/pay/{}/card"

    async def sent(payment_id: str) -> str:
        fields = {"card_token": await shop.token()}
        url = address.format(payment_id)
        async with shop.platform.session.post(url, data=fields, headers=ours) as reply:
            assert reply.status == 200
            return await reply.text()

    first = await shop.merchant.create_payment(1280)
    await asyncio.gather(*(sent(first["id"]) for _ in range(3)))
    paid = await shop.merchant.payment_once(first["id"], "captured")
    assert (paid["captured_minor"], len(paid["attempts"])) == (1280, 1)

    second = await shop.merchant.create_payment(1280)
    control = shop.platform.simulators[CHANNEL].control
    await control.switch_on(Fault.LOST_REPLY, Fault.DROP_NOTICES)
    page = await sent(second["id"])
    assert 'data-state="confirming"' in page
    assert "do not pay again" in page
    assert 'data-state="confirming"' in await sent(second["id"]), "another card is not tried"
    await control.switch_off()
    paid = await shop.merchant.payment_once(second["id"], "captured")
    assert (paid["captured_minor"], len(paid["attempts"])) == (1280, 1)
    assert await faults_in_books(shop.platform.house) == []


async def test_where_the_vault_may_send_cards_nowhere_or_is_away_they_are_paid_on_the_channels_page(
    server: DatabaseUrls, tmp_path: Path
) -> None:
    async with fresh_database(server) as urls, running_vault(urls, tmp_path) as vault:
        assert not await vault.client.is_open()
        doors: dict[str, Any] = {"vault_url": vault.url, "vault_door_url": vault.door.url}
        async with running_platform(urls, tmp_path, channels=(CHANNEL,), **doors) as platform:
            address = (await platform.merchant.create_payment())["checkout_url"]
            async with platform.session.get(address) as page:
                assert 'data-kind="go"' in await page.text()
            await vault.vault.allow(CHANNEL, platform.simulator.url, actor="operator:test")
            assert await vault.client.is_open()
            house, nowhere = platform.house, {"door_url": "http://127.0.0.1:9", "public_url": vault.url}
            away = VaultClient(
                Voucher(house.settings.vault_key_file, house.clock, mode=house.settings.mode),
                house.clock,
                **nowhere,
            )
            cards = HostedCards(house.customers, away, house.clock, public_url=platform.public_url)
            assert not await cards.are_taken()
            plain = HostedCards(house.customers, vault.client, house.clock, public_url="http://10.0.0.7:8080")
            assert not await plain.are_taken(), (
                "the vault lets no page embed its fields that goes over plain http"
            )
            await away.close()


async def test_in_test_mode_a_card_is_typed_into_the_vault_of_test_mode(
    server: DatabaseUrls, browser: Browser, tmp_path: Path
) -> None:
    async with (
        fresh_database(server) as urls,
        fresh_database(server) as beside,
        running_vault(urls, tmp_path, beside=beside) as vault,
        running_platform(
            urls,
            tmp_path,
            channels=(CHANNEL,),
            beside=beside,
            vault_url=vault.url,
            vault_door_url=vault.door.url,
            channel_timeout_seconds=5.0,
        ) as platform,
    ):
        assert platform.test_house is not None
        assert vault.test_vault is not None
        await vault.test_vault.allow(CHANNEL, platform.simulator.url, actor="operator:test")
        house = platform.test_house
        seller = await house.merchants.register(name="Teapot", fee_basis_points=60, actor="operator:test")
        key = await house.merchant_keys.create(seller.id, actor="operator:test")
        merchant = MerchantClient(platform.session, platform.public_url, seller, key.secret)
        payment = await merchant.create_payment()
        assert "/test/pay/" in payment["checkout_url"]
        async with reading(browser, **PHONE_IN_ENGLISH) as context:
            page = await context.new_page()
            await page.goto(payment["checkout_url"])
            assert "/test/card?" in (await page.locator("[data-fields] iframe").get_attribute("src") or "")
            await type_card(page, STEP_UP, WORDS["en"])
            await page.get_by_role("button", name=WORDS["en"]["pay"]).click()
            await page.locator("button[value=pass]").click()
            await page.wait_for_url(re.compile("/test/pay/"))
            await expect(page.get_by_role("heading", name=WORDS["en"]["paid"])).to_be_visible(timeout=15_000)
        assert ((await vault.test_vault.state()).cards, (await vault.vault.state()).cards) == (1, 0)
