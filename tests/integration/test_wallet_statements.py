"""Is a statement what the ledger says, in Chinese, for its user alone, and can whoever holds the paper check it?"""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import date, timedelta

import msgspec
import pytest
from pypdf import PdfReader

from tael.app.supervisor import DatabaseUrls
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.clock import CHINA
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tael.wallets.errors import NoSuchStatement, StatementNotReady
from tael.wallets.model.bills import BillDetails, BillFilter, BillKind
from tael.wallets.model.statements import (
    CreateStatement,
    StatementFormat,
    StatementLanguage,
    StatementState,
    WalletStatement,
)
from tael.wallets.rules.statements import MOST_AT_ONCE, read_code
from tests.integration.waiting import until_somebody_waits
from tests.integration.wallets_scene import Person, Scene, wallets_scene


@pytest.fixture(scope="module")
async def scene(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        wallets_scene(urls, tmp_path_factory.mktemp("statements"), ManualClock()) as opened,
    ):
        yield opened


async def ask(scene: Scene, who: Person, **wish: object) -> Answer:
    """Ask for one; of today, if nothing else is said."""
    scene.clock.move(seconds=1)  # type: ignore[attr-defined]
    today = scene.clock.now().astimezone(CHINA).date()
    asked = {"format": StatementFormat.PDF, "first_day": today, "last_day": today, **wish}
    command = CreateStatement(
        user_id=who.user_id,
        language=asked.pop("language", StatementLanguage.CHINESE),  # type: ignore[arg-type]
        currency="CNY",
        **asked,  # type: ignore[arg-type]
    )
    call = Call(
        caller=Caller(owner=who.user_id, actor=f"user:{who.user_id}"),
        action="wallets.create_statement",
        key=new_id("key"),
        request=command,
        command=command,
    )
    return await scene.wallets.statements.create(call)


async def made(scene: Scene, who: Person, **wish: object) -> tuple[WalletStatement, bytes]:
    """Asked for, written and fetched."""
    answer = await ask(scene, who, **wish)
    assert answer.status == 202, answer.body
    id = msgspec.json.decode(answer.body)["id"]
    scene.clock.move(seconds=6)  # type: ignore[attr-defined]
    await scene.wallets.statements.write_due()
    return await scene.wallets.statements.read(id, user_id=who.user_id)


