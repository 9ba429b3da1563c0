"""Can the ledger be used from Python as it is meant to be? Typed calls, repeated by themselves, over real HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.client import AsyncClient, Client, Refused, Unreachable, ledger
from tael.testing.databases import fresh_database
from tests.e2e.ledger_desk import Desk, running_ledger


class Shop:
    """A shop and its bank with accounts of their own, so that all tests can share one ledger."""

    def __init__(self, tael: AsyncClient, name: str) -> None:
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
        postings = ledger.debit_and_credit(self.bank, self.pending, "CNY", minor)
        wanted = {"id": self.id(id), "kind": "sale", "reference": self.pending, "postings": postings} | more
        return ledger.Entry(**wanted)

    def id(self, id: str) -> str:
        """An id that no other shop has."""
        return f"{self.pending}:{id}"

    async def post(self, id: str, minor: int, **more: Any) -> str:
        """Book such an entry; gives its id."""
        return (await self.tael.send(ledger.post(self.entry(id, minor, **more)))).id


@pytest.fixture(scope="module")
async def desk(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("ledger")
    async with fresh_database(server) as urls, running_ledger(urls, folder) as desk:
        yield desk


@pytest.fixture
async def shop(desk: Desk, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    async with AsyncClient(desk.url, desk.secret or "") as client:
        shop = Shop(client, request.node.name[:60])
        opened = await client.send(ledger.open_accounts(shop.accounts))
        assert [result.status for result in opened.results] == [200, 200]
        yield shop


async def test_an_entry_that_is_posted_twice_is_booked_once_with_one_receipt(shop: Shop) -> None:
    first = await shop.tael.send(ledger.post(shop.entry("e1", 1280)))

    assert await shop.tael.send(ledger.post(shop.entry("e1", 1280))) == first
    stands = await shop.tael.send(ledger.get_entry(first.id))
    assert (stands.no, stands.phase) == (first.no, ledger.Phase.SINGLE)
    assert [line.balance_after_minor for line in stands.postings] == [1280, -1280]
    pending = await shop.tael.send(ledger.get_account(shop.pending, "CNY"))
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
    [line] = (await shop.tael.send(ledger.list_holds(shop.pending, "CNY"))).items
    assert (line.entry_id, line.amount_minor) == (held, 800)

    await shop.post("h1:post", -300, phase=ledger.Phase.POST, ends=held)

    pending = await shop.tael.send(ledger.get_account(shop.pending, "CNY"))
    assert (pending.normal_balance_minor, pending.available_minor) == (700, 700)
    assert (await shop.tael.send(ledger.list_holds(shop.pending, "CNY"))).items == []


async def test_many_entries_have_a_result_each_and_atomic_ones_are_booked_together_or_not_at_all(
    shop: Shop,
) -> None:
    both = [shop.entry("e1", 10), shop.entry("e2", -11)]

    with pytest.raises(Refused) as refused:
        await shop.tael.send(ledger.post_many(both, atomic=True))
    assert refused.value.code == "ledger.limit_passed"
    assert (await shop.tael.send(ledger.get_account(shop.bank, "CNY"))).balance_minor == 0
    each = await shop.tael.send(ledger.post_many(both))
    assert [result.status for result in each.results] == [201, 402]
    assert (each.booked, each.refused) == (1, 1)
    lines = await shop.tael.send(ledger.post_lines([*both, shop.entry("e3", 1)]))
    assert [result.status for result in lines] == [201, 402, 201]


async def test_lists_are_walked_page_by_page_without_gap_or_repeat(shop: Shop) -> None:
    await shop.tael.send(ledger.post_many([shop.entry(f"e{number}", 1) for number in range(25)]))

    pages = ledger.list_postings(shop.pending, "CNY", limit=10)
    walked = [line.entry_id async for line in shop.tael.every(pages)]

    assert walked == [shop.id(f"e{number}") for number in reversed(range(25))]
    about = ledger.list_entries(reference=shop.pending, limit=7)
    assert [entry.id async for entry in shop.tael.every(about)] == walked


async def test_every_report_can_be_asked_for(shop: Shop) -> None:
    await shop.tael.send(ledger.post_many([shop.entry("e1", 300), shop.entry("e2", -100)]))
    yesterday = datetime.now(UTC) - timedelta(days=1)

    assert (await shop.tael.send(ledger.balance_at(shop.bank, "CNY"))).balance_minor == 200
    assert (await shop.tael.send(ledger.balance_at(shop.bank, "CNY", at=yesterday))).balance_minor == 0
    page = await shop.tael.send(ledger.statement(shop.pending, "CNY", by=ledger.Timeline.EFFECTIVE))
    assert (page.opening_minor, page.closing_minor, len(page.lines)) == (0, -200, 2)
    two_sides = await shop.tael.send(ledger.t_account(shop.pending, "CNY"))
    assert (two_sides.debits_minor, two_sides.credits_minor) == (100, 300)
    assert shop.id("e1").encode() in await shop.tael.send(ledger.statement_file(shop.pending, "CNY"))
    sheet = await shop.tael.send(ledger.statement_file(shop.pending, "CNY", kind="xlsx"))
    assert sheet.startswith(b"PK")
    assert [each.balance_minor for each in (await shop.tael.send(ledger.sums(shop.pending))).sums] == [-200]
    root = shop.pending.partition(":")[0]
    nodes = (await shop.tael.send(ledger.tree(root))).nodes
    assert {shop.bank, shop.pending} <= {node.code for node in nodes}
    assert (await shop.tael.send(ledger.trial_balance())).balanced


async def test_a_period_is_closed_and_opened_again(shop: Shop) -> None:
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    late = yesterday - timedelta(hours=1)

    await shop.tael.send(ledger.close_period(yesterday))
    with pytest.raises(Refused, match=r"ledger\.period_closed"):
        await shop.post("late", 5, effective_at=late)
    await shop.tael.send(ledger.reopen_period(yesterday - timedelta(days=2)))
    await shop.post("late", 5, effective_at=late)

    closings = await shop.tael.send(ledger.list_closings())
    assert closings.closed_until == yesterday - timedelta(days=2)
    assert len(closings.closings) == 2


async def test_an_account_is_changed_through_the_client(shop: Shop) -> None:
    credit_line = ledger.ChangeAccount(limit=ledger.Limit(floor_minor=-50), metadata={"shop": shop.pending})

    changed = await shop.tael.send(ledger.change_account(shop.pending, "CNY", credit_line))
    await shop.post("e1", -50)
    stop = ledger.ChangeAccount(frozen=ledger.Frozen.BOTH)
    await shop.tael.send(ledger.change_account(shop.pending, "CNY", stop))

    assert changed.limits[-1].floor_minor == -50
    with pytest.raises(Refused, match=r"ledger\.account_frozen"):
        await shop.post("e2", 1)
    found = await shop.tael.send(ledger.list_accounts(metadata={"shop": shop.pending}))
    assert [account.code for account in found.items] == [shop.pending]


async def test_the_same_calls_work_without_an_event_loop(desk: Desk, shop: Shop) -> None:
    def book() -> int:
        with Client(desk.url, desk.secret or "") as tael:
            tael.send(ledger.post_many([shop.entry(f"e{number}", 1) for number in range(12)]))
            return sum(
                line.amount_minor for line in tael.every(ledger.list_postings(shop.bank, "CNY", limit=5))
            )

    assert await asyncio.to_thread(book) == 12


async def test_an_answer_that_was_lost_is_asked_for_again(desk: Desk, shop: Shop) -> None:
    async with (
        _losing_answers(desk.url, losses=2) as (port, left),
        AsyncClient(f"http://127.0.0.1:{port}", desk.secret or "") as tael,
    ):
        receipt = await tael.send(ledger.post(shop.entry("e1", 7)))
        account = await tael.send(ledger.get_account(shop.bank, "CNY"))

        assert left == [], "both answers were lost, and asked for again"
    assert (receipt.id, account.balance_minor) == (shop.id("e1"), 7)


@asynccontextmanager
async def _losing_answers(url: str, *, losses: int) -> AsyncIterator[tuple[int, list[int]]]:
    """A way to the ledger that breaks after the request has gone through, so many times; its port, and what is left."""
    left = list(range(losses))
    host, _, port = url.removeprefix("http://").partition(":")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(host, int(port))

        async def back() -> None:
            while answer := await there_reader.read(65_536):
                if left:
                    left.pop()
                    break
                writer.write(answer)
            writer.close()

        answering = asyncio.create_task(back())
        while request := await reader.read(65_536):
            there_writer.write(request)
        there_writer.close()
        await answering

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], left


async def test_nobody_there_is_said_after_patience_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    async with AsyncClient(f"http://127.0.0.1:{port}", "tael_ledger_x", patience_seconds=0.3) as tael:
        with pytest.raises(Unreachable, match="GET /v1/account"):
            await tael.send(ledger.get_account("bank", "CNY"))
