"""Is somebody told by push in the browser that they chose, and no more when they take it off?"""

import asyncio
import json
from collections.abc import Sequence

from playwright.async_api import Browser, Page, expect

from tael.messages.model import Post, PushAddress
from tael.simulators.messages import Arrived
from tael.testing.patience import once
from tests.e2e.browsing import shut_out
from tests.e2e.wallet_desk import WalletTown

_SUBSCRIBES = """({ key, endpoint, keys }) => {
  PushManager.prototype.subscribe = async (options) => {
    const asked = btoa(String.fromCharCode(...options.applicationServerKey));
    const plain = asked.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    if (plain !== key || !options.userVisibleOnly) throw new Error("another key");
    return { toJSON: () => ({ endpoint, keys }) };
  };
}"""
"""What the browser does in the place of its maker's push service: it subscribes at ours."""


_NOTES = """() => {
  self.shown = [];
  self.registration.showNotification = async (title, { body, lang }) => self.shown.push({ title, body, lang });
}"""
"""A browser without a screen shows nothing: what it would have shown is kept."""


async def subscribe_at(page: Page, key: str, address: PushAddress) -> None:
    """Let pages of this browser subscribe at the stand-in."""
    keys = {"p256dh": address.p256dh, "auth": address.auth}
    told = json.dumps({"key": key, "endpoint": address.endpoint, "keys": keys})
    await page.context.add_init_script(f"({_SUBSCRIBES})({told})")
    await page.context.grant_permissions(["notifications"])


async def shown_by_worker(page: Page, origin: str, said: dict[str, str]) -> list[dict[str, str]]:
    """What the worker shows of a message that a push service has handed to the browser."""
    client = await page.context.new_cdp_session(page)
    known: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def note(event: dict[str, list[dict[str, str]]]) -> None:
        for each in event["registrations"]:
            if not known.done():
                known.set_result(each["registrationId"])

    client.on("ServiceWorker.workerRegistrationUpdated", note)
    await client.send("ServiceWorker.enable")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    [worker] = page.context.service_workers
    await worker.evaluate(_NOTES)
    pushed = {"origin": origin, "registrationId": await known, "data": json.dumps(said)}
    await client.send("ServiceWorker.deliverPushMessage", pushed)

    async def look() -> list[dict[str, str]]:
        found: list[dict[str, str]] = await worker.evaluate("self.shown")
        return found

    return await once(look, bool)


async def test_a_browser_is_told_by_push_shows_it_and_is_taken_off(
    quarter: WalletTown, browser: Browser
) -> None:
    messages = quarter.shop.house.people.messages
    key = messages.push_key()
    assert key is not None
    async with quarter.at(browser) as page:
        await subscribe_at(page, key, await quarter.office.browser("phone of Ann", key=key))
        user = await quarter.user_with(await quarter.newcomer(page))
        await page.goto(f"{quarter.url}/messages/preferences")
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Tell me on this device").click()
        await expect(page.get_by_text("This device is told from now on.")).to_be_visible()
        [kept] = await messages.subscriptions(user.id)
        assert "Chrome" in kept.device
        async with quarter.shop.house.database.transaction() as tx:
            told = Post(to=user.id, template="password_changed", values={"at": quarter.clock.now()})
            await messages.post(tx, [told])

        async def arrived() -> Sequence[Arrived]:
            return await quarter.office.arrived(to="phone of Ann", kind="push")

        [push] = await once(arrived, bool)
        said = {"id": "msg_1", "title": push.title, "body": push.text, "language": "en"}
        shown = await shown_by_worker(page, quarter.shop.public_url, said)
        assert shown == [{"title": push.title, "body": push.text, "lang": "en"}]
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Tell it no more").click()
        await expect(page.get_by_text("It is told nothing more.")).to_be_visible()
        assert await messages.subscriptions(user.id) == []
