"""Do lists and search find exactly what is asked for, page by page, and nothing of another merchant's?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tael.app.house import House
from tael.foundation.ids import new_id
from tael.payments import store
from tael.payments.api import PaymentFilter, Sought
from tael.payments.model import AttemptState, PaymentState
from tael.payments.usecases.look_through import Lists, Reach
from tests.unit.test_payments_rules import attempt, payment

MADE = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)


async def three(house: House) -> list[str]:
    """Three payments of one merchant, an hour apart, and one of another: their ids, the oldest first."""
    ids = [new_id("pay") for _ in range(4)]
    more: list[dict[str, Any]] = [
        {"reference": "tea-1", "amount_minor": 1280, "metadata": {"shop": "north", "table": "7"}},
        {"reference": "tea-22", "amount_minor": 500, "source": "payment_link:lnk_1"},
        {"reference": "rice-1", "amount_minor": 99_000, "metadata": {"shop": "south"}},
        {"reference": "tea-1", "merchant_id": "mer_2", "metadata": {"shop": "north"}},
    ]
    made = [
        payment(PaymentState.CREATED, id=id, created_at=MADE + timedelta(hours=hour), **particulars)
        for hour, (id, particulars) in enumerate(zip(ids, more, strict=True))
    ]
    card = attempt(AttemptState.WAITING, id=new_id("att"), payment_id=ids[1], method="card", channel="cards")
    async with house.database.transaction() as tx:
        await store.insert_payments(tx, made)
        await store.insert_attempts(tx, [card])
        await store.update_payments(
            tx, [msgspec.structs.replace(made[1], method=card.method, channel=card.channel)]
        )
    return ids


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [2, 1, 0]),
    ({"reference": "tea-1"}, [0]),
    ({"amount_from_minor": 500, "amount_to_minor": 500}, [1]),
    ({"amount_from_minor": 501}, [2, 0]),
    ({"amount_to_minor": 1280}, [1, 0]),
    ({"method": "card"}, [1]),
    ({"channel": "cards"}, [1]),
    ({"channel": "elsewhere"}, []),
    ({"source": "payment_link:lnk_1"}, [1]),
    ({"source": "api"}, [2, 0]),
    ({"metadata": {"shop": "north"}}, [0]),
    ({"metadata": {"shop": "north", "table": "8"}}, []),
    ({"created_from": MADE + timedelta(hours=1)}, [2, 1]),
    ({"created_before": MADE + timedelta(hours=1)}, [0]),
    ({"state": PaymentState.CREATED}, [2, 1, 0]),
    ({"state": PaymentState.CAPTURED}, []),
    ({"ended_from": MADE}, []),
]


async def test_each_filter_finds_what_it_says(house: House) -> None:
    ids = await three(house)
    for wanted, places in FILTERS:
        found = await house.payments.lists.payments(PaymentFilter(merchant_id="mer_1", **wanted))
        assert [each.id for each in found] == [ids[place] for place in places], wanted
        counted = await house.payments.lists.count_payments(PaymentFilter(merchant_id="mer_1", **wanted))
        assert counted == len(places), wanted


async def test_pages_follow_one_another_without_gap_or_repeat(house: House) -> None:
    ids = await three(house)
    seen: list[str] = []
    before: str | None = None
    while True:
        page = await house.payments.lists.payments(PaymentFilter(merchant_id="mer_1", before=before, limit=1))
        if not page:
            break
        seen.append(page[0].id)
        before = page[0].id
    assert seen == [ids[2], ids[1], ids[0]]


async def test_a_page_looks_so_far_back_and_the_next_goes_on_from_there(house: House) -> None:
    """What is few is found wherever it lies; of what is not, the page says how far it has looked."""
    ids = await three(house)
    lists = Lists(house.database, reach=Reach(along=1, scattered=1, few=1))

    south = await lists.page(PaymentFilter(merchant_id="mer_1", metadata={"shop": "south"}))
    north = await lists.page(PaymentFilter(merchant_id="mer_1", metadata={"shop": "north"}))
    assert [each.id for page in (south, north) for each in page.items] == [ids[2], ids[0]]
    assert (south.next, north.next) == (None, None)

    cheap = PaymentFilter(merchant_id="mer_1", amount_to_minor=1280, state=PaymentState.CREATED, limit=2)
    seen: list[tuple[list[str], datetime | None]] = []
    while True:
        page = await lists.page(cheap)
        seen.append(([each.id for each in page.items], page.looked_back_to))
        if page.next is None:
            break
        cheap = msgspec.structs.replace(cheap, before=page.next)
    assert seen == [
        ([], MADE + timedelta(hours=2)),
        ([ids[1]], MADE + timedelta(hours=1)),
        ([ids[0]], MADE),
        ([], None),
    ]
    assert [each.id for each in await lists.payments(msgspec.structs.replace(cheap, before=None))] == [
        ids[1],
        ids[0],
    ]


@pytest.mark.parametrize(
    ("text", "amounts", "places"),
    [
        ("tea-1", (), [0]),
        ("tea", (), [1, 0]),
        ("north", (), [0]),
        ("5.00", (500, 5000), [1]),
        ("nor", (), []),
        ('n" || "', (), []),
    ],
)
async def test_search_finds_by_number_amount_and_metadata(
    house: House, text: str, amounts: tuple[int, ...], places: list[int]
) -> None:
    ids = await three(house)
    sought = Sought(merchant_id="mer_1", text=text, amounts_minor=amounts)
    assert [each.id for each in await house.payments.lists.find_payments(sought)] == [
        ids[place] for place in places
    ]


async def test_search_by_id_finds_only_ones_own(house: House) -> None:
    ids = await three(house)
    for id, merchant_id, found in ((ids[3], "mer_1", 0), (ids[3], "mer_2", 1), (ids[0], "mer_1", 1)):
        sought = Sought(merchant_id=merchant_id, text=id)
        assert len(await house.payments.lists.find_payments(sought)) == found
