"""What if a refund goes out as a payout, and the channel only tells by notice what became of it?"""

from datetime import timedelta
from pathlib import Path

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.payments.model import Payment, Refund, RefundState, RefundWay
from tael.payments.usecases.start_attempts import Means
from tael.testing.books import faults_in_books
from tests.integration.payments_scene import QuietHouse, quiet_house

PAID, BACK = 100_000, 30_000


async def test_a_payout_ends_its_refund_by_notice_and_undoes_it_when_it_comes_back(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """The payer's account was closed meanwhile. The bank says so unasked, and again when it is asked: it is believed."""
    async with quiet_house(urls, tmp_path, "first", "second", simulator="bank") as quiet:
        payment = await _paid_by_transfer(quiet)
        quiet.falls_ill("first")
        refund = await quiet.refund(payment, BACK)
        assert (refund.channel, refund.way) == ("second", RefundWay.PAY_OUT)
        await quiet.janitor_comes()
        sent = await quiet.control("second").payout(refund.id)
        assert (sent.amount_minor, sent.sent_count) == (BACK, 1)
        assert sent.payee.startswith("张三 62220200"), (
            "the payer's name and number, as the first bank told them"
        )

        assert (await quiet.refund_now(refund.id)).state is RefundState.UNKNOWN, "nobody has asked yet"

        await _carried_out(quiet, refund)
        assert (await quiet.refund_now(refund.id)).state is RefundState.SUCCEEDED
        assert await _refunded_minor(quiet, payment) == BACK

        await quiet.control("second").act_on_payout("payout_return", refund.id)
        await quiet.house.payments.fetch_notices("second")
        await quiet.janitor_comes()
        assert (await quiet.refund_now(refund.id)).state is RefundState.FAILED
        assert await _refunded_minor(quiet, payment) == 0, "the merchant can give it back once more"
        assert not await faults_in_books(quiet.house)


async def test_a_surplus_goes_to_the_payers_account_too_and_anew_when_it_comes_back(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "first", "second", simulator="bank") as quiet:
        payment = await _paid_by_transfer(quiet, too_much=BACK)
        quiet.falls_ill("first")
        await quiet.news_is_heard()
        [surplus] = await _refunds(quiet, payment)
        assert (surplus.channel, surplus.way, surplus.amount_minor) == ("second", RefundWay.PAY_OUT, BACK)
        await quiet.janitor_comes()
        await _carried_out(quiet, surplus)
        assert [each.state for each in await _refunds(quiet, payment)] == [RefundState.SUCCEEDED]

        await quiet.control("second").act_on_payout("payout_return", surplus.id)
        await quiet.house.payments.fetch_notices("second")
        await quiet.janitor_comes()
        await quiet.news_is_heard()
        failed, anew = await _refunds(quiet, payment)
        assert (failed.state, anew.state) == (RefundState.FAILED, RefundState.PROCESSING)
        assert anew.next_inquiry_at is not None
        assert anew.next_inquiry_at - anew.created_at == timedelta(hours=1)
        assert not await faults_in_books(quiet.house)


async def _carried_out(quiet: QuietHouse, refund: Refund) -> None:
    """The bank moves the money, and tells of it."""
    if (await quiet.control("second").payout(refund.id)).state != "done":
        await quiet.control("second").act_on_payout("payout_succeed", refund.id)
    await quiet.house.payments.fetch_notices("second")


async def _refunds(quiet: QuietHouse, payment: Payment) -> list[Refund]:
    return (await quiet.house.payments.get(payment.id, merchant_id=None)).refunds


async def _paid_by_transfer(quiet: QuietHouse, *, too_much: int = 0) -> Payment:
    payment = await quiet.payment(PAID)
    attempt = await quiet.started(payment, channel="first", means=Means(product=Product.TRANSFER))
    await quiet.janitor_comes()
    await quiet.control("first").act("receive", attempt.id, amount_minor=PAID + too_much)
    await quiet.house.payments.fetch_notices("first")
    story = await quiet.house.payments.get(payment.id, merchant_id=None)
    assert story.payment.captured_by == attempt.id
    return story.payment


async def _refunded_minor(quiet: QuietHouse, payment: Payment) -> int:
    return (await quiet.house.payments.get(payment.id, merchant_id=None)).payment.refunded_minor
