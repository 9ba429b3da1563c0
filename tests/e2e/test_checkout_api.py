"""Can a merchant's program make sessions, links and static codes, and do they end with their payments?"""

import asyncio
from typing import Any

import pytest

from tael.foundation.clock import monotonic_seconds
from tael.merchants.model import MerchantState
from tael.testing.books import check_books
from tael.testing.platform import MerchantClient, Platform

SESSION = {"amount_minor": 1280, "currency": "CNY", "reference": "order-1", "description": "Two cups of tea"}
LINK = {"description": "Tea tasting", "currency": "CNY", "amount_minor": 9_900}
CODE = {"name": "西湖店 West Lake"}


async def made(merchant: MerchantClient, path: str, body: object) -> Any:
    reply = await merchant.post(path, body)
    assert reply.status == 201, reply.raw
    return reply.body


async def session_once(merchant: MerchantClient, session_id: str, state: str) -> Any:
    deadline = monotonic_seconds() + 20
    while True:
        session = (await merchant.get(f"/v1/checkout_sessions/{session_id}")).body
        if session["state"] == state:
            return session
        assert monotonic_seconds() < deadline, f"{session_id} is {session['state']}, not {state}"
        await asyncio.sleep(0.05)


async def pay(shop: Platform, payment_id: str) -> None:
    attempt = await shop.merchant.start_attempt(payment_id)
    await shop.simulator.control.pay(attempt["action"]["code_url"])


async def visit(shop: Platform, path: str, form: dict[str, str]) -> tuple[int, str]:
    """What a browser that sends a form is led to."""
    async with shop.session.post(
        shop.public_url + path, data=form, allow_redirects=False, headers={"Origin": shop.public_url}
    ) as reply:
        return reply.status, reply.headers.get("Location", "")


async def test_a_session_is_complete_as_soon_as_its_payment_is_paid(shop: Platform) -> None:
    session = await made(
        shop.merchant, "/v1/checkout_sessions", SESSION | {"metadata": {"table": "7"}, "methods": ["alipay"]}
    )
    assert session["url"] == f"{shop.public_url}/checkout/{session['id']}"
    payment = await shop.merchant.payment(session["payment_id"])
    assert (payment["amount_minor"], payment["metadata"]) == (1280, {"table": "7"})
    assert payment["source"] == f"checkout_session:{session['id']}"
    await pay(shop, payment["id"])
    ended = await session_once(shop.merchant, session["id"], "complete")
    assert ended["ended_at"] is not None
    await check_books(shop.house, await shop.simulator.control.summary())


async def test_a_session_asked_for_twice_under_one_key_is_one(shop: Platform) -> None:
    replies = await asyncio.gather(
        *(shop.merchant.post("/v1/checkout_sessions", SESSION, key="twice") for _ in range(4))
    )
    assert {reply.body["id"] for reply in replies} == {replies[0].body["id"]}
    other = await shop.merchant.post("/v1/checkout_sessions", SESSION | {"amount_minor": 1}, key="twice")
    assert other.body["code"] == "idempotency_key_reused"


async def test_line_items_say_what_is_to_be_paid(shop: Platform) -> None:
    items = [{"name": "Longjing", "quantity": 2, "unit_minor": 640}, {"name": "Cup", "unit_minor": 500}]
    wanted = {key: value for key, value in SESSION.items() if key != "amount_minor"} | {"line_items": items}
    session = await made(shop.merchant, "/v1/checkout_sessions", wanted)
    assert session["amount_minor"] == 1780
    wrong = await shop.merchant.post("/v1/checkout_sessions", wanted | {"amount_minor": 1779})
    assert (wrong.status, wrong.body["code"], wrong.body["field"]) == (
        400,
        "checkout.malformed",
        "amount_minor",
    )
    nothing = {key: value for key, value in wanted.items() if key != "line_items"}
    assert (await shop.merchant.post("/v1/checkout_sessions", nothing)).body["field"] == "amount_minor"


async def test_an_ended_session_cannot_be_paid_any_more(shop: Platform) -> None:
    session = await made(shop.merchant, "/v1/checkout_sessions", SESSION)
    await shop.merchant.start_attempt(session["payment_id"])
    reply = await shop.merchant.post(f"/v1/checkout_sessions/{session['id']}/expire", {})
    assert (reply.status, reply.body["state"]) == (200, "expired")
    assert (await shop.merchant.payment(session["payment_id"]))["state"] == "canceled"
    again = await shop.merchant.post(f"/v1/checkout_sessions/{session['id']}/expire", {})
    assert again.body["state"] == "expired"


