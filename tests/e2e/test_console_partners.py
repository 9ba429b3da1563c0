"""Can staff lead a partner from research to live, with nothing but the console? In a real browser, by two people."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tael.partners.model import State, Step
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e import partner_desk
from tests.e2e.browsing import reading, shut_out
from tests.e2e.console_desk import come_in
from tests.e2e.shares import Share, in_turn, screens
from tests.e2e.staff_desk import hired

PAGES = (
    "partners",
    "partners/alipay",
    "partners/alipay/papers",
    "partners/alipay/duties",
    "partners/alipay/history",
    "partners/alipay/do/change_fees",
    "deadlines",
    "scorecards/alipay",
    "health",
    "rules",
    "rules/change",
)


SCREENS = screens(("zh-CN", "dark", 390), ("en", "light", 1280))


class Person:
    """Somebody at a browser, in English."""

    def __init__(self, shop: Platform, page: Page, actor: str) -> None:
        self.shop, self.page, self.actor = shop, page, actor

    async def go(self, place: str) -> None:
        await self.page.goto(f"{self.shop.internal_url}/console/{place}")

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def follow(self, name: str) -> None:
        await self.page.locator("main").get_by_role("link", name=name, exact=True).first.click()

    async def is_told(self, text: str) -> None:
        assert await self.page.get_by_role("status").first.inner_text() == text

    async def missing(self) -> list[str]:
        """What the page says is missing before the next stage."""
        return await self.page.locator("section:has(#next) .todo-open a").all_inner_texts()

    async def hand_in(self, what: str, file: Path, **more: str) -> None:
        """Follow a link to a form, choose a file, fill in the rest, send it."""
        await self.follow(what)
        await self.page.set_input_files("input[type=file]", file)
        for name, text in more.items():
            await self.page.fill(f"#f-{name}", text)
        await self.press("Save")


async def arrive(context: BrowserContext, shop: Platform, name: str, role: Role) -> Person:
    """A new member of staff, signed in."""
    made = await hired(shop, name, role)
    page = await context.new_page()
    await come_in(page, shop, made.key.secret)
    return Person(shop, page, made.member.actor)


async def test_a_partner_goes_from_research_to_live_by_the_hands_of_two(
    shop: Platform, browser: Browser, tmp_path: Path
) -> None:
    # Not `reading`: that a form was refused is a complaint in the browser's console.
    async with await browser.new_context(locale="en") as hers, await browser.new_context(locale="en") as his:
        ann = await arrive(hers, shop, "Ann", Role.OPERATIONS)
        bo = await arrive(his, shop, "Bo", Role.FINANCE)
        await _research(ann, tmp_path)
        await partner_desk.lead(shop.house, "alipay", State.ACCEPTANCE, by=ann.actor, begin=Step.NEGOTIATION)
        await _acceptance(ann, bo, tmp_path)
        await _canary(ann, bo)
        await ann.go("partners/alipay/history")
        assert await ann.page.get_by_text("began with the partner").is_visible()
        assert await ann.page.get_by_text("Live", exact=True).first.is_visible()


async def _research(ann: Person, folder: Path) -> None:
    """It begins, says what is missing, and goes on when that is there."""
    await ann.go("partners")
    await ann.follow("Begin with a partner")
    await ann.page.fill("#f-channel", "alipay")
    await ann.page.fill("#f-title", "Alipay Ltd.")
    await ann.press("Begin")
    await ann.is_told("It has begun: research.")
    assert len(await ann.missing()) == 3 + 1 + 3, "checks, the licence, and what real money takes"

    await ann.follow("On to the next stage")
    await ann.press("Save")
    assert "The stage is not done" in await ann.page.get_by_role("alert").inner_text()
    await ann.go("partners/alipay")
    for _ in range(3):
        await ann.page.get_by_role("button", name="It is true").first.click()
        await ann.is_told("Written down, with your name.")
    licence = folder / "licence.pdf"
    licence.write_bytes(b"%PDF-1.7 licence")
    await ann.hand_in("Licence", licence)
    await ann.is_told("The document is on record.")
    assert await ann.page.get_by_role("link", name="licence.pdf").is_visible()
    await ann.follow("The way")
    assert await ann.page.get_by_text("Everything that this stage asks for is there.").is_visible()
    await ann.follow("On to the next stage")
    await ann.press("Save")
    await ann.is_told("On to the next stage.")
    here = ann.page.locator(".station[aria-current=step] .station-name")
    assert await here.inner_text() == "Negotiation"


async def _acceptance(ann: Person, bo: Person, folder: Path) -> None:
    """The report and the fees are handed in; the canary is proposed by one and approved by another."""
    await ann.go("partners/alipay")
    assert "A fee table in force" in await ann.missing()
    report = folder / "report.json"
    report.write_bytes(partner_desk.report_of(ann.shop.house, "alipay"))
    await ann.hand_in("A passed acceptance report of the connector as it is", report)
    await ann.is_told("The report was verified and is on record.")
    await ann.follow("Propose a fee table")
    await ann.page.fill("#f-effective_from", "2020-01-01T00:00")
    rate = ann.page.locator('[id="f-lines.0.rate"]')
    await rate.fill("0.6 percent")
    await ann.page.fill("#f-note", "annex 2")
    await ann.press("Propose")
    assert "Write 0.60 for 0.60 %" in await ann.page.locator('[id="f-lines.0.rate-note"]').inner_text()
    await rate.fill("0.60")
    await ann.page.locator('[id="f-lines.0.fixed"]').fill("0.10")
    await ann.press("Propose")
    await ann.is_told("Proposed. Somebody else decides about it now.")
    await _approve(bo)
    await ann.go("partners/alipay/papers")
    cells = await ann.page.locator("section:has(#fees) tbody td.figure").all_inner_texts()
    assert cells[:2] == ["0.60\N{NO-BREAK SPACE}%", "CN¥0.10"]

    await partner_desk.finish(ann.shop.house, "alipay", Step.ACCEPTANCE, by=ann.actor)
    await ann.go("partners/alipay")
    assert await ann.missing() == []
    await ann.follow("Start the canary")
    await ann.page.fill("#f-share", "100.00")
    await ann.page.fill("#f-smallest_sample", "1")
    await ann.page.fill("#f-note", "all checks are done")
    await ann.press("Propose")
    await _approve(bo)


async def _canary(ann: Person, bo: Person) -> None:
    """It goes live when its guard has seen enough, and not before."""
    shop = ann.shop
    await ann.go("partners/alipay")
    assert await ann.page.get_by_text("The guard has seen 0 of 1 calls").is_visible()
    await shop.house.partners.refresh()
    await shop.house.routing.refresh()
    await shop.captured_payment(1280)
    await shop.house.channels.write_notes()
    await partner_desk.finish(shop.house, "alipay", Step.CANARY, by=ann.actor)
    await ann.go("partners/alipay")
    await ann.follow("Go live")
    await ann.page.fill("#f-note", "the bills agree")
    await ann.press("Propose")
    await ann.is_told("Proposed. Somebody else decides about it now.")
    await _approve(bo)
    await ann.go("partners/alipay")
    assert await ann.page.get_by_text("The channel is live").is_visible()


async def _approve(bo: Person) -> None:
    """The other one finds what waits on the partner's page, looks at it, and says yes."""
    await bo.go("partners/alipay")
    await bo.follow("Look at it")
    await bo.press("Approve")
    await bo.is_told("Approved, and done.")


@pytest.mark.parametrize(("screen", "share"), in_turn(SCREENS))
async def test_every_page_about_partners_fits_its_screen_and_is_accessible(
    shop: Platform, browser: Browser, screen: dict[str, Any], share: Share
) -> None:
    if "alipay" not in await shop.house.partners.terms():
        await partner_desk.open_partner(shop.house, "alipay")
    async with reading(browser, **screen) as context:
        dee = await arrive(context, shop, f"Dee{screen['viewport']['width']}-{share.count}", Role.OPERATIONS)
        for place in share.of(PAGES):
            await dee.go(place)
            assert await dee.page.locator("h1").is_visible(), place
            wide = await dee.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide == 0, f"{place} is wider than the screen"
            assert await shut_out(dee.page) == [], place
