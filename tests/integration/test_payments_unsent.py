"""Was it sent or not? Only whoever wrote it down a moment ago knows; for all others it may have been, and is asked about."""

from pathlib import Path

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.payments.model import AttemptState, RefundState
from tael.payments.usecases.start_attempts import Means, StartAttempt, Started
from tests.integration.payments_scene import quiet_house

_PAID_OUT = Query("paid_out", b"update payments.refunds set way = 'pay_out' where id = %(id)s")


async def test_an_attempt_that_a_dead_process_may_have_sent_has_not_failed_because_the_channel_is_busy(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """It was committed, perhaps sent, and its process died. The janitor finds no turn: that proves nothing."""
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        attempt = await quiet.started(await quiet.payment(), channel="alipay")
        async with quiet.all_turns_taken("alipay"):
            await quiet.janitor_comes()
        found = await quiet.attempt(attempt.id)
        assert (found.state, found.channel_code) == (AttemptState.UNKNOWN, "channels.busy")
        await quiet.janitor_comes()
        assert (await quiet.attempt(attempt.id)).state is AttemptState.WAITING


async def test_only_the_first_of_two_wishes_for_one_attempt_counts_as_its_maker(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        payment = await quiet.payment()
        wishes = [_wish(payment.id) for _ in range(2)]
        first, second = await quiet.start(*wishes)
        again = (await quiet.start(_wish(payment.id)))[0]
        assert isinstance(first, Started)
        assert isinstance(second, Started)
        assert isinstance(again, Started)
        assert [each.new for each in (first, second, again)] == [True, False, False]
        assert first.attempt.id == second.attempt.id == again.attempt.id == wishes[0].attempt_id


async def test_a_second_shopper_at_the_till_does_not_show_their_code_for_the_first_ones_attempt(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Whoever made the attempt has shown a code; a second wish with another code only asks what became of it."""
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        payment, control = await quiet.payment(), quiet.control("alipay")
        attempt = await quiet.started(
            payment, channel="alipay", means=_at_the_till(await control.shown_code())
        )
        another = _wish(payment.id, means=_at_the_till(await control.shown_code()))
        answer = await quiet.start_by_call(another)
        assert answer.status == 202
        assert (await control.summary()).orders == 0, "nothing was begun with the second code"
        assert (await quiet.attempt(attempt.id)).state is AttemptState.UNKNOWN


async def test_what_a_channel_offers_no_more_is_not_known_to_have_failed(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """A payout was committed and perhaps sent; then the channel lost its certificate, and with it all payouts."""
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        refund = await quiet.refund(await quiet.captured("alipay"))
        async with quiet.house.database.transaction() as tx:
            await tx.run(_PAID_OUT, id=refund.id)
        await quiet.loses_its_certificate()
        await quiet.janitor_comes()
        found = await quiet.refund_now(refund.id)
        assert (found.state, found.channel_code) == (RefundState.UNKNOWN, "channels.not_offered")
        pauses = []
        for _ in range(4):
            await quiet.janitor_comes()
            found = await quiet.refund_now(refund.id)
            assert found.state is RefundState.UNKNOWN
            assert found.next_inquiry_at is not None
            pauses.append((found.next_inquiry_at - quiet.clock.now()).total_seconds())
        assert pauses == sorted(pauses)
        assert pauses[-1] > pauses[0], "it is asked later and later"


def _wish(payment_id: str, means: Means | None = None) -> StartAttempt:
    return StartAttempt(
        payment_id=payment_id,
        merchant_id=None,
        attempt_id=new_id("att"),
        method="alipay",
        means=means or Means(),
    )


def _at_the_till(code: str) -> Means:
    return Means(product=Product.BARCODE, payer_code=code)
