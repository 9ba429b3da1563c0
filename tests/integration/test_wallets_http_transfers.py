"""Over the API: does a repeat hear its answer whatever has become of the payee, and is nobody found out by trying?"""

from typing import Any

import httpx

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
    assert seen == ["wallets.name_check_failed"] * 10 + ["wallets.too_many_lookups"] * 2
    late = await said(ann, "/v1/me/transfers", {**wish, "name_check": name[0]})
    assert late.status_code == 429, "nor is it told that this one is right"
