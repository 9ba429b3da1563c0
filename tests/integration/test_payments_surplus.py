"""What if no channel gives a surplus back? It is tried again later and later, then left to people, and never lost."""

from datetime import timedelta
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Query
from tael.payments.errors import NoSuchRefund, SurplusNotLeft
from tael.payments.model import Refund, RefundState
from tael.routing.api import Decisions
from tael.routing.model import Purpose
from tael.simulators.base.faults import Fault
from tael.testing.books import check_books, unsettled
from tests.integration.payments_scene import QuietHouse, quiet_house
from tests.integration.test_cli import tael

_SURPLUS = Query(
    "surplus",
    b"""select -b.balance_minor from ledger.accounts a join ledger.balances b on b.account_no = a.no
        where a.code = 'platform:surplus'""",
)
_LEFT = Query("left", b"select object_id from foundation.audit where action = 'payments.leave_surplus'")


async def test_a_surplus_that_is_refused_again_and_again_is_left_until_people_send_it(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        control, payments = quiet.control("alipay"), quiet.house.payments
        await control.switch_on(Fault.BALANCE_NOT_ENOUGH)
        payment = await quiet.paid_too_late("alipay")
        waits = []
        while (newest := (await _refunds(quiet, payment.id))[-1]).state is RefundState.PROCESSING:
            assert newest.next_inquiry_at is not None
            waits.append(newest.next_inquiry_at - newest.created_at)
            await quiet.janitor_comes(seconds=int(waits[-1].total_seconds()))
            await quiet.news_is_heard()
        hours = [wait / timedelta(hours=1) for wait in waits]
        assert hours == [0, 1, 4, 24, 72]
        assert {each.state for each in await _refunds(quiet, payment.id)} == {RefundState.FAILED}
        assert await _surplus_minor(quiet) == 1280, "the money is where people find it"
        [left] = await payments.surpluses_left()
        assert left.id == newest.id
        async with quiet.house.database.transaction() as tx:
            assert await tx.tuples(_LEFT) == [(left.id,)]

        await control.switch_off()
        where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path)}
        _, listed, _ = await tael("surpluses", "list", **where)
        assert left.id in listed
        _, sent, errors = await tael("surpluses", "send", left.id, **where)
        assert sent.endswith(" over alipay\n"), errors
        assert await payments.surpluses_left() == []
        with pytest.raises(SurplusNotLeft):
            await payments.return_surplus_again(left.id, actor="operator:test")
        await quiet.janitor_comes()
        assert (await _refunds(quiet, payment.id))[-1].id == sent.split()[0]
        assert (await _refunds(quiet, payment.id))[-1].state is RefundState.SUCCEEDED
        assert await _surplus_minor(quiet) == 0
        await check_books(quiet.house, await control.summary())


async def test_a_surplus_that_people_send_before_its_next_turn_is_not_sent_twice(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        await quiet.control("alipay").switch_on(Fault.BALANCE_NOT_ENOUGH)
        payment = await quiet.paid_too_late("alipay")
        await quiet.janitor_comes()
        [first] = await _refunds(quiet, payment.id)
        sent = await quiet.house.payments.return_surplus_again(first.id, actor="operator:test")
        await quiet.janitor_comes()
        await quiet.news_is_heard()
        states = [each.state for each in await _refunds(quiet, payment.id)]
        assert (states, sent.way) == ([RefundState.FAILED] * 2 + [RefundState.PROCESSING], first.way)
        assert not [line for line in await unsettled(quiet.house) if "not delivered" in line]
        with pytest.raises(NoSuchRefund):
            await quiet.house.payments.return_surplus_again("rfd_nobodys", actor="operator:test")


async def test_the_way_of_a_surplus_is_decided_and_kept_as_that_of_any_refund(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        payment = await quiet.paid_too_late("alipay")
        [refund] = await _refunds(quiet, payment.id)
        decided = await Decisions(quiet.house.database).about(refund.id)
        assert decided is not None
        assert (decided.purpose, decided.chosen) == (Purpose.REFUND, "alipay")


async def _refunds(quiet: QuietHouse, payment_id: str) -> list[Refund]:
    return (await quiet.house.payments.get(payment_id, merchant_id=None)).refunds


async def _surplus_minor(quiet: QuietHouse) -> int:
    async with quiet.house.database.transaction() as tx:
        return int((await tx.tuples(_SURPLUS))[0][0])
