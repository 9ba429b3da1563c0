"""Does a ledger run by itself, as somebody wants it who only wants a ledger?"""

import asyncio
from pathlib import Path

import pytest

from tael.app.roles import ROLES, roles_in
from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import monotonic_seconds
from tests.e2e.ledger_desk import ACCOUNTS, payout, running_ledger, sale
from tests.integration.test_cli import tael

PATIENCE_SECONDS = 30


@pytest.mark.parametrize(
    ("words", "roles"),
    [
        (["all"], list(ROLES)),
        (["ledger"], ["ledger", "worker", "clock"]),
        (["public"], ["public"]),
        (["clock", "public", "ledger"], ["public", "ledger", "worker", "clock"]),
    ],
)
def test_the_ledger_brings_its_jobs_along(words: list[str], roles: list[str]) -> None:
    assert roles_in(words) == roles


async def test_holds_expire_in_a_ledger_by_itself(urls: DatabaseUrls, tmp_path: Path) -> None:
    async with running_ledger(urls, tmp_path, roles=roles_in(["ledger"])) as desk:
        await desk.open(*ACCOUNTS)
        await desk.booked(sale("s", 100))
        await desk.booked(payout("p", 60, phase="pending", expires_in_seconds=1))
        deadline = monotonic_seconds() + PATIENCE_SECONDS
        while (await desk.account("shop"))["held_debits_minor"]:
            assert monotonic_seconds() < deadline
            await asyncio.sleep(0.2)
        late = {"id": "p:post", "kind": "payout", "reference": "order-1", "phase": "post", "ends": "p"}
        refused = await desk.post("/v1/entries", late)
        assert (refused.body["code"], refused.body["ended_as"]) == ("ledger.hold_ended", "expiry")


async def test_keys_are_made_listed_and_revoked_on_the_command_line(urls: DatabaseUrls) -> None:
    database = {"TAEL_DATABASE_URL": urls.application}
    status, secret, errors = await tael(
        "ledger", "keys", "create", "book shop", "--may", "read", "--may", "write", **database
    )
    assert status == 0, errors
    prefix = secret.strip().rpartition("_")[0]
    assert prefix.startswith("tael_ledger_")
    assert (await tael("ledger", "keys", "revoke", prefix, **database))[0] == 0
    status, output, _ = await tael("ledger", "keys", "list", **database)
    [line] = [line for line in output.splitlines() if prefix in line]
    assert "book shop" in line
    assert "read, write" in line
    assert secret.strip() not in output
    status, _, errors = await tael("ledger", "keys", "create", "x", "--may", "fly", **database)
    assert (status, "read, write, close, all" in errors) == (2, True)
