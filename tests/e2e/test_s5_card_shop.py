"""What is left of a card after it was paid with, saved, refused and charged again? Nothing but its ends, outside of the vault."""

import base64
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
import pytest_asyncio

from tael.app.supervisor import DatabaseUrls
from tael.foundation.telemetry import set_up_logging
from tael.testing.databases import fresh_database
from tests.e2e.card_shop import CHANNEL, CONSENT, DECLINED, GOOD, Shop, running_shop
from tests.e2e.places import a_store, a_terminal

CODE = "7371"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Everything that is logged, in a file."""
    file = tmp_path / "everything.log"
    set_up_logging("debug", "json", file=file)
    yield file
    for handler in logging.getLogger().handlers:
        handler.close()
    set_up_logging("error", "json")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mall(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One for all tests that need no other, started once for the file."""
    async with (
        fresh_database(server) as urls,
        running_shop(urls, tmp_path_factory.mktemp("mall")) as running,
    ):
        yield running


@pytest.fixture
async def shop(mall: Shop) -> Shop:
    """There, with a merchant of this test's own."""
    merchant = await mall.platform.new_merchant()
    return msgspec.structs.replace(mall, platform=msgspec.structs.replace(mall.platform, merchant=merchant))


@pytest.fixture
async def own_shop(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Shop]:
    """A platform and a vault in which nothing has happened yet."""
    async with running_shop(urls, tmp_path) as running:
        yield running


async def test_s5_after_everything_no_number_and_no_code_is_anywhere(
    own_shop: Shop, urls: DatabaseUrls, log: Path, tmp_path: Path
) -> None:
    shop = own_shop
    amex = "378282246310005"
    paid = await shop.pay(card_token=await shop.token(amex, security_code=CODE))
    assert paid.body["state"] == "succeeded", paid.raw
    assert (await shop.pay(card_token=await shop.token(DECLINED))).body["state"] == "failed"
    method = await shop.saved(GOOD)
    mandate = await shop.mandate(method)
    again = await shop.pay(payment_method=method, mandate=mandate, off_session=True)
    assert again.body["state"] == "succeeded", again.raw
    wrong = {"ticket": shop.vault.ticket(), "number": amex[:-1] + "6", "exp_month": 12, "exp_year": 2034}
    async with shop.vault.session.post(f"{shop.vault.url}/v1/tokens", json=wrong) as response:
        refusal = await response.read()
        assert response.status == 400
    payment = await shop.merchant.create_payment()
    page, ours = f"{shop.platform.public_url}/pay/{payment['id']}/card", {"Sec-Fetch-Site": "same-origin"}
    for field in ("card_token", "saved"):  # a browser that was led astray: a number is no token
        async with shop.platform.session.post(page, data={field: GOOD}, headers=ours) as response:
            refusal += await response.read()
            assert response.status == 400
    await shop.platform.house.channels.write_notes()
    planted = [amex, DECLINED, GOOD, amex[:-1] + "6", CODE]
    dump = await everything_in(urls)
    assert b"/v1/payment_intents" in dump["channels.exchanges"]
    places = dump | {"refusal": refusal, "answers": paid.raw + again.raw} | files_in(tmp_path)
    assert str(log) in places
    for number in planted[:4]:
        disguises = (number.encode(), base64.b64encode(number.encode()), number.encode().hex().encode())
        assert [
            place for place, content in places.items() if any(each in content for each in disguises)
        ] == []
    # Four digits may stand in any number of ours, so the code is looked for as a word of its own.
    assert [place for place, content in places.items() if f'"{CODE}"'.encode() in content] == []
    assert b"378282\t0005" in dump["vault.tokens"]


def files_in(home: Path) -> dict[str, bytes]:
    """Every file of the platform and the vault: logs, keys. Not the simulator's, which is not ours."""
    return {
        str(file): file.read_bytes()
        for file in home.rglob("*")
        if file.is_file() and CHANNEL not in file.relative_to(home).parts
    }


