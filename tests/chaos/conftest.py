"""What do the tests of reliability share? One platform of real processes, for those that leave it running."""

from collections.abc import AsyncIterator

import pytest

from tael.testing.cluster import Tenancy, running_cluster


@pytest.fixture(scope="session")
async def tenancy() -> AsyncIterator[Tenancy]:
    """A platform with two API processes; each test uses payments of its own."""
    async with running_cluster(workers=2) as running:
        yield running
