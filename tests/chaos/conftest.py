"""What do the tests of reliability share? One platform of real processes, for those that leave it running."""

from collections.abc import AsyncIterator

import pytest

from tael.testing.cluster import Tenancy, running_cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seed", type=int, help="the one world of the simulation (R6) that is to be lived again"
    )


@pytest.fixture(scope="module")
async def tenancy() -> AsyncIterator[Tenancy]:
    """A platform with two API processes, started once for the file; each test uses payments of its own."""
    async with running_cluster(workers=2) as running:
        yield running
