"""To whom does money go back, if more than one has sent some? To whoever paid, or to nobody until people have asked."""

from pathlib import Path

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.payments.model import Attempt, Payment, Refund, RefundReason, RefundState
from tael.payments.usecases.payers import payee_of
from tael.payments.usecases.start_attempts import Means
from tael.testing.books import faults_in_books
from tests.integration.payments_scene import QuietHouse, quiet_house

PAID, A_LITTLE = 100_000, 1


async def test_a_refund_goes_to_whoever_paid_and_not_to_who_sent_a_little_afterwards(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """The little goes to neither: nobody but people can say whose it is."""
    async with quiet_house(urls, tmp_path, "bank", simulator="bank") as quiet:
        payment, attempt = await _to_be_paid(quiet)
        await _sends(quiet, attempt, "Zhang", PAID)
        before = await quiet.refund(payment, 300)
        await _sends(quiet, attempt, "Li", A_LITTLE)
        after = await quiet.refund(payment, 200)
        await quiet.news_is_heard()
        await quiet.janitor_comes()

        assert {_payee(quiet, await quiet.refund_now(each.id)) for each in (before, after)} == {"Zhang"}
        assert (await quiet.control("bank").order(attempt.id)).refunded_minor == 300 + 200
        [surplus] = [each for each in await _refunds(quiet, payment) if each.cause]
        assert (surplus.reason, surplus.amount_minor) == (RefundReason.OVERPAID, A_LITTLE)
        assert (surplus.state, _payee(quiet, surplus)) == (RefundState.FAILED, "")
        assert not await faults_in_books(quiet.house)


async def test_of_two_who_are_told_of_at_once_the_bank_is_asked_who_has_paid(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "bank", simulator="bank") as quiet:
        payment, attempt = await _to_be_paid(quiet)
        await quiet.control("bank").act("receive", attempt.id, amount_minor=A_LITTLE, text="Li")
        await _sends(quiet, attempt, "Zhang", PAID)
        await quiet.janitor_comes()
        assert _payee(quiet, await quiet.refund(payment, 300)) == "Zhang"
        next_look = (await quiet.attempt(attempt.id)).next_inquiry_at
        assert next_look is None or next_look > quiet.clock.now(), "it has been asked, once"


async def test_what_two_have_paid_together_goes_to_neither_by_itself(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "bank", simulator="bank") as quiet:
        payment, attempt = await _to_be_paid(quiet)
        await _sends(quiet, attempt, "Zhang", PAID - 300)
        assert (await quiet.attempt(attempt.id)).payer_sealed is not None
        await _sends(quiet, attempt, "Li", 300)
        story = await quiet.house.payments.get(payment.id, merchant_id=None)
        assert story.payment.captured_by == attempt.id

        refund = await quiet.refund(payment)
        await quiet.janitor_comes()
        assert (await quiet.refund_now(refund.id)).state is RefundState.FAILED
        assert (await quiet.control("bank").order(attempt.id)).refunded_minor == 0


async def test_a_refund_goes_to_who_it_was_made_for_whoever_sends_money_meanwhile(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Too little came until the time was over. Before it is sent back, another sends a little more: of that nobody knows."""
    async with quiet_house(urls, tmp_path, "bank", simulator="bank") as quiet:
        payment, attempt = await _to_be_paid(quiet)
        await _sends(quiet, attempt, "Zhang", 300)
        await quiet.janitor_comes(seconds=20 * 60)
        await quiet.news_is_heard()
        await _sends(quiet, attempt, "Li", A_LITTLE)
        await quiet.news_is_heard()
        await quiet.janitor_comes()

        [known, unknown] = [each for each in await _refunds(quiet, payment) if each.cause]
        assert (known.reason, _payee(quiet, known)) == (RefundReason.UNDERPAID, "Zhang")
        assert (unknown.state, _payee(quiet, unknown)) == (RefundState.FAILED, "")
        assert (await quiet.control("bank").order(attempt.id)).refunded_minor == 300


def _payee(quiet: QuietHouse, refund: Refund) -> str:
    """The name on the account that it goes to."""
    return payee_of(quiet.house.sealer, refund).rpartition("|")[2]


async def _to_be_paid(quiet: QuietHouse) -> tuple[Payment, Attempt]:
    payment = await quiet.payment(PAID)
    attempt = await quiet.started(payment, channel="bank", means=Means(product=Product.TRANSFER))
    await quiet.janitor_comes()
    return payment, attempt


async def _sends(quiet: QuietHouse, attempt: Attempt, who: str, minor: int) -> None:
    """Somebody transfers money, and the bank tells of it."""
    await quiet.control("bank").act("receive", attempt.id, amount_minor=minor, text=who)
    await quiet.house.payments.fetch_notices("bank")


async def _refunds(quiet: QuietHouse, payment: Payment) -> list[Refund]:
    return (await quiet.house.payments.get(payment.id, merchant_id=None)).refunds
