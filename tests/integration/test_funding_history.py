"""Do questions about cards, top-ups, withdrawals and payouts read the same little, however much has happened before?"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database, Query, Transaction
from tael.funding import store
from tael.funding.model import FundingFilter
from tael.payouts import store as payouts
from tael.payouts.model import PayoutFilter, PayoutState
from tael.testing.databases import fresh_database

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BUSY = "usr_0"
"""Who has a twentieth of all that has happened."""
_HISTORY = b"""
insert into funding.bank_cards (id, user_id, token, fingerprint, brand, issuer, first6, last4, phone_shown, state,
    check_id, created_at, bound_at)
select 'bcd_' || n, 'usr_' || n, 'tok_' || n, 'f' || n, 'visa', '', '622202', '0018', '', 'bound', 'chk_' || n,
    %(now)s, %(now)s
from generate_series(0, 4999) n;
insert into funding.top_ups (id, user_id, amount_minor, currency, method, payment_id, state, created_at, ended_at)
select 'top_' || lpad(n::text, 6, '0'), 'usr_' || case when n %% 20 = 0 then 0 else n %% 5000 end, 100, 'CNY',
    'alipay', 'pay_' || n, 'credited', %(now)s - (100000 - n) * interval '10 minutes', %(now)s
from generate_series(1, 100000) n;
insert into funding.top_up_refunds (id, top_up_id, user_id, amount_minor, currency, refund_id, state, strength,
    created_at, sent_at, ended_at)
select 'tpr_' || id, id, user_id, 100, 'CNY', 'rfd_' || id, 'succeeded', 'none', created_at, created_at, created_at
from funding.top_ups;
insert into funding.withdrawal_quotes (id, user_id, bank_card_id, amount_minor, fee_minor, currency, arrives_seconds,
    made_at, expires_at, used_by)
select 'wdq_' || id, user_id, 'bcd_0', 100, 0, 'CNY', 60, created_at, created_at, 'wdr_' || substr(id, 5)
from funding.top_ups;
insert into funding.withdrawals (id, user_id, bank_card_id, quote_id, payout_id, amount_minor, fee_minor, currency,
    state, strength, created_at, arrives_by, ended_at)
select 'wdr_' || substr(id, 5), user_id, 'bcd_0', 'wdq_' || id, 'pyo_' || substr(id, 5), 100, 0, 'CNY',
    'succeeded', 'none', created_at, created_at, created_at
from funding.top_ups;
insert into payouts.payouts (id, owner, purpose, reference, amount_minor, currency, account_kind, payee_sealed, shown,
    statement, funded_by, state, legs, paid_by, created_at, ended_at)
select payout_id, user_id, 'withdrawal', id, 100, 'CNY', 'card', '', '', '', 'a', 'succeeded', 1, 1, created_at,
    created_at
from funding.withdrawals;
insert into payouts.legs (payout_id, nth, channel, state, begun_at, ended_at)
select id, 1, case when id < 'pyo_000100' then 'bank' else 'unionpay' end, 'succeeded', created_at, created_at
from payouts.payouts;
analyze;
"""
_READ = Query(
    "rows_read",
    b"""select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint
    from pg_stat_xact_user_tables where schemaname in ('funding', 'payouts')""",
)
Ask = Callable[[Transaction], Awaitable[object]]
ENOUGH = 400
"""A page is fifty; some rows are looked at and not wanted."""


@pytest.fixture(scope="module")
async def grown(server: DatabaseUrls) -> AsyncIterator[Database]:
    """A hundred thousand of each, seen as the application."""
    async with fresh_database(server) as urls:
        async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
            for statement in _HISTORY.split(b";\n"):
                if statement.strip():
                    text = statement.replace(b"%(now)s", b"'2026-11-01Z'::timestamptz").replace(b"%%", b"%")
                    await owner.execute(text)
        opened = Database(urls.application, pool_size=1, role="tael_app")
        await opened.open()
        yield opened
        await opened.close()


QUESTIONS: dict[str, Ask] = {
    "what a busy user topped up today": lambda tx: store.topped_up_since(
        tx, BUSY, "CNY", NOW - timedelta(hours=20)
    ),
    "what a busy user withdrew today": lambda tx: store.withdrawn_since(
        tx, BUSY, "CNY", NOW - timedelta(hours=20)
    ),
    "what of a user is open": lambda tx: store.still_open(tx, "usr_77"),
    "what of a busy user is open": lambda tx: store.still_open(tx, BUSY),
    "a user's top-ups": lambda tx: store.list_top_ups(tx, "usr_77", before=None, limit=51),
    "a user's withdrawals": lambda tx: store.list_withdrawals(tx, "usr_77", before=None, limit=51),
    "a busy user's top-ups, far back": lambda tx: store.list_top_ups(tx, BUSY, before="top_001000", limit=51),
    "top-ups that wait": lambda tx: store.page_of_top_ups(tx, FundingFilter(state="waiting")),
    "top-ups of a user": lambda tx: store.page_of_top_ups(tx, FundingFilter(user_id="usr_77")),
    "top-ups of a user that wait": lambda tx: store.page_of_top_ups(
        tx, FundingFilter(user_id=BUSY, state="waiting")
    ),
    "withdrawals on their way": lambda tx: store.page_of_withdrawals(tx, FundingFilter(state="processing")),
    "withdrawals of a user": lambda tx: store.page_of_withdrawals(tx, FundingFilter(user_id="usr_77")),
    "refunds to send": lambda tx: store.refunds_to_send(tx, before=NOW, limit=100),
    "whether money is on its way to a card": lambda tx: store.is_awaited(tx, "bcd_0"),
    "cards of which the bank has not said": lambda tx: store.cards_checking(
        tx, after="", before=NOW, limit=100
    ),
    "payouts that are not known": lambda tx: payouts.page(tx, PayoutFilter(state=PayoutState.UNKNOWN)),
    "payouts of an owner": lambda tx: payouts.page(tx, PayoutFilter(owner="usr_77")),
    "payouts of a channel of long ago": lambda tx: payouts.page(tx, PayoutFilter(channel="bank", limit=20)),
    "payouts to begin": lambda tx: payouts.to_begin(tx, now=NOW, limit=32),
    "channels with work": lambda tx: payouts.channels_with_work(tx, now=NOW),
}


@pytest.mark.parametrize("question", list(QUESTIONS))
async def test_a_question_reads_little_of_a_long_history(grown: Database, question: str) -> None:
    """Asked so often that the database plans it once for all."""
    read: list[int] = []
    for _ in range(12):
        async with grown.transaction() as tx:
            before = await tx.tuples(_READ)
            await QUESTIONS[question](tx)
            after = await tx.tuples(_READ)
            read.append(after[0][0] - before[0][0])
    assert max(read) <= ENOUGH, read
