"""What is due is found quickly, and what no channel can do any more is left to people: but only if nothing was ever sent."""

from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Query
from tael.payments import postings
from tael.payments.model import RefundState
from tests.integration.payments_scene import quiet_house

_BY_TIME = Query(
    "by_time",
    b"""select tablename from pg_indexes
        where schemaname = 'payments' and indexdef like '%%(next_inquiry_at)%%' order by tablename""",
)
_CANNOT = {
    "channels.not_offered": Query("cannot", b"update payments.refunds set way = 'pay_out' where id = %(id)s"),
    "channels.no_such_channel": Query(
        "is_gone", b"update payments.refunds set channel = 'gone', way = 'pay_out' where id = %(id)s"
    ),
}


@pytest.mark.parametrize("code", _CANNOT)
async def test_a_surplus_that_its_channel_cannot_give_back_was_surely_not_sent_the_first_time(
    urls: DatabaseUrls, tmp_path: Path, code: str
) -> None:
    """So it goes the way of all that is refused: it is tried again, and left to people in the end."""
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        payment = await quiet.paid_too_late("alipay")
        [refund] = (await quiet.house.payments.get(payment.id, merchant_id=None)).refunds
        await quiet.loses_its_certificate()
        async with quiet.house.database.transaction() as tx:
            await tx.run(_CANNOT[code], id=refund.id)
            await quiet.house.ledger.open_accounts(tx, postings.accounts_of_channel("gone", "CNY"))
        await quiet.janitor_comes()
        found = await quiet.refund_now(refund.id)
        assert (found.state, found.channel_code) == (RefundState.FAILED, code)
        await quiet.news_is_heard()
        assert len((await quiet.house.payments.get(payment.id, merchant_id=None)).refunds) == 2


async def test_which_channels_have_work_is_found_by_what_is_due_and_not_by_reading_everything(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Of all that was ever paid little is due, and that is asked for all the time."""
    async with quiet_house(urls, tmp_path) as quiet, quiet.house.database.transaction() as tx:
        assert await tx.tuples(_BY_TIME) == [("attempts",), ("refunds",)]
