"""Does `tael staff` let the first people in, and say no in a sentence?"""

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tael.foundation.db import Database
from tael.staff.api import Staff
from tests.integration.test_cli import tael


async def test_a_member_who_was_added_at_the_terminal_is_let_in_with_the_printed_key(
    urls: DatabaseUrls,
) -> None:
    where = {"TAEL_DATABASE_URL": urls.application}
    status, secret, errors = await tael(
        "staff", "add", "Ann", "--email", "ann@pay.example", "--role", "risk", "--role", "finance", **where
    )
    assert (status, secret.startswith("tael_staff_")) == (0, True), errors

    database = Database(urls.application, role="tael_app")
    await database.open()
    holder = await Staff(database, SystemClock()).authenticate(secret.strip())
    await database.close()
    assert holder.member.roles == ("finance", "risk")

    status, listed, _ = await tael("staff", "list", **where)
    assert holder.member.id in listed
    assert secret.strip() not in listed
    status, _, errors = await tael(
        "staff", "add", "Bo", "--email", "bo@pay.example", "--role", "risk", "--role", "operations", **where
    )
    assert status != 0
    assert "change and approve" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "approve",
    [
        ("channels", "approve", "prop_1", "--digest", "0"),
        ("routing", "rules", "approve", "prop_1", "--digest", "0"),
        ("rules", "approve", "prop_1", "--digest", "0"),
        ("partners", "decide", "prop_1", "--approve"),
        ("merchants", "decide", "prop_1", "--digest", "0" * 64, "--approve"),
    ],
)
async def test_the_terminal_leaves_approving_to_staff_who_can(
    urls: DatabaseUrls, approve: tuple[str, ...]
) -> None:
    where = {"TAEL_DATABASE_URL": urls.application}
    _, _, errors = await tael(*approve, **where)
    assert "There is no such proposal" in errors
    await tael("staff", "add", "Bo", "--email", "bo@pay.example", "--role", "risk", **where)
    status, _, errors = await tael(*approve, **where)
    assert status != 0
    assert "Bo (staff:stf_" in errors
    assert "Ask a member of staff" in errors
