"""Does what people are told reach them, once, in time, and is it forgotten where it should be?"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tael.foundation.db import Database
from tael.foundation.money import Money
from tael.messages.api import ChangePreferences, SendAgain
from tael.messages.errors import MessageMalformed, NotSentAgain
from tael.messages.model import DeliveryState, Language, Urgency, Way
from tael.simulators.base import Fault, Switch
from tael.testing.clocks import ManualClock
from tael.testing.patience import until
from tests.integration.post_scene import ANN, MAILBOX, PHONE, PostScene, open_post_scene

NEW_DEVICE = {"device": "Phone", "place": "Wuhan", "at": datetime(2026, 3, 1, 4, 0, tzinfo=UTC)}


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[PostScene]:
    async with open_post_scene(database, clock, tmp_path) as opened:
        yield opened


async def test_a_code_arrives_and_is_forgotten(scene: PostScene) -> None:
    message_id = await scene.post(
        "code_sign_up", to=None, to_phone="138 1234 1234", values={"code": "314159"}
    )
    assert await scene.messages.relay.work_off() == 1
    assert await scene.office.code(PHONE) == "314159"
    [text] = await scene.office.arrived(to=PHONE)
    assert text.text.startswith("【Tael】")
    assert await scene.rows(b"select values_sealed from messages.messages") == [(None,)]

    async def delivered() -> bool:
        return [each.state for each in await scene.deliveries(message_id)] == [DeliveryState.DELIVERED]

    await until(delivered, "the gateway's receipt")


async def test_one_message_takes_all_its_ways(scene: PostScene) -> None:
    await scene.know(phone=PHONE, email=MAILBOX, push=await scene.browser("phone of Ann"), language="en")
    values = {"phone": "139****0000", "at": scene.clock.now()}
    message_id = await scene.post("phone_changed", values=values)
    await scene.messages.relay.work_off()
    assert {each.kind for each in await scene.office.arrived()} == {"sms", "email", "push"}
    [mail] = await scene.office.arrived(to=MAILBOX)
    assert mail.title == "Number changed"
    assert "139****0000" in mail.text
    assert mail.id == next(each.id for each in await scene.deliveries(message_id) if each.way is Way.EMAIL)
    [push] = await scene.office.arrived(to="phone of Ann")
    assert push.headers["urgency"] == "high"
    assert 0 < int(push.headers["ttl"]) <= 86_400
    [listed] = await scene.messages.list_kept(ANN)
    assert (listed.title, listed.urgency) == ("Number changed", Urgency.SECURITY)
    assert {each.address for each in await scene.deliveries()} == {
        "138****1234",
        "a***@pay.example",
        "127.0.0.1",
    }


async def test_no_address_and_no_secret_lies_in_the_database_in_clear(scene: PostScene) -> None:
    await scene.know(phone=PHONE, email=MAILBOX, push=await scene.browser("phone of Ann"))
    await scene.post("code_sign_in", values={"code": "271828"})
    await scene.post("sign_in_new_device", values=NEW_DEVICE)
    for table in (b"people", b"push_subscriptions", b"messages", b"deliveries"):
        kept = str(await scene.rows(b"select row_to_json(t)::text from messages." + table + b" t"))
        for secret in ("13812341234", MAILBOX, "271828", "Wuhan", "/push/"):
            assert secret not in kept
            assert secret.encode().hex() not in kept


async def test_a_message_of_a_transaction_that_fails_is_told_to_nobody(scene: PostScene) -> None:
    await scene.know(phone=PHONE)
    with pytest.raises(MessageMalformed, match="code"):
        await scene.post("code_sign_in", values={"kode": "1"})
    with pytest.raises(MessageMalformed, match="no message named"):
        await scene.post("no_such_template")
    assert await scene.rows(b"select count(*) from messages.messages") == [(0,)]


async def test_posted_twice_under_one_id_it_is_told_once(scene: PostScene) -> None:
    await scene.know(phone=PHONE)
    first = await scene.post("password_changed", values={"at": scene.clock.now()})
    await scene.post("password_changed", values={"at": scene.clock.now()}, id=first)
    await scene.messages.relay.work_off()
    assert len(await scene.office.arrived(to=PHONE)) == 1
    assert len(await scene.messages.list_kept(ANN)) == 1


async def test_where_no_carrier_is_set_up_the_list_has_it_and_the_log_says_why(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    async with open_post_scene(database, clock, tmp_path) as scene:
        await scene.know(phone=PHONE)
        alone = scene.without_carriers()
        message_id = await scene.post("password_changed", values={"at": clock.now()})
        await alone.relay.work_off()
        [delivery] = await scene.deliveries(message_id)
        assert (delivery.state, delivery.error) == (DeliveryState.SKIPPED, "way_not_set_up")
        assert len(await alone.list_kept(ANN)) == 1


async def test_a_gateway_that_did_not_answer_is_asked_before_anything_is_sent_again(scene: PostScene) -> None:
    await scene.office.switch_on(Switch(fault=Fault.LOST_REPLY, calls=1, method="sms.send"), no_receipts())
    message_id = await scene.post("code_sign_in", to=None, to_phone=PHONE, values={"code": "161803"})
    await scene.messages.relay.work_off()
    [delivery] = await scene.deliveries(message_id)
    assert delivery.state is DeliveryState.UNKNOWN
    scene.clock.move(seconds=2)
    await scene.messages.relay.work_off()
    assert [each.state for each in await scene.deliveries(message_id)] == [DeliveryState.DELIVERED]
    assert await scene.office.requests() == {delivery.id: 1}
    _, attempts = await scene.messages.deliveries_of(message_id)
    assert [(each.asked, each.outcome) for each in attempts] == [(False, "unknown"), (True, "delivered")]


async def test_what_the_gateway_never_heard_of_is_sent_after_all(scene: PostScene) -> None:
    await scene.office.switch_on(Switch(fault=Fault.SYSTEM_ERROR_BEFORE, calls=2, method="sms.send"))
    message_id = await scene.post("code_sign_in", to=None, to_phone=PHONE, values={"code": "141421"})
    for _ in range(3):
        await scene.messages.relay.work_off()
        scene.clock.move(seconds=3)
    assert await scene.office.code(PHONE) == "141421"
    _, attempts = await scene.messages.deliveries_of(message_id)
    assert [each.outcome for each in attempts] == ["queued", "queued", "sent"]


async def test_a_code_that_could_not_be_sent_in_time_is_not_sent_later(scene: PostScene) -> None:
    message_id = await scene.post("code_sign_in", to=None, to_phone=PHONE, values={"code": "173205"})
    scene.clock.move(minutes=5)
    await scene.messages.relay.work_off()
    [delivery] = await scene.deliveries(message_id)
    assert (delivery.state, delivery.error) == (DeliveryState.FAILED, "expired")
    assert await scene.office.arrived() == []
    assert await scene.rows(b"select values_sealed from messages.messages") == [(None,)]
    with pytest.raises(NotSentAgain):
        await scene.messages.do(SendAgain(message_id=message_id), actor="operator:test", about=message_id)


async def test_r18_a_relay_that_is_killed_after_sending_has_another_ask(scene: PostScene) -> None:
    await scene.office.switch_on(no_receipts())
    message_id = await scene.post("code_sign_in", to=None, to_phone=PHONE, values={"code": "223606"})
    await scene.die_after_sending()
    assert len(await scene.office.arrived(to=PHONE)) == 1
    [delivery] = await scene.deliveries(message_id)
    assert delivery.state is DeliveryState.QUEUED
    scene.clock.move(seconds=61)
    await scene.messages.relay.work_off()
    assert [each.state for each in await scene.deliveries(message_id)] == [DeliveryState.DELIVERED]
    assert len(await scene.office.arrived(to=PHONE)) == 1
    assert max((await scene.office.requests()).values()) <= 2


async def test_r18_a_mail_whose_relay_was_killed_is_not_sent_twice(scene: PostScene) -> None:
    message_id = await scene.post("code_email", to=None, to_email=MAILBOX, values={"code": "244948"})
    await scene.die_after_sending()
    scene.clock.move(seconds=61)
    await scene.messages.relay.work_off()
    [delivery] = await scene.deliveries(message_id)
    assert (delivery.state, delivery.error) == (DeliveryState.UNKNOWN, "may_have_arrived")
    assert len(await scene.office.arrived(to=MAILBOX)) == 1


@pytest.mark.parametrize(
    ("local", "state", "arrived"),
    [
        ("refused", DeliveryState.FAILED, 0),
        ("busy", DeliveryState.QUEUED, 0),
        ("silent", DeliveryState.UNKNOWN, 1),
    ],
)
async def test_a_mail_server_is_believed_only_beyond_doubt(
    scene: PostScene, local: str, state: DeliveryState, arrived: int
) -> None:
    mailbox = f"{local}@pay.example"
    message_id = await scene.post("code_email", to=None, to_email=mailbox, values={"code": "264575"})
    await scene.messages.relay.work_off()
    assert [each.state for each in await scene.deliveries(message_id)] == [state]
    assert len(await scene.office.arrived(to=mailbox)) == arrived


async def test_a_number_that_is_blocked_or_absent_fails(scene: PostScene) -> None:
    blocked = await scene.post("code_sign_in", to=None, to_phone="13812340000", values={"code": "282842"})
    absent = await scene.post("code_sign_in", to=None, to_phone="13812340001", values={"code": "300000"})
    await scene.messages.relay.work_off()

    async def failed() -> bool:
        return all(each.state is DeliveryState.FAILED for each in await scene.deliveries())

    await until(failed, "the receipt of failure")
    assert [(await scene.deliveries(id))[0].error for id in (blocked, absent)] == ["blocked", "absent"]


async def test_a_browser_that_is_no_more_is_forgotten(scene: PostScene) -> None:
    await scene.know(push=await scene.browser("old phone"))
    await scene.know(push=await scene.browser("new phone"))
    await scene.office.forget_browser("old phone")
    await scene.post("welcome", ways=("push",))
    await scene.messages.relay.work_off()
    assert len(await scene.office.arrived(to="new phone")) == 1
    assert len(await scene.messages.subscriptions(ANN)) == 1


async def test_money_waits_for_the_morning_only_if_the_person_wants_so(scene: PostScene) -> None:
    scene.clock.move(hours=12)  # midnight in China
    await scene.know(push=await scene.browser("phone"))
    values = {"amount": Money(123_450, "CNY"), "payer": "王*", "at": scene.clock.now()}
    await scene.post("money_received", values=values)
    await scene.messages.relay.work_off()
    assert [each.title for each in await scene.office.arrived()] == ["收到 ¥1,234.50"]
    quiet = ChangePreferences(user_id=ANN, money_at_night=False, language=Language.ENGLISH)
    await scene.messages.do(quiet, actor=f"user:{ANN}", about=ANN)
    await scene.post("money_received", values=values)
    await scene.messages.relay.work_off()
    assert len(await scene.office.arrived()) == 1
    scene.clock.move(hours=8)
    await scene.messages.relay.work_off()
    assert [each.title for each in await scene.office.arrived()] == [
        "You received ¥1,234.50",
        "收到 ¥1,234.50",
    ]


async def test_what_failed_is_sent_again_by_hand_and_what_arrived_is_not(scene: PostScene) -> None:
    await scene.know(phone="13812340000")
    message_id = await scene.post("password_changed", values={"at": scene.clock.now()})
    await scene.messages.relay.work_off()
    again = SendAgain(message_id=message_id)
    [delivery] = await scene.messages.do(again, actor="operator:test", about=message_id)
    assert delivery.state is DeliveryState.QUEUED
    await scene.know(phone=PHONE)
    arrived = await scene.post("password_changed", values={"at": scene.clock.now()})
    await scene.messages.relay.work_off()
    with pytest.raises(NotSentAgain):
        await scene.messages.do(SendAgain(message_id=arrived), actor="operator:test", about=arrived)


async def test_messages_and_logs_are_forgotten_when_their_time_has_come(scene: PostScene) -> None:
    await scene.know(phone=PHONE)
    await scene.post("password_changed", values={"at": scene.clock.now()})
    await scene.messages.relay.work_off()
    scene.clock.move(days=181)
    await scene.messages.forget_old()
    assert len(await scene.messages.list_kept(ANN)) == 1
    assert await scene.rows(b"select count(*) from messages.deliveries") == [(0,)]
    assert await scene.rows(b"select count(*) from messages.attempts") == [(0,)]
    scene.clock.move(days=220)
    await scene.messages.forget_old()
    assert await scene.messages.list_kept(ANN) == []


async def test_who_leaves_is_forgotten_but_for_the_masked_log(scene: PostScene) -> None:
    await scene.know(phone=PHONE, push=await scene.browser("phone"))
    message_id = await scene.post("sign_in_new_device", values=NEW_DEVICE)
    async with scene.database.transaction() as tx:
        await scene.messages.forget(tx, ANN)
    assert await scene.messages.relay.work_off() == 0
    assert await scene.office.arrived() == []
    assert await scene.messages.list_kept(ANN) == []
    assert {each.error for each in await scene.deliveries(message_id)} == {"person_forgotten"}
    assert await scene.rows(b"select count(*) from messages.people") == [(0,)]


def no_receipts() -> Switch:
    return Switch(fault=Fault.DROP_NOTICES)
