"""Can a merchant do its work from Python? The typed client against a running platform, blocking and awaited."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tael.client import AsyncTael, StillWaiting, Tael, errors, types, webhooks
from tael.client.signing import signer
from tael.foundation.ids import new_id
from tael.testing.fault_proxy import FaultProxy, Mode
from tael.testing.patience import once, until
from tael.testing.platform import Platform
from tests.integration.webhook_scene import receiver


@pytest.fixture
async def tael(shop: Platform) -> AsyncIterator[AsyncTael]:
    """A client of a merchant that nothing has happened to yet."""
    merchant = await shop.new_merchant()
    async with AsyncTael(shop.public_url, merchant.secret) as client:
        yield client


async def bought(tael: AsyncTael, amount_minor: int = 1280, reference: str = "order-1") -> types.Payment:
    """A payment that was just made."""
    return await tael.payments.create(
        amount_minor=amount_minor, currency="CNY", reference=reference, description="Two cups of tea"
    )


async def test_a_payment_is_made_paid_waited_for_and_refunded_in_part(
    shop: Platform, tael: AsyncTael
) -> None:
    payment = await bought(tael)
    assert (payment.state, payment.amount_minor) == (types.PaymentState.CREATED, 1280)
    assert "alipay" in [each.method for each in await tael.payments.methods()]
    attempt = await tael.payments.attempt(payment.id, method="alipay", product="code")
    assert isinstance(attempt.action, types.ShowCode)
    with pytest.raises(StillWaiting):
        await tael.payments.wait(payment.id, seconds=0.3)

    paying = asyncio.create_task(tael.payments.wait(payment.id))
    await shop.simulator.control.pay(attempt.action.code_url)
    paid = await paying

    assert (paid.state, paid.captured_minor, paid.attempts[0].id) == ("captured", 1280, attempt.id)
    refund = await tael.refunds.create(payment.id, amount_minor=280, note="One cup was cold")
    ended = await once(lambda: tael.refunds.get(refund.id), lambda seen: seen.state == "succeeded")
    assert ended.amount_minor == 280
    assert [each.id async for each in tael.refunds.list(payment_id=payment.id)] == [refund.id]
    assert (await tael.payments.get(payment.id)).refunded_minor == 280


async def test_the_same_payment_can_be_taken_without_an_event_loop(shop: Platform) -> None:
    merchant = await shop.new_merchant()
    at_the_till: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def sell() -> tuple[types.PaymentDetail, types.Refund, list[str]]:
        with Tael(shop.public_url, merchant.secret) as tael:
            payment = tael.payments.create(
                amount_minor=700, currency="CNY", reference="order-7", description="Tea"
            )
            attempt = tael.payments.attempt(payment.id, method="alipay")
            assert isinstance(attempt.action, types.ShowCode)
            loop.call_soon_threadsafe(at_the_till.put_nowait, attempt.action.code_url)
            paid = tael.payments.wait(payment.id)
            refund = tael.refunds.create(paid.id)
            return paid, refund, [each.id for each in tael.payments.list(reference="order-7")]

    selling = asyncio.create_task(asyncio.to_thread(sell))
    await shop.simulator.control.pay(await at_the_till.get())
    paid, refund, listed = await selling

    assert (paid.state, refund.amount_minor, listed) == ("captured", 700, [paid.id])


async def test_lists_are_walked_page_by_page_without_gap_or_repeat(tael: AsyncTael) -> None:
    made = [(await bought(tael, reference=f"order-{number}")).id for number in range(7)]
    newest_first = sorted(made, reverse=True)

    assert sorted([each.id async for each in tael.payments.list(limit=3)], reverse=True) == newest_first
    page = await tael.payments.list(limit=3).page()
    assert (len(page.items), page.next_cursor is None) == (3, False)
    rest = [each.id async for each in tael.payments.list(limit=3, cursor=page.next_cursor)]
    assert sorted([*rest, *(each.id for each in page.items)]) == sorted(made)
    assert [each.id async for each in tael.payments.list(state="captured")] == []


async def test_refusals_are_raised_as_classes_of_their_codes(shop: Platform, tael: AsyncTael) -> None:
    with pytest.raises(errors.PaymentsNoSuchPayment) as missing:
        await tael.payments.get(new_id("pay"))
    assert isinstance(missing.value, errors.NotFound)
    assert missing.value.request_id
    with pytest.raises(errors.Malformed) as malformed:
        await bought(tael, amount_minor=-1)
    assert (malformed.value.status, malformed.value.field) == (400, "amount_minor")
    with pytest.raises(errors.PaymentsNotCaptured):
        await tael.refunds.create((await bought(tael)).id)
    reader = await tael.keys.create(name="Reader", preset="read_only")
    async with AsyncTael(shop.public_url, reader.secret or "") as reading:
        with pytest.raises(errors.Forbidden) as forbidden:
            await bought(reading)
    assert forbidden.value.problem["permission"] == "payments.write"
    async with AsyncTael(shop.public_url, "tael_k3vqm2x7ab_nobody") as nobody:
        with pytest.raises(errors.MerchantsKeyRefused):
            await nobody.merchant.get()


async def test_a_refund_that_is_too_large_says_what_can_still_be_refunded(shop: Platform) -> None:
    payment = await shop.captured_payment(500)

    async with AsyncTael(shop.public_url, shop.merchant.secret) as tael:
        with pytest.raises(errors.PaymentsRefundExceedsCaptured) as refused:
            await tael.refunds.create(payment["id"], amount_minor=501)

    assert (refused.value.field, refused.value.problem["refundable_minor"]) == ("amount_minor", 500)
    assert refused.value.hint


async def test_a_key_of_ones_own_makes_a_wish_once_also_after_a_crash(tael: AsyncTael) -> None:
    async def buy(amount_minor: int) -> types.Payment:
        return await tael.payments.create(
            amount_minor=amount_minor,
            currency="CNY",
            reference="order-9",
            description="Tea",
            idempotency_key="order-9-payment",
        )

    first = await buy(900)

    assert await buy(900) == first
    with pytest.raises(errors.IdempotencyKeyReused):
        await buy(901)


async def test_requests_are_signed_where_the_key_must_sign(shop: Platform, tael: AsyncTael) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key = await tael.keys.create(name="Signing shop")
    registered = await tael.keys.add_signing_key(key.prefix, algorithm="ed25519", public_key=public)
    await tael.keys.change(key.prefix, must_sign=True)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    mine = signer(registered.signing_keys[0].id, pem)

    async def unsigned_is_refused() -> bool:
        async with AsyncTael(shop.public_url, key.secret or "") as unsigned:
            try:
                await bought(unsigned)
            except errors.SignatureRefused:
                return True
        return False

    await until(unsigned_is_refused, "every process knows that the key must sign")
    async with AsyncTael(shop.public_url, key.secret or "", signer=mine) as signed:
        payment = await bought(signed)
        assert [each.id async for each in signed.payments.list(limit=1)] == [payment.id]
        assert [each async for each in signed.payments.list(metadata={"shop": "西湖/7 & co+"})] == []


async def test_events_are_heard_and_verified_where_the_client_asked_for_them(
    shop: Platform, tael: AsyncTael
) -> None:
    async with receiver() as heard:
        endpoint = await tael.webhook_endpoints.create(url=f"{heard.url}/hook", events=["payment.*"])
        payment = await bought(tael)
        attempt = await tael.payments.attempt(payment.id, method="alipay")
        assert isinstance(attempt.action, types.ShowCode)
        await shop.simulator.control.pay(attempt.action.code_url)
        secret = endpoint.secret or ""

        def captured_events() -> list[webhooks.Event]:
            events = [webhooks.verify(each.headers, each.body, secret=secret) for each in heard.heard]
            return [each for each in events if each.type == "payment.captured"]

        await until(captured_events)
        [captured] = captured_events()
        assert captured.object_as(types.Payment).captured_minor == 1280
        with pytest.raises(webhooks.NotFromTael):
            webhooks.verify(heard.heard[0].headers, heard.heard[0].body + b" ", secret=secret)
    stored = await tael.events.get(captured.id)
    assert stored.object_id == payment.id
    deliveries = [
        each.state async for each in tael.webhook_deliveries.list(endpoint.id, event_id=captured.id)
    ]
    assert len(deliveries) == 1


async def test_an_export_is_waited_for_with_its_progress_and_written_to_a_file(
    tael: AsyncTael, tmp_path: Path
) -> None:
    payment = await bought(tael)
    progress: list[types.Export] = []

    export = await tael.exports.create(kind="payments", columns=["id", "reference"])
    export = await tael.exports.wait(export.id, on_progress=progress.append)
    await tael.exports.download(export.id, tmp_path / "payments.csv")

    assert (export.state, export.rows_done, progress[-1].rows_total) == ("done", 1, 1)
    lines = (tmp_path / "payments.csv").read_text("utf-8-sig").splitlines()
    assert lines == ["id,reference", f"{payment.id},order-1"]


async def test_a_file_whose_way_breaks_half_way_is_fetched_whole(shop: Platform, tael: AsyncTael) -> None:
    await bought(tael)
    export = await tael.exports.wait((await tael.exports.create(kind="payments")).id)
    whole, through_the_wire = BytesIO(), BytesIO()
    await tael.exports.download(export.id, whole)
    merchant_key = (await tael.keys.create(name="Backup", preset="read_only")).secret or ""
    target = urlsplit(shop.public_url)

    async with (
        FaultProxy(target.hostname or "", target.port or 0) as wire,
        AsyncTael(wire.url, merchant_key) as far,
    ):
        wire.mode = Mode.TRUNCATED
        fetching = asyncio.create_task(far.exports.download(export.id, through_the_wire))
        await until(lambda: wire.seen[Mode.TRUNCATED] >= 1)
        wire.mode = Mode.PASS
        await fetching

    assert len(whole.getvalue()) > 200
    assert through_the_wire.getvalue() == whole.getvalue()
    with pytest.raises(errors.ExportsNoSuchExport):
        await tael.exports.download(new_id("exp"), whole)


async def test_an_offer_is_made_shown_before_paying_and_paused(tael: AsyncTael) -> None:
    now = datetime.now(UTC)
    offer = await tael.offers.create(
        name="Singles' Day",
        terms=types.Terms(
            currency="CNY",
            fixed_minor=80,
            needs_coupon=True,
            budget_minor=8_000,
            starts_at=now - timedelta(minutes=5),
            ends_at=now + timedelta(days=1),
        ),
    )
    [code] = (await tael.offers.create_coupons(offer.id, count=1)).codes

    payment = await bought(tael)
    price = await tael.payments.offers(payment.id, "alipay", coupon_code=[code])

    assert price.discount_minor == 80
    assert [each.code async for each in tael.offers.list_coupons(offer.id)] == [code]
    assert (await tael.offers.set_state(offer.id, state="paused")).state == types.OfferState.PAUSED


async def test_the_rest_of_a_merchants_day_is_typed_as_well(shop: Platform, tael: AsyncTael) -> None:
    session = await tael.checkout_sessions.create(
        line_items=[types.LineItem(name="Tea", quantity=2, unit_minor=640)],
        currency="CNY",
        reference="order-2",
        description="Two cups of tea",
    )
    assert (session.state, session.amount_minor) == ("open", 1280)
    assert (await tael.checkout_sessions.expire(session.id)).state == types.CheckoutState.EXPIRED
    link = await tael.payment_links.create(description="Tea", currency="CNY", amount_minor=100)
    assert (await tael.payment_links.switch(link.id, active=False)).active is False
    store = await tael.stores.create(name="West Lake", address="1 Nanshan Road", region="330106")
    terminal = await tael.terminals.create(store_id=store.id, serial="T-1", kind="till", name="Till 1")
    code = await tael.static_codes.create(name="Counter", store_id=store.id, terminal_id=terminal.id)
    assert code.url.startswith(shop.public_url)
    customer = await tael.customers.create(reference="regular-7", name="Lin")
    assert [each.id async for each in tael.customers.list(reference="regular-7")] == [customer.id]
    assert [each.id async for each in tael.disputes.list()] == []
    assert (await tael.merchant.get()).stores == 1
