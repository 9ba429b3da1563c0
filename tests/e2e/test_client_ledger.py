"""Can the ledger be used from Python as it is meant to be? Typed calls, repeated by themselves, over real HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.client import AsyncLedger, Ledger, Refused, Unreachable
from tael.client.ledger import types as ledger
from tael.testing.databases import fresh_database
from tael.testing.fault_proxy import FaultProxy, Mode
from tael.testing.patience import until
from tests.e2e.ledger_desk import Desk, running_ledger


class Shop:
    """A shop and its bank with accounts of their own, so that all tests can share one ledger."""

    def __init__(self, tael: AsyncLedger, name: str) -> None:
        self.tael = tael
        self.bank, self.pending = f"{name}:bank", f"{name}:pending"

    @property
    def accounts(self) -> list[ledger.OpenAccount]:
        """As they are opened: what the shop is owed never falls below zero."""
        asset, liability = ledger.AccountClass.ASSET, ledger.AccountClass.LIABILITY
        return [
            ledger.OpenAccount(code=self.bank, currency="CNY", account_class=asset),
            ledger.OpenAccount(code=self.pending, currency="CNY", account_class=liability, floor_minor=0),
        ]

    def entry(self, id: str, minor: int, **more: Any) -> ledger.Entry:
        """The shop earns; with a negative amount it takes its money out."""
        postings = [
            ledger.Posting(code=self.bank, currency="CNY", amount_minor=minor),
            ledger.Posting(code=self.pending, currency="CNY", amount_minor=-minor),
        ]
        wanted = {"id": self.id(id), "kind": "sale", "reference": self.pending, "postings": postings} | more
        return ledger.Entry(**wanted)

    def id(self, id: str) -> str:
        """An id that no other shop has."""
        return f"{self.pending}:{id}"

    async def post(self, id: str, minor: int, **more: Any) -> str:
        """Book such an entry; gives its id."""
        return (await self.tael.entries.post(self.entry(id, minor, **more))).id


@pytest.fixture(scope="module")
async def desk(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("ledger")
    async with fresh_database(server) as urls, running_ledger(urls, folder) as desk:
        yield desk


@pytest.fixture
async def shop(desk: Desk, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    async with AsyncLedger(desk.url, desk.secret or "") as client:
        shop = Shop(client, request.node.name[:60])
        opened = await client.accounts.open(accounts=shop.accounts)
        assert [result.status for result in opened.results] == [200, 200]
        yield shop


async def test_an_entry_that_is_posted_twice_is_booked_once_with_one_receipt(shop: Shop) -> None:
    first = await shop.tael.entries.post(shop.entry("e1", 1280))

    assert await shop.tael.entries.post(shop.entry("e1", 1280)) == first
    stands = await shop.tael.entries.get(first.id)
    assert (stands.no, stands.phase) == (first.no, ledger.Phase.SINGLE)
    assert [line.balance_after_minor for line in stands.postings] == [1280, -1280]
    pending = await shop.tael.accounts.get(shop.pending, "CNY")
    assert (pending.balance_minor, pending.normal_balance_minor, pending.available_minor) == (
        -1280,
        1280,
        1280,
    )


async def test_a_refusal_is_raised_with_its_code_its_field_and_what_is_missing(shop: Shop) -> None:
    with pytest.raises(Refused, match=r"ledger\.limit_passed") as refused:
        await shop.post("e1", -5)

    assert (refused.value.status, refused.value.field) == (402, "postings")
    assert refused.value.problem["missing_minor"] == 5


async def test_a_hold_is_placed_posted_in_part_and_its_rest_released(shop: Shop) -> None:
    await shop.post("e1", 1000)
    held = await shop.post("h1", -800, phase=ledger.Phase.PENDING)
    [line] = [each async for each in shop.tael.accounts.holds(shop.pending, "CNY")]
    assert (line.entry_id, line.amount_minor) == (held, 800)

    await shop.post("h1:post", -300, phase=ledger.Phase.POST, ends=held)

    pending = await shop.tael.accounts.get(shop.pending, "CNY")
    assert (pending.normal_balance_minor, pending.available_minor) == (700, 700)
    assert [each async for each in shop.tael.accounts.holds(shop.pending, "CNY")] == []


async def test_many_entries_have_a_result_each_and_atomic_ones_are_booked_together_or_not_at_all(
    shop: Shop,
) -> None:
    both = [shop.entry("e1", 10), shop.entry("e2", -11)]

    with pytest.raises(Refused) as refused:
        await shop.tael.entries.post_many(both, atomic=True)
    assert refused.value.code == "ledger.limit_passed"
    assert (await shop.tael.accounts.get(shop.bank, "CNY")).balance_minor == 0
    each = await shop.tael.entries.post_many(both)
    assert [result.status for result in each.results] == [201, 402]
    assert (each.booked, each.refused) == (1, 1)


async def test_lists_are_walked_page_by_page_without_gap_or_repeat(shop: Shop) -> None:
    await shop.tael.entries.post_many([shop.entry(f"e{number}", 1) for number in range(25)])

    walked = [line.entry_id async for line in shop.tael.accounts.postings(shop.pending, "CNY", limit=10)]

    assert walked == [shop.id(f"e{number}") for number in reversed(range(25))]
    about = shop.tael.entries.list(reference=shop.pending, limit=7)
    assert [entry.id async for entry in about] == walked


async def test_every_report_can_be_asked_for(shop: Shop) -> None:
    await shop.tael.entries.post_many([shop.entry("e1", 300), shop.entry("e2", -100)])
    yesterday = datetime.now(UTC) - timedelta(days=1)

    assert (await shop.tael.reports.balance_at(shop.bank, "CNY")).balance_minor == 200
    assert (await shop.tael.reports.balance_at(shop.bank, "CNY", at=yesterday)).balance_minor == 0
    page = await shop.tael.reports.statement(shop.pending, "CNY", by=ledger.Timeline.EFFECTIVE)
    assert (page.opening_minor, page.closing_minor, len(page.lines)) == (0, -200, 2)
    two_sides = await shop.tael.reports.t_account(shop.pending, "CNY")
    assert (two_sides.debits_minor, two_sides.credits_minor) == (100, 300)
    assert shop.id("e1").encode() in await shop.tael.reports.statement_csv(shop.pending, "CNY")
    sheet = await shop.tael.reports.statement_xlsx(shop.pending, "CNY")
    assert sheet.startswith(b"PK")
    assert [each.balance_minor for each in (await shop.tael.reports.sums(prefix=shop.pending)).sums] == [-200]
    root = shop.pending.partition(":")[0]
    nodes = (await shop.tael.reports.tree(root=root)).nodes
    assert {shop.bank, shop.pending} <= {node.code for node in nodes}
    assert (await shop.tael.reports.trial_balance()).balanced


async def test_a_period_is_closed_and_opened_again(shop: Shop) -> None:
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    late = yesterday - timedelta(hours=1)

    await shop.tael.closings.close(until=yesterday)
    with pytest.raises(Refused, match=r"ledger\.period_closed"):
        await shop.post("late", 5, effective_at=late)
    await shop.tael.closings.reopen(until=yesterday - timedelta(days=2))
    await shop.post("late", 5, effective_at=late)

    closings = await shop.tael.closings.list()
    assert closings.closed_until == yesterday - timedelta(days=2)
    assert len(closings.closings) == 2


async def test_an_account_is_changed_through_the_client(shop: Shop) -> None:
    changed = await shop.tael.accounts.change(
        shop.pending, "CNY", limit=ledger.Limit(floor_minor=-50), metadata={"shop": shop.pending}
    )
    await shop.post("e1", -50)
    await shop.tael.accounts.change(shop.pending, "CNY", frozen="both")

    assert changed.limits[-1].floor_minor == -50
    with pytest.raises(Refused, match=r"ledger\.account_frozen"):
        await shop.post("e2", 1)
    found = shop.tael.accounts.list(metadata={"shop": shop.pending})
    assert [account.code async for account in found] == [shop.pending]


async def test_the_same_calls_work_without_an_event_loop(desk: Desk, shop: Shop) -> None:
    def book() -> int:
        with Ledger(desk.url, desk.secret or "") as tael:
            tael.entries.post_many([shop.entry(f"e{number}", 1) for number in range(12)])
            return sum(line.amount_minor for line in tael.accounts.postings(shop.bank, "CNY", limit=5))

    assert await asyncio.to_thread(book) == 12


async def test_an_answer_that_was_lost_is_asked_for_again(desk: Desk, shop: Shop) -> None:
    target = urlsplit(desk.url)
    async with (
        FaultProxy(target.hostname or "", target.port or 0) as wire,
        AsyncLedger(wire.url, desk.secret or "") as tael,
    ):
        wire.mode = Mode.LOST_REPLY
        posting = asyncio.create_task(tael.entries.post(shop.entry("e1", 7)))
        await until(lambda: wire.seen[Mode.LOST_REPLY] >= 2)
        wire.mode = Mode.PASS
        receipt = await posting
        account = await tael.accounts.get(shop.bank, "CNY")

    assert (receipt.id, account.balance_minor) == (shop.id("e1"), 7)


async def test_nobody_there_is_said_after_patience_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    async with AsyncLedger(f"http://127.0.0.1:{port}", "tael_ledger_x", patience_seconds=0.3) as tael:
        with pytest.raises(Unreachable, match="GET /v1/account"):
            await tael.accounts.get("bank", "CNY")