async def test_a_paid_session_is_not_ended(shop: Platform) -> None:
    session = await made(shop.merchant, "/v1/checkout_sessions", SESSION)
    await pay(shop, session["payment_id"])
    await shop.merchant.payment_once(session["payment_id"], "captured")
    reply = await shop.merchant.post(f"/v1/checkout_sessions/{session['id']}/expire", {})
    assert reply.body.get("code") == "payments.already_captured" or reply.body["state"] == "complete"


async def test_another_merchants_things_are_not_there(shop: Platform) -> None:
    stranger = await shop.new_merchant("Stranger")
    things: list[tuple[str, Any]] = [
        ("/v1/checkout_sessions", SESSION),
        ("/v1/payment_links", LINK),
        ("/v1/static_codes", CODE),
    ]
    for path, wanted in things:
        thing = await made(shop.merchant, path, wanted)
        assert (await stranger.get(f"{path}/{thing['id']}")).status == 404
        assert (await stranger.get(path)).body["items"] == []
        assert thing["id"] in [each["id"] for each in (await shop.merchant.get(path)).body["items"]]
    code = f"/v1/static_codes/{(await made(shop.merchant, '/v1/static_codes', CODE))['id']}"
    assert (await stranger.post(f"{code}/switch", {"active": False})).status == 404
    assert (await shop.merchant.get(code)).body["active"] is True


async def test_a_link_for_three_is_used_three_times_however_many_come_at_once(shop: Platform) -> None:
    link = await made(shop.merchant, "/v1/payment_links", LINK | {"limit_count": 3})
    path = link["url"].removeprefix(shop.public_url)
    ends = await asyncio.gather(*(visit(shop, path, {"visit": f"visit-of-payer-{n:02}"}) for n in range(12)))
    came = sorted({address for status, address in ends if status == 303})
    assert len(came) == 3
    assert sorted({status for status, _ in ends}) == [303, 409]
    assert (await shop.merchant.get(f"/v1/payment_links/{link['id']}")).body["open_count"] == 3
    sessions = [address.rpartition("/")[2] for address in came]
    paid = (await shop.merchant.get(f"/v1/checkout_sessions/{sessions[0]}")).body
    assert paid["origin"] == link["id"]
    await pay(shop, paid["payment_id"])
    await session_once(shop.merchant, sessions[0], "complete")
    await shop.merchant.post(f"/v1/checkout_sessions/{sessions[1]}/expire", {})
    await session_once(shop.merchant, sessions[1], "expired")
    counts = (await shop.merchant.get(f"/v1/payment_links/{link['id']}")).body
    assert (counts["open_count"], counts["paid_count"]) == (1, 1)
    assert (await visit(shop, path, {"visit": "one-more-who-comes"}))[0] == 303
    assert (await visit(shop, path, {"visit": "and-one-too-many-now"}))[0] == 409


async def test_one_visit_sent_twice_makes_one_session(shop: Platform) -> None:
    link = await made(shop.merchant, "/v1/payment_links", LINK)
    path = link["url"].removeprefix(shop.public_url)
    ends = await asyncio.gather(*(visit(shop, path, {"visit": "the-very-same-visit"}) for _ in range(5)))
    assert len(set(ends)) == 1
    assert (await shop.merchant.get(f"/v1/payment_links/{link['id']}")).body["open_count"] == 1


@pytest.mark.parametrize(("amount", "status"), [("9.99", 400), ("10.00", 303), ("50", 303), ("50.01", 400)])
async def test_who_opens_a_link_chooses_between_least_and_most(
    shop: Platform, amount: str, status: int
) -> None:
    wanted = {"description": "Donation", "currency": "CNY", "least_minor": 1_000, "most_minor": 5_000}
    link = await made(shop.merchant, "/v1/payment_links", wanted)
    path = link["url"].removeprefix(shop.public_url)
    assert (await visit(shop, path, {"visit": "somebody-who-gives", "amount": amount}))[0] == status


async def test_a_link_that_is_off_leads_nowhere(shop: Platform) -> None:
    link = await made(shop.merchant, "/v1/payment_links", LINK)
    path = link["url"].removeprefix(shop.public_url)
    reply = await shop.merchant.post(f"/v1/payment_links/{link['id']}/switch", {"active": False})
    assert reply.body["active"] is False
    assert (await visit(shop, path, {"visit": "visit-in-vain-now"}))[0] == 409


