"""Who reads our pages in tests? Debian's chromium, as a desktop in Chinese or as a phone in English."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe
from axe_playwright_python.base import AxeResults
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, async_playwright

CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
"""The shell draws the same pages without windows to put them in: it takes a third of the processor's time."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
]
DESKTOP_IN_CHINESE: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "locale": "zh-CN",
}
PHONE_IN_ENGLISH: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "locale": "en-GB",
    "color_scheme": "dark",
    "has_touch": True,
    "is_mobile": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36",
}


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """The browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def reading(browser: Browser, **device: Any) -> AsyncIterator[BrowserContext]:
    """A person with a device; whatever the console of any tab complains of fails the test."""
    context = await browser.new_context(**device)
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.on("console", heard)
        page.on("pageerror", failed)

    def heard(message: ConsoleMessage) -> None:
        complaints.append(f"{message.type}: {message.text}")

    def failed(error: Error) -> None:
        complaints.append(error.message)

    context.on("page", listen)
    yield context
    await context.close()
    assert complaints == []


async def shut_out(page: Page) -> list[str]:
    """Whom the page shuts out, and where: a sentence for each rule that it breaks. What it keeps is not listed: that takes longer."""
    try:
        found = await _looked_at(page)
    except Error:  # a page that waits for something has just read itself again
        await page.wait_for_load_state()
        found = await _looked_at(page)
    return [
        f"{each['help']}: {[node['html'] for node in each['nodes']]}" for each in found.response["violations"]
    ]


_SEEN = """() => {
    const foreign = (element) => element.closest("[lang]").lang.slice(0, 2) !== "zh" || element.closest("code, input, textarea");
    const words = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!element.closest("script, style, noscript") && !foreign(element)) words.push(walker.currentNode.textContent);
    }
    for (const element of document.querySelectorAll("[aria-label], [placeholder], [title], [alt]"))
        if (element.closest("[lang]").lang.slice(0, 2) === "zh")
            for (const name of ["aria-label", "placeholder", "title", "alt"]) words.push(element.getAttribute(name) ?? "");
    return words.join(" ");
}"""


async def latin_words(page: Page) -> set[str]:
    """Words in Latin letters that a page in Chinese says, to the eye or aloud; not those that it marks as of another language."""
    return set(re.findall(r"[A-Za-z]{3,}", await page.evaluate(_SEEN)))


async def _looked_at(page: Page) -> AxeResults:
    return await Axe().run(page, options={"resultTypes": ["violations"]})
