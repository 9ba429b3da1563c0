"""What a channel tells only when asked: does one notice that cannot be recorded hold up all that follow?"""

import asyncio
import contextlib
from pathlib import Path

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.ledger.api import AccountChange
from tael.ledger.model import Frozen
from tael.payments import postings
from tael.payments.model import Attempt, PaymentState
from tael.payments.usecases.start_attempts import Means
from tael.simulators.base.faults import Fault
from tests.integration.payments_scene import QuietHouse, quiet_house

A_PART = 300


async def test_a_notice_that_the_books_refuse_is_set_aside_and_what_follows_is_heard(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Nothing may be credited to the merchant for now. What has arrived is seen when the bank is asked, later."""
    async with quiet_house(urls, tmp_path, "bank", simulator="bank") as quiet:
        refused, heard = await _to_be_paid(quiet), await _to_be_paid(quiet)
        await _pending_of_the_merchant(quiet, Frozen.IN)
        await _sends(quiet, refused, 1280)
        await _sends(quiet, heard, A_PART)

        assert await quiet.house.payments.fetch_notices("bank") == 2
        assert await quiet.house.payments.fetch_notices("bank") == 0, "it is not told again"
        assert (await quiet.attempt(heard.id)).received_minor == A_PART
        async with quiet.house.database.transaction() as tx:
            [aside] = await quiet.house.channels.unclaimed(tx, channel="bank")
        assert aside.amount_minor == 1280

        await _pending_of_the_merchant(quiet, Frozen.NO)
        await quiet.janitor_comes()
        story = await quiet.house.payments.get(refused.payment_id, merchant_id=None)
        assert story.payment.state is PaymentState.CAPTURED


async def test_whoever_is_cut_short_while_fetching_leaves_the_feed_to_others(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "bank", simulator="bank") as quiet:
        attempt = await _to_be_paid(quiet)
        await _sends(quiet, attempt, 1280)
        await quiet.control("bank").switch_on(Fault.DELAY, delay_seconds=2)
        fetching = asyncio.create_task(quiet.house.payments.fetch_notices("bank"))
        await asyncio.sleep(0.2)
        fetching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await fetching
        await quiet.control("bank").switch_off()
        assert await quiet.house.payments.fetch_notices("bank") == 1


async def _to_be_paid(quiet: QuietHouse) -> Attempt:
    attempt = await quiet.started(
        await quiet.payment(), channel="bank", means=Means(product=Product.TRANSFER)
    )
    await quiet.janitor_comes()
    return attempt


async def _sends(quiet: QuietHouse, attempt: Attempt, minor: int) -> None:
    await quiet.control("bank").act("receive", attempt.id, amount_minor=minor)


async def _pending_of_the_merchant(quiet: QuietHouse, frozen: Frozen) -> None:
    account = postings.merchant_pending(quiet.merchant_id, "CNY")
    async with quiet.house.database.transaction() as tx:
        await quiet.house.ledger.open_accounts(tx, [account])
        change = AccountChange(code=account.code, currency=account.currency, frozen=frozen)
        await quiet.house.ledger.change_accounts(tx, [change])
