"""Does a warning that asks for more make acts harder to confirm, and does 'it was not me' put whoever it was out?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.behaviour import store
from tael.behaviour.api import AnswerWarning, place_in_words
from tael.behaviour.model import ActWarning, Follows, Reason
from tael.foundation.db import Database
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.identity.model import StepUpQuestion, Strength
from tael.standing.model import Permission
from tael.testing.clocks import ManualClock
from tests.integration.test_cli import tael
from tests.integration.users_scene import PASSWORD, Somebody, UsersScene, open_users_scene


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[UsersScene]:
    async with open_users_scene(database, clock, tmp_path) as opened:
        yield opened


async def warned(scene: UsersScene, who: Somebody, follows: Follows) -> str:
    """The id of a warning that somebody has just got."""
    await who.say_who()
    [act] = await scene.people.behaviour.acts(who.user_id, limit=1)
    warning = ActWarning(
        id=new_id("wrn"),
        user_id=who.user_id,
        act_id=act.id,
        reasons=(Reason.NEW_PLACE,),
        score=60,
        follows=follows,
        made_at=scene.clock.now(),
    )
    async with scene.database.transaction() as tx:
        await store.insert_warnings(tx, [warning])
    return warning.id


async def strength_for(scene: UsersScene, who: Somebody) -> Strength:
    user = (await scene.users.find([who.user_id]))[who.user_id]
    question = StepUpQuestion(
        login_id=user.login_id, kind="payment", amount=Money(1_280, "CNY"), at=scene.clock.now()
    )
    return await scene.people.identity.step_up.strength(question)


async def answered(scene: UsersScene, warning_id: str, who: Somebody, *, mine: bool) -> None:
    command = AnswerWarning(warning_id=warning_id, user_id=who.user_id, mine=mine, proven=True)
    async with scene.database.transaction() as tx:
        await scene.people.behaviour.answer_warning(tx, command)
    await scene.everything_told()


async def test_whoever_was_warned_so_confirms_more_strongly_until_they_clear_it_up(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    assert await strength_for(scene, ann) is Strength.ONE
    warning_id = await warned(scene, ann, Follows.ASK_MORE)
    assert await strength_for(scene, ann) is Strength.TWO
    await answered(scene, warning_id, ann, mine=True)
    assert await strength_for(scene, ann) is Strength.ONE


async def test_it_was_not_me_ends_every_session_and_takes_what_moves_money_out(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    warning_id = await warned(scene, ann, Follows.WARN)
    assert (await ann.get("/v1/me")).status_code == 200
    await answered(scene, warning_id, ann, mine=False)
    assert (await ann.get("/v1/me")).json()["code"] == "identity.session_ended"
    [taken] = (await scene.people.standing.reads.view(ann.user_id)).restrictions
    assert {*taken.takes} == {Permission.PAY, Permission.TRANSFER, Permission.WITHDRAW}


async def test_a_device_that_proves_again_is_known_again_and_not_a_new_one(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    token = (await ann.post("/v1/users/sign_in", {"phone": ann.phone, "password": PASSWORD})).json()
    scene.clock.move(minutes=1)
    await ann.post("/v1/users/sign_in/codes", {"session_token": token["session_token"]})
    proof = {
        "session_token": token["session_token"],
        "factor": "code",
        "proof": await ann.code(),
        "device_token": ann.device_token,
    }
    ann.come_in(await ann.post("/v1/users/sign_in/proof", proof))
    assert len((await ann.get("/v1/me/devices")).json()["items"]) == 1
    assert "sign_in_new_device" not in await ann.told()


async def test_a_new_device_is_told_with_its_country_and_never_with_its_address(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    ann.device_token = None
    ann.come_in(await ann.prove_anew())
    [told] = [
        each
        for each in await scene.people.messages.list_kept(ann.user_id, limit=10)
        if each.template == "sign_in_new_device"
    ]
    assert "203.0.113.7" not in told.text
    assert "a local network" in told.text
    assert place_in_words("223.5.5.5", chinese=True) == "中国大陆"
    assert place_in_words("193.0.0.1", chinese=False) == "country or region NL"
    assert place_in_words(None, chinese=False) == "an unknown place"


async def test_the_terminal_shows_what_somebody_did_and_of_addresses_the_network_alone(
    scene: UsersScene, urls: DatabaseUrls
) -> None:
    ann = await scene.somebody().register()
    warning_id = await warned(scene, ann, Follows.ASK_MORE)
    where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(scene.home), "COLUMNS": "200"}
    status, shown, errors = await tael("behaviour", "show", ann.user_id, **where)
    assert status == 0, errors
    assert f"{warning_id} " in shown
    assert "new_place → ask_more; not answered" in shown
    assert "change identity" in shown
    assert "203.0.0.0/16" in shown
    assert "203.0.113.7" not in shown
    status, _, errors = await tael("behaviour", "show", "usr_1", **where)
    assert (status, "Traceback" in errors) == (2, False)
    status, _, errors = await tael("behaviour", "show", new_id("usr"), **where)
    assert (status, "There is no user" in errors) == (2, True), errors
