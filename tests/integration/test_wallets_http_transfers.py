"""Over the API: does a repeat hear its answer whatever has become of the payee, and is nobody found out by trying?"""

from typing import Any

import httpx
import pytest

from tael.foundation.ids import new_id
from tael.users.model import DataRequest, DataRequestKind, DataRequestState
from tael.users.store import data
from tests.integration.test_wallets_http_orders import Program, Town, town

__all__ = ["town"]


async def said(who: Program, path: str, body: dict[str, Any], *, key: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {who.secret}", "idempotency-key": key or new_id("key")}
    return await who.client.post(path, json=body, headers=headers)


async def leave(town: Town, who: Program) -> None:
    """Somebody has their account closed."""
    wish = DataRequest(
        id=new_id("pdr"),
        user_id=who.user_id,
        kind=DataRequestKind.DELETION,
        state=DataRequestState.ASKED,
        asked_at=town.scene.clock.now(),
    )
    async with town.scene.house.database.transaction() as tx:
        await data.insert_request(tx, wish)
    await town.scene.house.people.users.work_off_requests()


async def test_a_transfer_by_code_that_is_sent_again_later_has_its_first_answer(town: Town) -> None:
    ann, bob = await town.user(50_000), await town.user()
    made = await bob.post("/v1/me/personal_codes", {"kind": "dynamic", "amount_minor": 500}, status=201)
    wish = {"payee": made["address"], "amount_minor": 500, "scanned": True}
    first = await said(ann, "/v1/me/transfers", wish, key="mine")
    assert first.status_code == 201, first.text
    town.scene.clock.move(seconds=61)
    again = await said(ann, "/v1/me/transfers", wish, key="mine")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert (await said(ann, "/v1/me/transfers", wish)).json()["code"] == "wallets.no_such_code"
    other = await said(ann, "/v1/me/transfers", {**wish, "amount_minor": 501}, key="mine")
    assert other.json()["code"] == "idempotency_key_reused"
    assert (await bob.get("/v1/me/wallet"))["balances"][0]["available_minor"] == 500


async def test_a_repeat_has_its_first_answer_although_the_payee_has_left(town: Town) -> None:
    ann, bob = await town.user(50_000), await town.user()
    wish = {"payee": bob.user_id, "amount_minor": 40_000}
    first = await said(ann, "/v1/me/transfer_confirmations", wish, key="asked")
    await leave(town, bob)
    again = await said(ann, "/v1/me/transfer_confirmations", wish, key="asked")
    assert (again.status_code, again.content) == (200, first.content)
    assert (await said(ann, "/v1/me/transfer_confirmations", wish)).status_code == 404


async def test_what_would_be_refused_afterwards_is_not_asked_to_be_confirmed(town: Town) -> None:
    ann, bob = await town.user(50_000), await town.user()
    await bob.post("/v1/me/restrictions", {"takes": ["receive"]}, status=201)
    for payee, status, code in (
        (ann.user_id, 400, "wallets.malformed"),
        (bob.user_id, 403, "wallets.payee_cannot_receive"),
    ):
        wish = {"payee": payee, "amount_minor": 40_000}
        for path in ("/v1/me/transfer_confirmations", "/v1/me/transfers"):
            refused = await said(ann, path, wish)
            assert (refused.status_code, refused.json()["code"]) == (status, code), path
            assert refused.json()["field"] == "payee"


async def test_nobody_reads_our_users_off_by_sending_to_numbers(town: Town) -> None:
    ann = await town.user()
    statuses = []
    for number in range(12):
        wish = {"payee": f"+86139{number:08}", "amount_minor": 1}
        statuses.append((await said(ann, "/v1/me/transfers", wish)).status_code)
    assert statuses == [404] * 10 + [429] * 2
    assert (await said(ann, "/v1/me/payees", {"payee": "+8613900000000"})).status_code == 429


async def test_the_hidden_character_of_a_name_is_not_found_by_trying(town: Town) -> None:
    ann, bob = await town.user(500_000), await town.user()
    wish = {"payee": bob.user_id, "amount_minor": 200_000}
    name = (await town.scene.house.people.users.in_clear(bob.user_id)).name  # type: ignore[union-attr]
    for _ in range(12):
        right = await said(ann, "/v1/me/transfers", {**wish, "name_check": name[0]})
        assert right.json()["code"] == "wallets.confirmation_missing", "who knows it is not counted"
    seen = [
        (await said(ann, "/v1/me/transfers", {**wish, "name_check": wrong})).json()["code"]
        for wrong in "甲乙丙丁戊己庚辛壬癸子丑"
    ]
    assert seen == ["wallets.name_check_failed"] * 3 + ["wallets.too_many_lookups"] * 9
    town.scene.clock.move(minutes=10)
    late = await said(ann, "/v1/me/transfers", {**wish, "name_check": name[0]})
    assert late.status_code == 429, "nor is it told that this one is right"
    town.scene.clock.move(hours=1)
    again = await said(ann, "/v1/me/transfers", {**wish, "name_check": name[0]})
    assert again.json()["code"] == "wallets.confirmation_missing", (
        "a slip is no reason to be shut out for a day"
    )


async def test_wrong_names_of_many_payees_count_together(town: Town) -> None:
    ann, payees = await town.user(500_000), [await town.user() for _ in range(4)]
    seen = [
        (
            await said(
                ann, "/v1/me/transfers", {"payee": each.user_id, "amount_minor": 200_000, "name_check": "甲"}
            )
        )
        for each in payees
        for _ in range(3)
    ]
    codes = [each.json()["code"] for each in seen]
    assert codes == ["wallets.name_check_failed"] * 10 + ["wallets.too_many_lookups"] * 2


async def knows(who: Program, other: Program, minor: int = 150_000) -> bool:
    """Whether much goes to somebody without their name; both ways of finding out agree."""
    wish = {"payee": other.user_id, "amount_minor": minor}
    found = await said(who, "/v1/me/payees", {"payee": other.user_id})
    sent = await said(who, "/v1/me/transfers", wish)
    needed = sent.json()["code"] == "wallets.name_check_needed"
    assert found.json()["name_check"] == needed, sent.text
    return not needed


async def test_a_fen_that_was_sent_first_makes_nobody_known_before_the_next_day(town: Town) -> None:
    ann, bob = await town.user(500_000), await town.user()
    assert not await knows(ann, bob)
    sent = await said(ann, "/v1/me/transfers", {"payee": bob.user_id, "amount_minor": 1})
    assert sent.status_code == 201, sent.text
    assert not await knows(ann, bob), "that is what a fraud asks for first"
    town.scene.clock.move(hours=23, minutes=59)
    assert not await knows(ann, bob)
    town.scene.clock.move(minutes=1)
    assert await knows(ann, bob)
    assert not await knows(bob, ann), "and not the other way round"


async def test_what_is_on_its_way_or_was_recalled_makes_nobody_known(town: Town) -> None:
    ann, bob = await town.user(500_000), await town.user()
    wish = {"payee": bob.user_id, "amount_minor": 1, "delay_hours": 24}
    taken_back, arriving = [(await said(ann, "/v1/me/transfers", wish)).json()["id"] for _ in range(2)]
    assert (await said(ann, f"/v1/me/transfers/{taken_back}/recall", {})).status_code == 200
    town.scene.clock.move(hours=25)
    assert not await knows(ann, bob), "it has not arrived"
    await town.scene.house.wallets.settle_due()
    assert not await knows(ann, bob), "it has arrived only now"
    town.scene.clock.move(hours=24)
    assert (await ann.get(f"/v1/me/transfers/{arriving}"))["state"] == "arrived"
    assert await knows(ann, bob)


async def test_a_code_says_no_id_and_nothing_at_all_when_it_is_over(town: Town) -> None:
    ann, bob = await town.user(50_000), await town.user()
    codes = [
        await bob.post("/v1/me/personal_codes", {"kind": "dynamic", "amount_minor": 500}, status=201),
        await bob.post("/v1/me/personal_codes", {"kind": "static"}, status=201),
    ]
    for code in codes:
        found = await said(ann, "/v1/me/payees", {"payee": code["address"]})
        assert found.json()["payee"] == code["code"]
        assert bob.user_id not in found.text
    wish = {"payee": codes[0]["code"], "amount_minor": 500}
    asked = await said(ann, "/v1/me/transfer_confirmations", wish)
    assert asked.json()["strength"] == "none", "a code serves where an id does"
    assert (await said(ann, "/v1/me/transfers", wish)).status_code == 201
    town.scene.clock.move(seconds=61)
    await bob.post(f"/v1/me/personal_codes/{codes[1]['code']}/revoke")
    for code in codes:
        for path in ("/v1/me/payees", "/v1/me/transfer_confirmations"):
            body = {"payee": code["code"]} | ({} if path.endswith("payees") else {"amount_minor": 500})
            over = await said(ann, path, body)
            assert (over.status_code, over.json()["code"]) == (404, "wallets.no_such_code"), path


@pytest.mark.parametrize(
    "payee", ["http://[/x", "//[", "http://℀.example/x", "/\x00", "usr_\x00", "\u202e/x"]
)
async def test_what_is_no_address_at_all_is_refused_and_no_accident(town: Town, payee: str) -> None:
    ann = await town.user(1_000)
    for path in ("/v1/me/payees", "/v1/me/transfers", "/v1/me/transfer_confirmations"):
        body = {"payee": payee} | ({} if path.endswith("payees") else {"amount_minor": 1})
        assert 400 <= (await said(ann, path, body)).status_code < 500, path