async def test_a_known_payers_day_is_counted_to_the_last_fen(shop: Platform) -> None:
    code = await made(shop.merchant, "/v1/static_codes", CODE)
    path = f"/v1/static_codes/{code['id']}/sessions"
    wanted = {"amount_minor": 12_500, "method": "alipay", "payer_id": "2088-of-this-test"}
    replies = await asyncio.gather(*(shop.merchant.post(path, wanted) for _ in range(7)))
    assert sorted(reply.status for reply in replies) == [201] * 4 + [402] * 3
    assert {r.body["code"] for r in replies if r.status == 402} == {"checkout.static_code_limit"}
    assert (await shop.merchant.post(path, wanted | {"amount_minor": 1})).status == 402
    other = await shop.merchant.post(path, wanted | {"payer_id": "another payer"})
    assert other.status == 201
    unpaid = next(reply.body for reply in replies if reply.status == 201)
    await shop.merchant.post(f"/v1/checkout_sessions/{unpaid['id']}/expire", {})
    await session_once(shop.merchant, unpaid["id"], "expired")
    assert (await shop.merchant.post(path, wanted | {"amount_minor": 12_501})).status == 402
    assert (await shop.merchant.post(path, wanted)).status == 201


async def test_nobody_pays_more_than_the_days_limit_at_once_by_a_static_code(shop: Platform) -> None:
    code = await made(shop.merchant, "/v1/static_codes", CODE)
    path = code["url"].removeprefix(shop.public_url)
    assert (await visit(shop, path, {"visit": "somebody-unknown-1", "amount": "500.01"}))[0] == 402
    status, address = await visit(shop, path, {"visit": "somebody-unknown-2", "amount": "500.00"})
    assert (status, address.partition("cs_")[0]) == (303, "/checkout/")


async def test_a_static_code_is_written_as_emvco_says_and_read_again(shop: Platform) -> None:
    code = await made(shop.merchant, "/v1/static_codes", CODE)
    said = {"merchant_name": "BLUE TEAPOT", "city": "HANGZHOU", "local_name": "蓝茶壶"}
    reply = await shop.merchant.get(f"/v1/static_codes/{code['id']}/emv", **said)
    assert reply.status == 200, reply.raw
    assert reply.body["says"]["initiation"] == "11"
    assert reply.body["says"]["local"] == {"00": "ZH", "01": "蓝茶壶"}
    dynamic = await shop.merchant.get(
        f"/v1/static_codes/{code['id']}/emv", **said, amount_minor=2372, tip_percent=10
    )
    says = dynamic.body["says"]
    assert (says["initiation"], says["amount"], says["tip_percent"]) == ("12", "23.72", "10")
    again = await shop.merchant.get("/v1/emv_codes", payload=dynamic.body["payload"])
    assert again.body == dynamic.body
    spoilt = await shop.merchant.get("/v1/emv_codes", payload=dynamic.body["payload"][:-4] + "0000")
    assert (spoilt.status, spoilt.body["code"]) == (400, "checkout.code_unreadable")


async def test_an_app_gets_parameters_for_the_wallets_kit(shop: Platform) -> None:
    wanted = SESSION | {"ui": "jsapi", "method": "alipay", "payer_id": "2088102146225135"}
    first = await shop.merchant.post("/v1/checkout_sessions", wanted, key="kit-1")
    assert first.status == 201, first.raw
    assert first.body["action"]["type"] == "invoke_wallet"
    again = await shop.merchant.post("/v1/checkout_sessions", wanted, key="kit-1")
    assert again.body == first.body
    looked = await shop.merchant.get(f"/v1/checkout_sessions/{first.body['id']}")
    assert looked.body["action"] == first.body["action"], "for whoever heard 202"
    app = await made(shop.merchant, "/v1/checkout_sessions", SESSION | {"ui": "app", "method": "alipay"})
    assert app["action"]["type"] == "invoke_wallet"
    lacking = await shop.merchant.post("/v1/checkout_sessions", SESSION | {"ui": "jsapi", "method": "alipay"})
    assert lacking.body["field"] == "payer_id"


async def test_nobody_pays_a_suspended_merchant_by_a_link_or_a_code_that_is_about(shop: Platform) -> None:
    other = await shop.new_merchant("Closed Kettle")
    link = await made(other, "/v1/payment_links", LINK)
    code = await made(other, "/v1/static_codes", CODE)
    await shop.house.merchants.set_state(other.merchant.id, MerchantState.SUSPENDED, actor="operator:test")
    form = {"visit": "to-a-suspended-one", "amount": "12.80"}
    for thing in (link, code):
        assert (await visit(shop, thing["url"].removeprefix(shop.public_url), form))[0] == 403
    async with shop.house.database.transaction() as tx:
        found = await tx.connection.execute(
            b"select count(*) from checkout.sessions where merchant_id = %(id)s", {"id": other.merchant.id}
        )
        spent = await tx.connection.execute(
            b"select count(*) from checkout.payer_days where amount_minor = 1280"
        )
        assert (await found.fetchone(), await spent.fetchone()) == ((0,), (0,))
