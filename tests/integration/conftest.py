"""What do tests of single contexts stand on? A database as the platform sees it, and a clock that only moves by hand."""

from collections.abc import AsyncIterator

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.testing.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """A fresh one, as the application's role."""
    opened = Database(urls.application, pool_size=4, role="tael_app")
    await opened.open()
    yield opened
    await opened.close()
