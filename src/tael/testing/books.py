"""What must be true of the money, whatever happened? The checks that follow every test of reliability."""

from tael.app.house import House
from tael.foundation.db import Query, Transaction
from tael.simulators.alipay.control import Summary

_RECEIVABLE = Query(
    "receivable",
    b"""select coalesce(sum(b.balance_minor), 0) from ledger.accounts a
        join ledger.balances b on b.account_no = a.no where a.code like 'channel:%%:receivable'""",
)
_UNSETTLED = Query(
    "unsettled",
    b"""select id || ' is ' || state from payments.attempts where state = 'unknown'
        union all select id || ' is ' || state from payments.refunds where state in ('processing', 'unknown')""",
)


async def faults_in_books(house: House) -> list[str]:
    """What `tael ledger verify` finds."""
    async with house.database.transaction() as tx:
        await tx.freeze()
        return [finding.detail async for _, findings in house.ledger.verify(tx) for finding in findings]


async def unsettled(house: House) -> list[str]:
    """Attempts and refunds whose outcome is not known."""
    async with house.database.transaction() as tx:
        return [line for (line,) in await tx.tuples(_UNSETTLED)]


async def receivable_minor(tx: Transaction) -> int:
    """What the channels owe us by our books."""
    return int((await tx.tuples(_RECEIVABLE))[0][0])


async def check_books(house: House, channel: Summary) -> None:
    """Our books are right in themselves, and they agree to the fen with what the channel says it holds for us."""
    faults = await faults_in_books(house)
    assert not faults, faults
    assert channel.paid_more_than_once == 0, "a payer was charged twice for one order"
    assert channel.refunded_more_than_paid == 0, "more was given back than was paid"
    async with house.database.transaction() as tx:
        ours = await receivable_minor(tx)
    theirs = channel.paid_minor - channel.refunded_minor
    assert ours == theirs, f"our books say the channel owes {ours}, the channel says {theirs}"