async def everything_in(urls: DatabaseUrls) -> dict[str, bytes]:
    """Every table of the database, the vault's as well, as text."""
    found: dict[str, bytes] = {}
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        tables = await owner.execute(
            "select schemaname || '.' || tablename from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        for (table,) in await tables.fetchall():
            async with (
                owner.cursor() as cursor,
                cursor.copy(f"copy (select * from {table}) to stdout".encode()) as out,
            ):
                found[str(table)] = b"".join([bytes(part) async for part in out])
    return found


async def test_a_card_of_another_merchant_is_no_card_at_all(shop: Shop) -> None:
    token = await shop.token()
    other = await shop.platform.new_merchant()
    payment = await other.create_payment(1280)
    reply = await other.post(
        f"/v1/payments/{payment['id']}/attempts", {"method": "card", "product": "card", "card_token": token}
    )
    assert (reply.status, reply.body["code"]) == (404, "customers.no_such_payment_method")
    method = await shop.saved()
    assert (await other.get(f"/v1/payment_methods/{method}")).status == 404
    assert (await other.post(f"/v1/payment_methods/{method}/detach", {})).status == 404
    customer = (await other.post("/v1/customers", {})).body["id"]
    wanted = {"customer": customer, "card_token": token, "consent": CONSENT}
    assert (await other.post("/v1/payment_methods", wanted)).status == 404


async def test_a_card_of_another_merchant_pays_at_no_terminal(shop: Shop) -> None:
    other = await shop.platform.new_merchant()
    wanted = {
        "amount_minor": 1280,
        "currency": "CNY",
        "reference": "till-1",
        "description": "Two cups of tea",
        "card": {"token": await shop.token()},
    }
    terminal = await a_terminal(other, await a_store(other))
    reply = await other.post(f"/v1/terminals/{terminal}/charges", wanted)
    assert (reply.status, reply.body["code"]) == (404, "customers.no_such_payment_method")
    assert (await other.get("/v1/payments")).body["items"] == []
    own = await a_terminal(shop.merchant, await a_store(shop.merchant))
    assert (await shop.merchant.post(f"/v1/terminals/{own}/charges", wanted)).status == 201


async def test_nobody_is_charged_while_away_without_a_mandate_that_holds(shop: Shop) -> None:
    method = await shop.saved()
    monthly = await shop.mandate(method, most_per_period_minor=3000, period="month")
    codes = []
    for amount, means in (
        (1280, {}),
        (2001, {"mandate": monthly}),
        (2000, {"mandate": monthly}),
        (1280, {"mandate": monthly}),
        (1000, {"mandate": monthly}),
    ):
        reply = await shop.pay(amount_minor=amount, payment_method=method, off_session=True, **means)
        codes.append(reply.body.get("code") or reply.body["state"])
    assert codes == [
        "customers.mandate_needed",
        "customers.mandate_exceeded",
        "succeeded",
        "customers.mandate_exceeded",
        "succeeded",
    ]
    once = await shop.mandate(method)
    revoked = await shop.merchant.post(f"/v1/mandates/{once}/revoke", {"by": "payer"})
    assert revoked.body["revoked_by"] == "payer"
    reply = await shop.pay(payment_method=method, mandate=once, off_session=True)
    assert (reply.status, reply.body["code"]) == (402, "customers.mandate_exceeded")


async def test_what_the_vault_does_not_send_ends_at_once_and_charges_nobody(own_shop: Shop) -> None:
    token, platform = await own_shop.token(), own_shop.platform
    await own_shop.vault.vault.disallow(CHANNEL, platform.simulator.url, actor="operator:test")
    reply = await own_shop.pay(card_token=token)
    assert reply.body["state"] == "failed", reply.raw
    assert (await platform.simulator.control.summary()).orders == 0


async def test_a_detached_card_is_forgotten_and_its_mandates_end(own_shop: Shop) -> None:
    shop = own_shop
    method = await shop.saved()
    mandate = await shop.mandate(method)
    assert (await shop.pay(payment_method=method)).body["state"] == "succeeded"
    assert (await shop.merchant.post(f"/v1/payment_methods/{method}/detach", {})).body["detached_at"]
    assert (await shop.merchant.get(f"/v1/mandates/{mandate}")).body["revoked_at"]
    reply = await shop.pay(payment_method=method)
    assert (reply.status, reply.body["code"]) == (409, "customers.method_detached")
    assert (await shop.vault.vault.state()).cards == 0


async def test_saving_a_card_twice_under_one_key_saves_it_once(shop: Shop) -> None:
    customer = (
        await shop.merchant.post("/v1/customers", {"reference": "c-1", "email": "ann@example.com"})
    ).body
    assert customer["email"] == "a***@example.com"
    wanted = {"customer": customer["id"], "card_token": await shop.token(), "consent": CONSENT}
    replies = [await shop.merchant.post("/v1/payment_methods", wanted, key="save-1") for _ in range(2)]
    assert replies[0].raw == replies[1].raw
    methods = (await shop.merchant.get("/v1/payment_methods", customer=customer["id"])).body["items"]
    assert [each["id"] for each in methods] == [replies[0].body["id"]]
    assert "tok_" not in str(methods)
    again = await shop.merchant.post("/v1/customers", {"reference": "c-1"})
    assert again.body["code"] == "customers.customer_exists"


async def test_card_fields_are_opened_for_one_page_alone(shop: Shop) -> None:
    made = await shop.merchant.post("/v1/card_fields", {"origin": "https://shop.example"})
    assert made.status == 201, made.raw
    async with shop.vault.session.get(made.body["url"]) as response:
        assert response.status == 200
        assert "frame-ancestors https://shop.example" in response.headers["content-security-policy"]
    for wrong in ({}, {"origin": "http://shop.example"}, {"origin": "https://a.example 'unsafe-inline'"}):
        assert (await shop.merchant.post("/v1/card_fields", wrong)).status == 400
