"""What do the tests of a whole platform share? One that runs for all tests of a file, where they can share it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tael.app.supervisor import DatabaseUrls
from tael.testing.databases import fresh_database
from tael.testing.platform import Platform, running_platform
from tests.e2e.browsing import a_browser
from tests.e2e.money_town import MoneyTown, money_town
from tests.e2e.wallet_desk import WalletTown

expect.set_options(timeout=20_000)
"""What is seen at once costs nothing by it, and a busy machine may take longer than the usual five seconds."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A running platform with a merchant, started once for the file."""
    folder: Path = tmp_path_factory.mktemp("shop")
    async with fresh_database(server) as urls, running_platform(urls, folder) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One chromium for all tests; each opens windows that know nothing of one another."""
    async with a_browser() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MoneyTown]:
    """A platform with wallets, a vault, banks and a post office, for all files about the wallet's money; each test has people of its own."""
    async with money_town(server, tmp_path_factory.mktemp("town")) as running:
        yield running


@pytest.fixture(scope="session")
def quarter(town: MoneyTown) -> WalletTown:
    """The same, for all files about who somebody is; each test has people of its own."""
    return town.letters
