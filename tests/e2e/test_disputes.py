"""Does a payer's dispute run from the channel to the merchant's answer, and does the money follow to the fen?"""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tael.app.supervisor import DatabaseUrls
from tael.channels.model import ExchangeFilter
from tael.foundation.clock import monotonic_seconds
from tael.foundation.db import Query
from tael.payments import postings
from tael.simulators.base.faults import Fault
from tael.testing.books import faults_in_books, receivable_minor
from tael.testing.databases import fresh_database
from tael.testing.platform import MerchantClient, Platform, Reply, running_platform

HKD, AMOUNT = "HKD", 50_000
CHANNEL = "stripe"
PDF, PNG = b"%PDF-1.7 one blue teapot", b"\x89PNG\r\n\x1a\n one blue teapot"
KEPT_FILES = Query("kept_files", b"select content from disputes.files")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bank(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A running platform with a channel for cards, started once for the file."""
    folder: Path = tmp_path_factory.mktemp("bank")
    async with (
        fresh_database(server) as urls,
        running_platform(urls, folder, channels=(CHANNEL,)) as running,
    ):
        yield running


async def paid(shop: MerchantClient) -> Any:
    """A payment by card, captured."""
    payment = await shop.create_payment(AMOUNT, currency=HKD)
    wish = {"method": "card", "product": "card", "card_token": "pm_card_visa"}
    reply = await shop.post(f"/v1/payments/{payment['id']}/attempts", wish)
    assert reply.status in (201, 202), reply.raw
    return await shop.payment_once(payment["id"], "captured")


async def disputed(bank: Platform, shop: MerchantClient, why: str = "fraudulent") -> tuple[Any, Any]:
    """A payment whose payer went to their bank, and the dispute that came of it."""
    payment = await paid(shop)
    await bank.simulator.control.act("dispute", payment["attempts"][0]["id"], text=why)
    return payment, await dispute_once(shop, payment, "needs_response")


async def dispute_once(shop: MerchantClient, payment: Any, state: str, money: str | None = None) -> Any:
    """The dispute of a payment as soon as it is in a state."""
    deadline = monotonic_seconds() + 30
    while True:
        found = (await shop.get("/v1/disputes", payment_id=payment["id"])).body["items"]
        if found and found[0]["state"] == state and money in (None, found[0]["money"]):
            return found[0]
        assert monotonic_seconds() < deadline, found
        await asyncio.sleep(0.05)


async def on(bank: Platform, code: str) -> int:
    """What is on an account, on the debit side."""
    async with bank.house.database.transaction() as tx:
        lines = await bank.house.ledger.trial_balance(tx)
    return sum(line.balance_minor for line in lines if line.code == code)


def pending(shop: MerchantClient) -> str:
    return postings.merchant_pending(shop.merchant.id, HKD).code


async def act(shop: MerchantClient, dispute: Any, verb: str, **body: object) -> Reply:
    return await shop.post(f"/v1/disputes/{dispute['id']}/{verb}", body)


async def test_a_dispute_answered_in_time_and_won_gives_the_money_back(bank: Platform) -> None:
    shop = await bank.new_merchant()
    payment, dispute = await disputed(bank, shop)
    net = AMOUNT - payment["fee_minor"]
    assert (dispute["money"], dispute["charged_minor"]) == ("held", AMOUNT)
    assert await on(bank, pending(shop)) == 0, "all that the merchant was owed is withheld"
    assert await on(bank, "platform:recoverable") == AMOUNT - net
    refused = await shop.post(f"/v1/payments/{payment['id']}/refunds", {})
    assert refused.status == 402, "what is disputed cannot be refunded as well"

    early = await act(shop, dispute, "submit")
    assert (early.status, early.body["code"]) == (400, "disputes.evidence_malformed")
    unknown = await act(shop, dispute, "evidence", texts={"horoscope": "Leo"})
    assert (unknown.status, unknown.body["code"]) == (400, "disputes.evidence_malformed")
    saved = await act(shop, dispute, "evidence", texts={"uncategorized_text": "winning_evidence"})
    assert saved.status == 200, saved.raw
    detail = (await shop.get(f"/v1/disputes/{dispute['id']}")).body
    assert detail["evidence"] == {"uncategorized_text": "winning_evidence"}
    given = await act(shop, dispute, "submit")
    assert given.status == 200, given.raw
    assert given.body["answered_at"] is not None
    again = await act(shop, dispute, "submit")
    assert (again.status, again.body["code"]) == (409, "disputes.not_answerable")

    won = await dispute_once(shop, payment, "won", "free")
    assert won["ended_at"] is not None
    assert -await on(bank, pending(shop)) == net, "the merchant has all of it back"
    assert await on(bank, "platform:recoverable") == 0
    assert await faults_in_books(bank.house) == []


def as_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_files_go_to_the_bank_once_and_are_what_their_bytes_show(bank: Platform) -> None:
    shop, other = await bank.new_merchant(), await bank.new_merchant()
    payment, dispute = await disputed(bank, shop)
    at = f"/v1/disputes/{dispute['id']}"
    detail = (await shop.get(at)).body
    assert "receipt" in detail["evidence_file_fields"]

    async def add(content: bytes, field: str = "receipt", name: str = "收据.pdf") -> Reply:
        return await act(shop, dispute, "files", field=field, name=name, content=as_base64(content))

    page = await add(b"<html>receipt</html>")
    assert (page.status, page.body["code"]) == (400, "disputes.file_not_taken"), "whatever its name is"
    large = await add(PDF.ljust(4_000_001, b" "))
    assert (large.status, large.body["code"]) == (400, "disputes.file_too_large")
    nowhere = await add(PDF, field="horoscope")
    assert (nowhere.status, nowhere.body["code"]) == (400, "disputes.evidence_malformed")

    first = await add(PDF)
    assert (first.status, first.body["media_type"]) == (201, "application/pdf")
    second = await add(PNG, name="scan.png")
    parcel = await add(PDF, field="shipping_documentation", name="parcel.pdf")
    removed = await act(shop, dispute, f"files/{parcel.body['id']}/remove")
    assert removed.body["removed_at"] is not None
    detail = (await shop.get(at)).body
    assert [each["id"] for each in detail["files"]] == [second.body["id"]], "one for each field"
    async with bank.session.get(
        f"{bank.public_url}{at}/files/{first.body['id']}/content",
        headers={"Authorization": f"Bearer {shop.secret}"},
    ) as answer:
        assert await answer.read() == PDF
        assert answer.headers["x-content-type-options"] == "nosniff"
        disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment;")
    assert "%E6%94%B6%E6%8D%AE.pdf" in disposition
    stranger = await other.get(f"{at}/files/{first.body['id']}/content")
    assert (stranger.status, stranger.body["code"]) == (404, "disputes.no_such_dispute")

    given = await act(shop, dispute, "submit")
    assert (given.status, given.body["state"]) == (200, "under_review"), "a file alone is evidence, too"
    late = await add(PDF)
    assert (late.status, late.body["code"]) == (409, "disputes.not_answerable")
    await bank.house.channels.write_notes()
    async with bank.house.database.transaction() as tx:
        kept = await tx.tuples(KEPT_FILES)
        said = await bank.house.channels.exchanges(tx, ExchangeFilter(channel=CHANNEL, limit=200))
    assert not [content for (content,) in kept if b"teapot" in bytes(content)], "files are sealed"
    assert [each for each in said if "/v1/files" in each.said], "the bank has been handed the file"
    assert not [each for each in said if "teapot" in each.said + each.heard], "and no log has it"
    await bank.simulator.control.act("dispute_won", payment["attempts"][0]["id"])
    await dispute_once(shop, payment, "won", "free")


async def test_a_dispute_that_is_given_in_to_is_lost(bank: Platform) -> None:
    shop = await bank.new_merchant()
    other = await paid(shop)
    before = await receivable(bank)
    payment, dispute = await disputed(bank, shop)
    reply = await act(shop, dispute, "accept")
    assert reply.status == 200, reply.raw
    lost = await dispute_once(shop, payment, "accepted", "lost")
    assert lost["answer"] == "accept"
    assert await receivable(bank) == before, "the channel owes us no more than without this payment"
    owed = (AMOUNT - other["fee_minor"]) + (AMOUNT - payment["fee_minor"]) - AMOUNT
    assert -await on(bank, pending(shop)) == owed, "the merchant's balance covered it"
    for code in (f"channel:{CHANNEL}:disputed", f"merchant:{shop.merchant.id}:disputed"):
        assert await on(bank, code) == 0, "nothing hangs in the air"
    assert await faults_in_books(bank.house) == []


async def test_a_question_takes_no_money(bank: Platform) -> None:
    shop = await bank.new_merchant()
    payment, dispute = await disputed(bank, shop, "inquiry")
    assert (dispute["warning"], dispute["money"]) == (True, "free")
    assert -await on(bank, pending(shop)) == AMOUNT - payment["fee_minor"]
    await bank.simulator.control.act("dispute_won", payment["attempts"][0]["id"])
    await dispute_once(shop, payment, "closed")


async def test_payments_show_their_disputes_and_disputes_their_payment(bank: Platform) -> None:
    shop = await bank.new_merchant()
    calm, (payment, dispute) = await paid(shop), await disputed(bank, shop)
    listed = (await shop.get("/v1/payments", expand="disputes")).body["items"]
    assert {each["id"]: [one["id"] for one in each["disputes"]] for each in listed} == {
        calm["id"]: [],
        payment["id"]: [dispute["id"]],
    }
    at = f"/v1/payments/{payment['id']}"
    one, plain = (await shop.get(at, expand="attempts,disputes")).body, (await shop.get(at)).body
    assert ([each["id"] for each in one["disputes"]], "disputes" in plain) == ([dispute["id"]], False)
    for found in (
        (await shop.get("/v1/disputes", expand="payment")).body["items"][0],
        (await shop.get(f"/v1/disputes/{dispute['id']}", expand="payment")).body,
    ):
        assert found["payment"]["id"] == payment["id"]
        assert found["payment"]["disputed_minor"] == AMOUNT
    assert "payment" not in (await shop.get("/v1/disputes")).body["items"][0]
    refused = await shop.get("/v1/disputes", expand="secrets")
    assert (refused.status, refused.body["field"]) == (400, "expand")


async def test_another_merchants_dispute_is_not_found(bank: Platform) -> None:
    shop, other = await bank.new_merchant(), await bank.new_merchant()
    _, dispute = await disputed(bank, shop)
    assert (await other.get("/v1/disputes")).body["items"] == []
    assert (await other.get(f"/v1/disputes/{dispute['id']}")).status == 404
    for verb, body in (("evidence", {"texts": {"customer_name": "Li"}}), ("submit", {}), ("accept", {})):
        reply = await other.post(f"/v1/disputes/{dispute['id']}/{verb}", body)
        assert (reply.status, reply.body["code"]) == (404, "disputes.no_such_dispute")


async def receivable(bank: Platform) -> int:
    async with bank.house.database.transaction() as tx:
        return await receivable_minor(tx)


async def test_an_answer_whose_receipt_is_lost_is_asked_about_and_given_once(bank: Platform) -> None:
    shop = await bank.new_merchant()
    payment, dispute = await disputed(bank, shop)
    await act(shop, dispute, "evidence", texts={"uncategorized_text": "They came, they drank, they left."})
    await bank.simulator.control.switch_on(Fault.LOST_REPLY, calls=1, method="POST /v1/disputes/{id}")
    given = await act(shop, dispute, "submit")
    assert (given.status, given.body["answered_at"]) == (202, None)
    reviewed = await dispute_once(shop, payment, "under_review")
    assert (reviewed["answer"], reviewed["money"]) == ("evidence", "held")
    assert reviewed["answered_at"] is not None
    await bank.simulator.control.act("dispute_lost", payment["attempts"][0]["id"])
    await dispute_once(shop, payment, "lost", "lost")
    assert await faults_in_books(bank.house) == []


async def test_silence_loses_when_the_channel_says_so(bank: Platform) -> None:
    shop = await bank.new_merchant()
    payment, _ = await disputed(bank, shop)
    await bank.simulator.control.advance(seconds=8 * 86_400)
    lost = await dispute_once(shop, payment, "lost", "lost")
    assert lost["answer"] is None
