"""Do `tael standing` and `tael messages` take, give back, list, send again and teach, with their refusals in one sentence?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.app.house import House, make_house
from tael.app.simulated import write_provider_files
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.foundation.ids import new_id
from tael.messages.api import DeliveryFilter
from tael.messages.model import Post
from tael.standing.model import Permission
from tests.integration.test_cli import tael


@pytest.fixture
async def house(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[House]:
    made = make_house(Settings(home=tmp_path / "platform"), urls.application)
    await made.database.open()
    yield made
    await made.people.wires.close()
    await made.database.close()


@pytest.fixture
def where(urls: DatabaseUrls, tmp_path: Path) -> dict[str, str]:
    return {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path / "platform")}


async def a_user(house: House) -> str:
    """Somebody with a standing."""
    user_id = new_id("usr")
    async with house.database.transaction() as tx:
        await house.people.standing.open(tx, user_id, house.clock.now())
        await house.people.messages.address(tx, user_id, phone="+8613812341234")
    return user_id


async def test_what_is_taken_at_the_terminal_is_shown_and_given_back(
    house: House, where: dict[str, str]
) -> None:
    user_id = await a_user(house)
    status, said, errors = await tael(
        "standing", "restrict", user_id, "--kind", "review", "--note", "case 12", **where
    )
    assert status == 0, errors
    restriction = said.strip()
    status, shown, errors = await tael("standing", "show", user_id, **where)
    assert status == 0, errors
    assert restriction in shown
    assert "class none" in shown
    status, said, errors = await tael("standing", "lift", restriction, "--note", "cleared up", **where)
    assert (status, said.strip()) == (0, f"{restriction} is lifted"), errors
    status, _, errors = await tael("standing", "lift", restriction, "--note", "again", **where)
    assert status == 2
    assert "takes nothing any more" in errors
    assert "Traceback" not in errors


async def test_a_report_is_passed_on_at_the_terminal_once_and_one_that_raises_waits(
    house: House, where: dict[str, str]
) -> None:
    user_id = await a_user(house)
    said = ("--source", "Baihang Credit", "--reference", "2026-7", "--note", "score 420, was 640")
    status, first, errors = await tael("standing", "signal", user_id, "--kind", "low_credit", *said, **where)
    assert (status, first[:4]) == (0, "rpt_"), errors
    status, again, errors = await tael("standing", "signal", user_id, "--kind", "low_credit", *said, **where)
    assert (status, again) == (0, first), errors
    _, shown, _ = await tael("standing", "show", user_id, **where)
    assert "transfers_day 10" in shown
    status, waits, errors = await tael("standing", "signal", user_id, "--kind", "good_credit", *said, **where)
    assert status == 0, errors
    assert "somebody else" in errors
    proposal, digest = waits.split()
    status, _, errors = await tael("standing", "approve", proposal, digest, **where)
    assert status == 2, "whoever proposed it does not decide"
    assert "may not decide" in errors
    assert "Traceback" not in errors


async def test_an_order_needs_its_papers_and_ends_by_two_people(house: House, where: dict[str, str]) -> None:
    user_id = await a_user(house)
    status, _, errors = await tael("standing", "restrict", user_id, "--kind", "by_law", **where)
    assert status == 2
    assert "has a number" in errors
    order = ("--order", "2026-117", "--authority", "Court of Hangzhou", "--amount", "500.00")
    status, said, errors = await tael("standing", "restrict", user_id, "--kind", "by_law", *order, **where)
    assert status == 0, errors
    restriction = said.strip()
    status, shown, _ = await tael("standing", "show", user_id, **where)
    assert "CNY 500.00" in shown or "500.00" in shown
    status, _, errors = await tael("standing", "lift", restriction, "--note", "x", **where)
    assert status == 2
    assert "two people" in errors
    assert "--propose" in errors
    assert "POST" not in errors
    status, said, errors = await tael("standing", "lift", restriction, "--note", "over", "--propose", **where)
    assert status == 0, errors
    proposal, digest = said.split()
    status, _, errors = await tael("standing", "approve", proposal, digest, **where)
    assert status == 2, "whoever proposed it does not decide"
    assert (await house.people.standing.reads.view(user_id)).restrictions
    [refusal] = [
        why
        for what, why in (await house.people.standing.reads.view(user_id)).refusals
        if what is Permission.PAY
    ]
    assert refusal is not None


async def test_messages_are_listed_and_tips_told_to_one_or_proposed_for_all(
    house: House, where: dict[str, str]
) -> None:
    user_id = await a_user(house)
    status, said, errors = await tael("messages", "send-tip", "no_safe_accounts", "--to", user_id, **where)
    assert status == 0, errors
    kept = await house.people.messages.list_kept(user_id)
    assert [each.template for each in kept] == ["tip.no_safe_accounts"]
    status, _, errors = await tael("messages", "send-tip", "no_such_tip", "--to", user_id, **where)
    assert status == 2
    assert "no tip named" in errors
    status, _, errors = await tael("messages", "send-tip", "no_safe_accounts", "--to", new_id("usr"), **where)
    assert (status, "There is no user" in errors) == (2, True), errors
    status, _, errors = await tael("messages", "send-tip", "no_safe_accounts", **where)
    assert status == 2
    assert "--note" in errors
    status, said, errors = await tael(
        "messages", "send-tip", "no_safe_accounts", "--note", "many cases", **where
    )
    assert status == 0, errors
    [proposal] = await house.people.messages.proposals()
    assert said.split() == [proposal.id, proposal.digest]
    assert await house.people.messages.campaigns() == []


async def test_what_did_not_arrive_goes_again_and_a_code_never(house: House, where: dict[str, str]) -> None:
    user_id = await a_user(house)
    code = Post(template="code_sign_in", to=user_id, values={"code": "314159"})
    news = Post(template="password_changed", to=user_id, values={"at": house.clock.now()})
    async with house.database.transaction() as tx:
        await house.people.messages.post(tx, [code, news])
    status, listed, errors = await tael("messages", "list", "--user", user_id, **where)
    assert status == 0, errors
    assert "138****1234" in listed
    assert "314159" not in listed
    status, _, errors = await tael("messages", "list", "--user", "Ann", **where)
    assert (status, "not an id" in errors) == (2, True), errors
    status, _, errors = await tael("messages", "again", code.id, **where)
    assert status == 2
    assert "not sent twice" in errors
    status, _, errors = await tael("messages", "again", new_id("msg"), **where)
    assert status == 2
    assert "Traceback" not in errors
    assert await house.people.messages.list_deliveries(DeliveryFilter(user_id=user_id))


async def test_secrets_of_the_gateway_are_kept_and_the_settings_printed(
    where: dict[str, str], tmp_path: Path
) -> None:
    told = write_provider_files("messages", tmp_path / "office", "http://127.0.0.1:8095")
    status, said, errors = await tael("messages", "install", str(told), **where)
    assert status == 0, errors
    assert "TAEL_SMS_URL=http://127.0.0.1:8095/sms" in said
    key = tmp_path / "platform/keys/sms.key"
    assert key.stat().st_mode & 0o077 == 0
    assert key.read_bytes() not in said.encode()
    nonsense = tmp_path / "x.toml"
    nonsense.write_text('TAEL_HOME = "/"')
    status, _, errors = await tael("messages", "install", str(nonsense), **where)
    assert status == 2
    assert "no setting of messages" in errors
