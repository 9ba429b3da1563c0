"""Does an export come whole, in its reader's words, harmless to spreadsheets, whoever is killed while it is written?"""

import asyncio
import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tael.app.house import House
from tael.exports.api import CancelExport, CreateExport, Exports
from tael.exports.model import Export, Exportable, ExportFormat, ExportState, Scope
from tael.exports.registry import exportables
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.errors import Forbidden
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.payments import store
from tael.payments.model import PaymentState
from tests.unit.test_payments_rules import payment

MADE = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)
MAY = frozenset({"payments.read", "exports.write", "exports.read"})


class Die(BaseException):
    """The process is killed."""


class Desk:
    """Asks for exports of a house, three lines a page."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.kinds = dict(exportables(house.payments, house.disputes, house.books))
        self.exports = self.service()

    def service(self) -> Exports:
        return Exports(
            self.house.database,
            self.house.jobs,
            self.kinds,
            sealer=self.house.sealer,
            clock=self.house.clock,
            page_rows=3,
        )

    async def fill(self, count: int, *, begin: datetime = MADE, **more: Any) -> None:
        """So many payments, a minute apart."""
        made = [
            payment(
                PaymentState.CREATED,
                id=new_id("pay"),
                reference=f"=order-{number}",
                created_at=begin + timedelta(minutes=number),
                **more,
            )
            for number in range(count)
        ]
        async with self.house.database.transaction() as tx:
            await store.insert_payments(tx, made)

    async def ask(self, *, permissions: frozenset[str] = MAY, **more: Any) -> Answer:
        command = CreateExport(
            **{
                "merchant_id": "mer_1",
                "actor": "key:test",
                "permissions": permissions,
                "kind": "payments",
                "format": ExportFormat.CSV,
                "filters": {},
                "columns": ["reference", "created_at", "amount"],
                "time_zone": "Asia/Shanghai",
                **more,
            }
        )
        return await self.exports.create(_call("exports.create", command))

    async def begun(self, **more: Any) -> Export:
        answer = await self.ask(**more)
        assert answer.status == 202, answer.body
        return await self.now(msgspec.json.decode(answer.body)["id"])

    async def now(self, export_id: str) -> Export:
        return await self.exports.get(export_id, merchant_id="mer_1")

    async def file(self, export: Export) -> bytes:
        return b"".join([part async for part in self.exports.read(export, permissions=MAY)])


def _call(action: str, command: Any) -> Call[Any]:
    caller = Caller(owner="mer_1", actor="key:test")
    return Call(caller=caller, action=action, key=new_id("key"), request=command, command=command)


def lines_of(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))


async def test_a_file_has_the_chosen_columns_in_the_readers_time(house: House) -> None:
    desk = Desk(house)
    await desk.fill(7)
    await desk.fill(2, merchant_id="mer_2")
    export = await desk.begun()
    await desk.exports.write(export.id)
    done = await desk.now(export.id)
    assert (done.state, done.rows_done, done.rows_total) == (ExportState.DONE, 7, 7)
    heads, *lines = lines_of(await desk.file(done))
    assert heads == ["reference", "created_at (Asia/Shanghai)", "amount"]
    assert lines[0] == ["'=order-6", "2026-03-02 01:06:00", "12.80"], "newest first, and no formula"
    assert len(lines) == 7


async def test_whoever_is_killed_is_taken_over_from(house: House) -> None:
    desk = Desk(house)
    await desk.fill(8)
    whole = desk.kinds["payments"]
    pages = 0

    async def dies(scope: Scope, after: str | None, limit: int) -> Sequence[Any]:
        nonlocal pages
        pages += 1
        if pages == 3:
            raise Die
        return await whole.page(scope, after, limit)

    desk.kinds["payments"] = msgspec.structs.replace(whole, page=dies)
    export = await desk.begun()
    with pytest.raises(Die):
        await desk.service().write(export.id)
    half = await desk.now(export.id)
    assert (half.state, half.rows_done) == (ExportState.RUNNING, 6)
    await desk.fill(1, begin=house.clock.now())
    desk.kinds["payments"] = whole
    one, other = desk.service(), desk.service()
    await asyncio.gather(one.write(export.id), other.write(export.id))
    done = await desk.now(export.id)
    assert (done.state, done.rows_done) == (ExportState.DONE, 8)
    references = [line[0] for line in lines_of(await desk.file(done))[1:]]
    assert references == [f"'=order-{number}" for number in range(7, -1, -1)]


async def test_a_workbook_holds_texts_and_numbers(house: House) -> None:
    desk = Desk(house)
    await desk.fill(4)
    export = await desk.begun(format=ExportFormat.XLSX)
    await desk.exports.write(export.id)
    done = await desk.now(export.id)
    assert done.state is ExportState.DONE
    with zipfile.ZipFile(io.BytesIO(await desk.file(done))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet, "nothing is computed"
    assert "=order-3" in sheet
    assert "<v>12.80</v>" in sheet, "amounts can be added up"


async def test_filters_are_those_of_the_list(house: House) -> None:
    desk = Desk(house)
    await desk.fill(5)
    export = await desk.begun(filters={"created_from": "2026-03-01T17:03:00Z"})
    await desk.exports.write(export.id)
    assert (await desk.now(export.id)).rows_done == 2


async def test_movements_of_all_accounts_come_page_by_page(house: House) -> None:
    desk = Desk(house)
    await move(house, "mer_1", 4)
    await move(house, "mer_2", 2)
    export = await desk.begun(kind="movements", columns=["account", "amount", "balance"])
    await desk.exports.write(export.id)
    lines = lines_of(await desk.file(await desk.now(export.id)))[1:]
    held = [["disputed", "1.00", f"{number}.00"] for number in (4, 3, 2, 1)]
    paid = [["pending", "-1.00", f"{number}.00"] for number in (-4, -3, -2, -1)]
    assert lines == held + paid, "of its own accounts only, newest first, and minus is a number"


async def move(house: House, merchant_id: str, count: int) -> None:
    """So many times one yuan is withheld from a merchant."""
    one = Money(100, "CNY")
    pending = AccountSpec(f"merchant:{merchant_id}:pending", "CNY", AccountClass.LIABILITY)
    disputed = AccountSpec(f"merchant:{merchant_id}:disputed", "CNY", AccountClass.LIABILITY)
    async with house.database.transaction() as tx:
        await house.ledger.open_accounts(tx, [pending, disputed])
    for number in range(count):
        lines = (debit(pending, one), credit(disputed, one))
        entry = JournalEntry(id=f"{merchant_id}:{number}", kind="test", reference="x", postings=lines)
        async with house.database.transaction() as tx:
            await house.ledger.post(tx, [entry])


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "secrets"},
        {"columns": ["id", "password"]},
        {"columns": ["id", "id"]},
        {"filters": {"merchant_id": "mer_2"}},
        {"filters": {"state": "rich"}},
        {"filters": {"created_from": "2026-03-01T17:03:00"}},
        {"time_zone": "../../etc/passwd"},
    ],
)
async def test_what_cannot_be_exported_is_refused(house: House, wrong: dict[str, Any]) -> None:
    answer = await Desk(house).ask(**wrong)
    assert (answer.status, msgspec.json.decode(answer.body)["code"]) == (400, "exports.malformed")


async def test_one_needs_the_permission_of_the_list(house: House) -> None:
    desk = Desk(house)
    answer = await desk.ask(permissions=frozenset({"exports.write"}))
    assert answer.status == 403
    export = await desk.begun()
    await desk.exports.write(export.id)
    with pytest.raises(Forbidden):
        desk.exports.read(await desk.now(export.id), permissions=frozenset({"exports.read"}))


async def test_what_is_given_up_is_not_written(house: House) -> None:
    desk = Desk(house)
    await desk.fill(2)
    export = await desk.begun()
    command = CancelExport(merchant_id="mer_1", export_id=export.id)
    answer = await desk.exports.cancel(_call("exports.cancel", command))
    assert answer.status == 200
    await desk.exports.write(export.id)
    assert (await desk.now(export.id)).state is ExportState.CANCELED


def test_every_kind_names_its_moments(house: House) -> None:
    kinds: dict[str, Exportable] = dict(exportables(house.payments, house.disputes, house.books))
    for kind in kinds.values():
        assert kind.moments <= set(kind.columns)
