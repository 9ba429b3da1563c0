"""Do lists of some stores find what was paid there, and look only so far back for it?"""

from datetime import UTC, datetime, timedelta

import msgspec

from tael.app.house import House
from tael.foundation.ids import new_id
from tael.payments import store
from tael.payments.api import PaymentFilter, RefundFilter
from tael.payments.model import PaymentState, RefundState
from tael.payments.usecases.look_in_stores import InStores
from tael.payments.usecases.look_through import Lists, Reach
from tests.unit.test_payments_rules import attempt, payment
from tests.unit.test_payments_rules_of_refunds import refund

MADE = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)
HERE, THERE = "counter:sto_1", "counter:sto_2"
WANTED = PaymentFilter(merchant_id="mer_1", limit=2)


async def paid_in(house: House, *sources: str) -> tuple[list[str], list[str]]:
    """A payment after the other, an hour apart, each with a refund: their ids, and those of the refunds."""
    ids, refunds = [new_id("pay") for _ in sources], [new_id("rfd") for _ in sources]
    made = [
        payment(PaymentState.CREATED, id=id, source=source, created_at=MADE + timedelta(hours=hour))
        for hour, (id, source) in enumerate(zip(ids, sources, strict=True))
    ]
    tried = [attempt(id=new_id("att"), payment_id=id) for id in ids]
    given = [
        refund(id=id, payment_id=each.payment_id, attempt_id=each.id, created_at=MADE + timedelta(hours=hour))
        for hour, (id, each) in enumerate(zip(refunds, tried, strict=True))
    ]
    async with house.database.transaction() as tx:
        await store.insert_payments(tx, made)
        await store.insert_attempts(tx, tried)
        await store.insert_refunds(tx, given)
    return ids, refunds


def looking(house: House, *, back: int) -> InStores:
    return InStores(house.database, Lists(house.database, reach=Reach(along=back, scattered=back, few=back)))


async def test_what_was_paid_in_the_stores_is_found_page_by_page(house: House) -> None:
    ids, refunds = await paid_in(house, HERE, "api", HERE, THERE, HERE)
    lists = looking(house, back=100)
    first = await lists.payments(WANTED, [HERE])
    rest = await lists.payments(msgspec.structs.replace(WANTED, before=first.next), [HERE])
    assert [[each.id for each in page.items] for page in (first, rest)] == [[ids[4], ids[2]], [ids[0]]]
    assert (rest.next, rest.looked_back_to) == (None, None)

    wanted = RefundFilter(merchant_id="mer_1", limit=2)
    given = await lists.refunds(wanted, [HERE])
    older = await lists.refunds(msgspec.structs.replace(wanted, before=given.next), [HERE])
    assert [[each.id for each in page.items] for page in (given, older)] == [
        [refunds[4], refunds[2]],
        [refunds[0]],
    ]
    none = await lists.refunds(msgspec.structs.replace(wanted, state=RefundState.FAILED), [HERE])
    assert (none.items, none.next) == ([], None)


async def test_a_page_of_refunds_looks_so_far_back_and_the_next_goes_on_from_there(house: House) -> None:
    _, refunds = await paid_in(house, HERE, "api", "api", "api")
    lists, wanted = looking(house, back=2), RefundFilter(merchant_id="mer_1", limit=2)
    seen: list[tuple[list[str], datetime | None]] = []
    while True:
        page = await lists.refunds(wanted, [HERE])
        seen.append(([each.id for each in page.items], page.looked_back_to))
        if page.next is None:
            break
        wanted = msgspec.structs.replace(wanted, before=page.next)
    assert seen == [([], MADE + timedelta(hours=2)), ([refunds[0]], MADE), ([], None)]


async def test_a_page_of_payments_in_a_state_looks_so_far_back_in_each_store(house: House) -> None:
    ids, _ = await paid_in(house, HERE, HERE, THERE, HERE, HERE)
    async with house.database.transaction() as tx:
        oldest = (await store.find_payments(tx, [ids[0]]))[ids[0]]
        await store.update_payments(
            tx, [msgspec.structs.replace(oldest, state=PaymentState.EXPIRED, ended_at=MADE)]
        )
    lists = looking(house, back=4)
    wanted = msgspec.structs.replace(WANTED, state=PaymentState.EXPIRED)
    first = await lists.payments(wanted, [HERE, THERE])
    assert ([each.id for each in first.items], first.looked_back_to) == ([], MADE + timedelta(hours=3))
    then = await lists.payments(msgspec.structs.replace(wanted, before=first.next), [HERE, THERE])
    assert [each.id for each in then.items] == [ids[0]]