def text_of(pdf: bytes) -> str:
    """What a reader finds in it."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def test_the_paper_names_every_bill_in_chinese_and_adds_up(scene: Scene) -> None:
    payer, payee = await scene.persons(2, 100_000)

    async def describe(_: object) -> dict[str, BillDetails]:
        return {f"user:{payer.user_id}:wallet": BillDetails(note="工资卡充值", card="622202******0018")}

    scene.wallets.bills.let_describe([BillKind.TOP_UP], describe)
    for minor in range(1_001, 1_041):
        await scene.send(payer, payee, minor)
    statement, pdf = await made(scene, payer)
    assert pdf.startswith(b"%PDF")
    text = text_of(pdf)
    for part in ("钱包交易明细", "期初余额", "转出", "充值", "工资卡充值", "622202******0018"):
        assert part in text, text
    page = await scene.wallets.bills.list(BillFilter(user_id=payer.user_id, limit=200))
    assert len(page.items) == 41 == statement.bills == statement.written
    for bill in page.items:
        assert Money(bill.amount_minor, "CNY").decimal() in text
        assert Money(bill.balance_after_minor or 0, "CNY").decimal() in text
        assert bill.reference in text.replace("\n", "")
    for sum_minor in (statement.in_minor, statement.out_minor, statement.closing_minor):
        assert Money(sum_minor or 0, "CNY").decimal() in text
    assert f"/wallet/check?code={statement.shown_code}" in text.replace("\n", ""), "a page for people"
    assert (statement.opening_minor, statement.in_minor) == (0, 100_000)
    assert statement.closing_minor == 100_000 - (statement.out_minor or 0)
    assert await scene.available(payer) == statement.closing_minor
    scene.wallets.bills.describers.clear()


async def test_the_sheet_says_the_same_and_computes_nothing(scene: Scene) -> None:
    payer, payee = await scene.persons(2, 100_000)
    await scene.send(payer, payee, 1_234)
    statement, xlsx = await made(
        scene, payer, format=StatementFormat.XLSX, language=StatementLanguage.ENGLISH
    )
    with zipfile.ZipFile(io.BytesIO(xlsx)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        texts = archive.read("xl/sharedStrings.xml").decode()
    assert "<v>-12.34</v>" in sheet
    assert "<v>987.66</v>" in sheet
    assert "<f>" not in sheet
    for part in ("Transfer sent", "Top-up", "Opening balance", payer.user_id):
        assert part in texts
    assert f"/wallet/check?code={statement.shown_code}" in texts


async def test_whoever_holds_the_paper_checks_it_and_a_changed_code_is_of_nothing(scene: Scene) -> None:
    who = await scene.person(700)
    statement, pdf = await made(scene, who)
    paper = statement.shown_code
    for said in (paper, paper.lower(), paper.replace("-", " ").replace("0", "o").replace("1", "l")):
        found = await scene.wallets.statements.check(said)
        assert (found.id, found.closing_minor) == (statement.id, 700)
        assert found.sha256 == hashlib.sha256(pdf).hexdigest()
    for place, letter in enumerate(statement.code):
        other = "7" if letter != "7" else "8"
        with pytest.raises(NoSuchStatement):
            await scene.wallets.statements.check(statement.code[:place] + other + statement.code[place + 1 :])
    for nothing in ("", "x", statement.code[:-1], statement.code + "0", statement.id, "ÜÜÜÜÜ" * 4):
        assert read_code(nothing) is None
        with pytest.raises(NoSuchStatement):
            await scene.wallets.statements.check(nothing)


async def test_a_statement_is_its_users_alone_and_sealed_where_it_lies(scene: Scene) -> None:
    who, other = await scene.persons(2, 100)
    statement, pdf = await made(scene, who)
    for ask_for in (scene.wallets.statements.get, scene.wallets.statements.read):
        with pytest.raises(NoSuchStatement):
            await ask_for(statement.id, user_id=other.user_id)
    async with scene.house.database.transaction() as tx:
        rows = await (await tx.connection.execute("select sealed from wallets.statement_files")).fetchall()
    assert all(pdf[:200] not in bytes(sealed) for (sealed,) in rows)
    found = await scene.wallets.statements.list(who.user_id, before=None, limit=9)
    assert [each.id for each in found] == [statement.id]
    assert not await scene.wallets.statements.list(other.user_id, before=None, limit=9)


async def test_statements_of_neighbouring_periods_join(scene: Scene) -> None:
    payer, payee = await scene.persons(2, 10_000)
    first = scene.clock.now().astimezone(CHINA).date()
    await scene.send(payer, payee, 100)
    scene.clock.move(days=1)  # type: ignore[attr-defined]
    await scene.send(payee, payer, 30)
    before, _ = await made(scene, payer, first_day=first, last_day=first)
    after, _ = await made(scene, payer, first_day=first + timedelta(days=1))
    assert before.closing_minor == after.opening_minor == 9_900
    assert after.closing_minor == 9_930


async def test_nothing_is_missing_that_was_booked_in_time_and_committed_late(scene: Scene) -> None:
    who = await scene.person(700)
    async with scene.house.database.transaction() as tx:
        await scene.give(tx, [who.user_id], 50)
        id = msgspec.json.decode((await ask(scene, who)).body)["id"]
        scene.clock.move(seconds=6)  # type: ignore[attr-defined]
        writing = asyncio.create_task(scene.wallets.statements.write_due())
        await until_somebody_waits(scene.house.database)
    await writing
    statement = await scene.wallets.statements.get(id, user_id=who.user_id)
    assert (statement.bills, statement.closing_minor) == (2, 750)


async def test_of_an_empty_wallet_there_is_an_empty_paper(scene: Scene) -> None:
    who = await scene.person()
    statement, pdf = await made(scene, who, language=StatementLanguage.ENGLISH)
    assert (statement.bills, statement.closing_minor) == (0, 0)
    assert "Nothing moved the wallet" in text_of(pdf)


async def test_what_cannot_be_is_refused_and_only_so_many_are_written_at_once(scene: Scene) -> None:
    who = await scene.person()
    today = scene.clock.now().astimezone(CHINA).date()
    for first, last in (
        (today, today - timedelta(days=1)),
        (today + timedelta(days=1), today + timedelta(days=1)),
        (today - timedelta(days=366), today),
        (date(1999, 12, 31), today),
    ):
        assert (await ask(scene, who, first_day=first, last_day=last)).status == 400
    answers = [(await ask(scene, who)).status for _ in range(MOST_AT_ONCE + 1)]
    assert answers == [202] * MOST_AT_ONCE + [429]
    scene.clock.move(seconds=6)  # type: ignore[attr-defined]
    await scene.wallets.statements.write_due()
    assert (await ask(scene, who)).status == 202


async def test_what_is_too_long_for_a_paper_is_a_sheet(scene: Scene) -> None:
    who = await scene.person()
    await scene.give_often(who, times=10_001)
    scene.clock.move(seconds=1)  # type: ignore[attr-defined]
    id = msgspec.json.decode((await ask(scene, who)).body)["id"]
    scene.clock.move(seconds=6)  # type: ignore[attr-defined]
    await scene.wallets.statements.write_due()
    failed = await scene.wallets.statements.get(id, user_id=who.user_id)
    assert (failed.state, failed.trouble) == (
        StatementState.FAILED,
        "明细超过 10,000 笔，请缩短期间，或选择 XLSX。",
    )
    statement, _ = await made(scene, who, format=StatementFormat.XLSX)
    assert (statement.bills, statement.closing_minor) == (10_001, 10_001)


async def test_whose_writer_was_killed_is_taken_over_and_given_up_in_the_end(scene: Scene) -> None:
    who = await scene.person(700)
    id = msgspec.json.decode((await ask(scene, who)).body)["id"]
    async with scene.house.database.transaction() as tx:
        await tx.connection.execute(
            "update wallets.statements set state = 'running', attempts = 1, due_at = %s where id = %s",
            [scene.clock.now() + timedelta(minutes=2), id],
        )
    await scene.wallets.statements.write_due()
    assert (await scene.wallets.statements.get(id, user_id=who.user_id)).state is StatementState.RUNNING
    scene.clock.move(minutes=3)  # type: ignore[attr-defined]
    await scene.wallets.statements.write_due()
    assert (await scene.wallets.statements.get(id, user_id=who.user_id)).state is StatementState.DONE


async def test_a_file_goes_after_a_month_and_its_check_after_three_years(scene: Scene) -> None:
    who = await scene.person(700)
    statement, _ = await made(scene, who)
    scene.clock.move(days=31)  # type: ignore[attr-defined]
    with pytest.raises(StatementNotReady):
        await scene.wallets.statements.read(statement.id, user_id=who.user_id)
    await scene.wallets.statements.forget()
    assert (await scene.wallets.statements.check(statement.code)).state is StatementState.DONE
    scene.clock.move(days=3 * 366)  # type: ignore[attr-defined]
    with pytest.raises(NoSuchStatement):
        await scene.wallets.statements.check(statement.code)
    await scene.wallets.statements.forget()
    assert not await scene.wallets.statements.list(who.user_id, before=None, limit=9)
