"""Does each source say what is true of a person, and is what is unknown asked about until it is known?"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import psycopg
import pytest
from litestar.types import ASGIApp, Receive, Scope, Send

from tael.app.addresses import open_socket
from tael.app.serving import server_of
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.foundation.db import Database
from tael.foundation.http.app import make_app
from tael.foundation.ids import new_id
from tael.simulators.base import Fault
from tael.testing.clocks import ManualClock
from tael.testing.loopback import port_of
from tael.testing.patience import once
from tael.testing.vaults import running_vault
from tael.testing.verification import RunningSources, particulars, running_sources, with_pictures
from tael.verification.errors import (
    CheckClosed,
    CheckDiffers,
    NoSuchSource,
    ParticularsIncomplete,
    TooManyChecks,
)
from tael.verification.http import verification_notice_routes
from tael.verification.model import Check, CheckFilter, Element, Finding, Reason, SourceName, State
from tael.verification.port import Answer, unknown
from tael.verification.usecases import ask
from tests.integration.verification_desk import VerificationDesk, verification_desk

IDENTITY, PHONE, CARD = SourceName.IDENTITY_DATABASE, SourceName.MOBILE_OPERATOR, SourceName.BANK_CARD
FACE, VIDEO = SourceName.DOCUMENT_FACE, SourceName.VIDEO


def user() -> str:
    return new_id("usr")


@pytest.fixture
async def sources(tmp_path: Path, clock: ManualClock) -> AsyncIterator[RunningSources]:
    async with running_sources(tmp_path / "providers", clock=clock) as running:
        yield running


@pytest.fixture
async def desk(
    database: Database, clock: ManualClock, sources: RunningSources, tmp_path: Path
) -> AsyncIterator[VerificationDesk]:
    async with verification_desk(database, clock, sources, tmp_path / "keys") as opened:
        yield opened


async def test_each_person_of_the_simulator_is_told_apart(desk: VerificationDesk) -> None:
    check = desk.verification.check
    expected = [
        (IDENTITY, "张三", State.MATCHED, Reason.NONE),
        (IDENTITY, "王不符", State.MISMATCHED, Reason.NONE),
        (IDENTITY, "李错号", State.MISMATCHED, Reason.NONE),
        (IDENTITY, "赵半知", State.PARTIAL, Reason.NONE),
        (IDENTITY, "钱无此", State.PARTIAL, Reason.NOT_FOUND),
        (IDENTITY, "Lost Document", State.MISMATCHED, Reason.DOCUMENT_LOST),
        (PHONE, "张三", State.MATCHED, Reason.NONE),
        (FACE, "张三", State.MATCHED, Reason.NONE),
        (FACE, "蒋别脸", State.MISMATCHED, Reason.NONE),
        (FACE, "沈翻拍", State.MISMATCHED, Reason.NOT_ALIVE),
        (FACE, "韩模糊", State.PARTIAL, Reason.NOT_SURE_ENOUGH),
        (IDENTITY, "吴超时", State.UNKNOWN, Reason.NO_ANSWER),
        (IDENTITY, "郑迟到", State.UNKNOWN, Reason.PENDING),
        (PHONE, "冯乱码", State.UNKNOWN, Reason.MALFORMED),
        (IDENTITY, "陈伪签", State.UNKNOWN, Reason.BAD_SIGNATURE),
        (PHONE, "褚故障", State.UNKNOWN, Reason.PROVIDER_ERROR),
    ]
    asked = [check(user(), source, with_pictures(particulars(name))) for source, name, _, _ in expected]
    found = [(each.state, each.reason) for each in await asyncio.gather(*asked)]
    assert found == [(state, reason) for _, _, state, reason in expected]


async def test_a_phone_in_anothers_name_is_a_mismatch_of_the_phone(desk: VerificationDesk) -> None:
    said = particulars(phone="+8613900000404")
    check = await desk.verification.check(user(), PHONE, said)
    assert (check.state, check.reason) == (State.MISMATCHED, Reason.PHONE_OF_ANOTHER)
    assert check.findings == {"name": "matched", "document": "matched", "phone": "mismatched"}


async def test_what_is_unknown_is_asked_again_until_it_is_known_and_then_told(
    desk: VerificationDesk, clock: ManualClock
) -> None:
    subject = user()
    check = await desk.verification.check(subject, IDENTITY, particulars("吴超时"))
    assert check.is_open
    assert not await desk.told()
    for _ in range(4):
        clock.move(minutes=16)
        await desk.verification.ask_due()
    known = await desk.verification.get(check.id)
    assert (known.state, known.times_asked, known.next_ask_at) == (State.MATCHED, 4, None)
    [told] = await desk.told()
    assert (told.object_id, told.check_id, told.state) == (subject, check.id, State.MATCHED)
    assert (await desk.sources.look(check.id)).times_asked == 4


async def test_what_stays_unknown_is_given_up_and_that_is_told(
    desk: VerificationDesk, clock: ManualClock, urls: DatabaseUrls
) -> None:
    check = await desk.verification.check(user(), PHONE, particulars("卫永默"))
    clock.move(hours=72)
    await desk.verification.ask_due()
    given_up = await desk.verification.get(check.id)
    assert (given_up.state, given_up.is_open, given_up.given_up_at) == (State.UNKNOWN, False, clock.now())
    assert [(told.check_id, told.state) for told in await desk.told()] == [(check.id, State.UNKNOWN)]
    assert await _count(urls, "questions") == 0
    with pytest.raises(CheckClosed):
        await desk.verification.ask_again(check.id)


async def test_a_number_is_asked_about_once_and_names_one_question(desk: VerificationDesk) -> None:
    subject, number, said = user(), new_id("chk"), particulars()
    checks = await asyncio.gather(
        *(desk.verification.check(subject, IDENTITY, said, number=number) for _ in range(8))
    )
    assert {check.id for check in checks} == {number}
    assert (await desk.sources.look(number)).times_asked == 1
    assert (await desk.verification.check(subject, IDENTITY, said, number=number)).state is State.MATCHED
    for other in (
        desk.verification.check(subject, IDENTITY, particulars("李四"), number=number),
        desk.verification.check(subject, PHONE, said, number=number),
        desk.verification.check(user(), IDENTITY, said, number=number),
    ):
        with pytest.raises(CheckDiffers):
            await other


async def test_a_process_that_dies_while_the_source_thinks_leaves_a_check_that_is_asked_again(
    desk: VerificationDesk, clock: ManualClock
) -> None:
    number = new_id("chk")
    await desk.sources.control.switch_on(Fault.DELAY, calls=1, delay_seconds=1)
    asking = asyncio.create_task(desk.verification.check(user(), IDENTITY, particulars(), number=number))
    await once(lambda: desk.verification.look([number]), lambda found: number in found)
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    left = await desk.verification.get(number)
    assert (left.state, left.reason) == (State.UNKNOWN, Reason.UNDER_WAY)
    await desk.verification.ask_due()
    assert (await desk.verification.get(number)).state is State.UNKNOWN
    clock.move(seconds=61)
    await desk.verification.ask_due()
    assert (await desk.verification.get(number)).state is State.MATCHED
    assert [told.check_id for told in await desk.told()] == [number]


async def test_the_first_definite_answer_counts_whatever_is_heard_after_it(desk: VerificationDesk) -> None:
    check = await desk.verification.check(user(), VIDEO, particulars())
    elements = dict.fromkeys(check.elements, Finding.MATCHED)
    late = Answer(state=State.MISMATCHED, findings={**elements, Element.PORTRAIT: Finding.MISMATCHED})
    first = Answer(state=State.MATCHED, findings=elements, score_percent=99)
    for answer in (first, late, unknown(Reason.NO_ANSWER)):
        concluded = await ask.conclude(desk.verification._desk, check.id, answer)
        assert concluded.state is State.MATCHED
    assert [told.state for told in await desk.told()] == [State.MATCHED]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.LOST_REPLY, Reason.NO_ANSWER),
        (Fault.TRUNCATED, Reason.NO_ANSWER),
        (Fault.WRONG_SIGNATURE, Reason.BAD_SIGNATURE),
        (Fault.CLOCK_SKEW, Reason.BAD_SIGNATURE),
        (Fault.WRONG_ORDER, Reason.CONTRADICTORY),
        (Fault.SYSTEM_ERROR_BEFORE, Reason.PROVIDER_ERROR),
        (Fault.SYSTEM_ERROR_AFTER, Reason.PROVIDER_ERROR),
    ],
)
async def test_whatever_goes_wrong_on_the_way_is_unknown_and_then_known(
    desk: VerificationDesk, fault: Fault, reason: Reason
) -> None:
    await desk.sources.control.switch_on(fault, calls=1)
    check = await desk.verification.check(user(), IDENTITY, particulars())
    assert (check.state, check.reason) == (State.UNKNOWN, reason)
    assert (await desk.verification.ask_again(check.id)).state is State.MATCHED


async def test_a_source_that_takes_too_long_has_not_answered(
    database: Database, clock: ManualClock, sources: RunningSources, tmp_path: Path
) -> None:
    opening = verification_desk(database, clock, sources, tmp_path / "keys", timeout_seconds=0.3)
    async with opening as desk:
        await sources.control.switch_on(Fault.DELAY, calls=1, delay_seconds=1)
        check = await desk.verification.check(user(), IDENTITY, particulars())
        assert (check.state, check.reason) == (State.UNKNOWN, Reason.NO_ANSWER)
        assert (await desk.verification.ask_again(check.id)).state is State.MATCHED


async def test_particulars_lie_in_no_row_in_clear_and_are_gone_with_the_answer(
    desk: VerificationDesk, urls: DatabaseUrls
) -> None:
    said = with_pictures(particulars("冯乱码"))
    check = await desk.verification.check(user(), FACE, said)
    assert await _count(urls, "questions") == 1
    dump = await _dump(urls)
    assert check.id in dump
    for secret in ("冯乱码", said.document.number, said.phone, said.document.number[6:14]):
        assert secret not in dump
    await desk.verification.ask_again(check.id)
    assert (await desk.verification.ask_again(check.id)).state is State.MATCHED
    assert await _count(urls, "questions") == 0
    read = await desk.verification.document_read(check.id)
    assert read is not None
    assert (read.name, read.number) == (said.name, said.document.number)
    assert said.document.number not in await _dump(urls)


async def test_what_was_read_off_a_document_is_forgotten_in_time(
    desk: VerificationDesk, clock: ManualClock
) -> None:
    check = await desk.verification.check(user(), FACE, with_pictures(particulars()))
    clock.move(days=31)
    await desk.verification.forget_old()
    assert await desk.verification.document_read(check.id) is None


async def test_nobody_tries_one_name_after_the_other(desk: VerificationDesk, clock: ManualClock) -> None:
    subject = user()
    most = desk.verification.terms_of(IDENTITY).most_a_day
    for _ in range(most):
        await desk.verification.check(subject, IDENTITY, particulars("王不符"))
    with pytest.raises(TooManyChecks):
        await desk.verification.check(subject, IDENTITY, particulars())
    assert (await desk.verification.check(subject, PHONE, particulars())).state is State.MATCHED
    clock.move(hours=25)
    assert (await desk.verification.check(subject, IDENTITY, particulars())).state is State.MATCHED


async def test_checks_are_listed_by_person_source_and_state(desk: VerificationDesk) -> None:
    subject = user()
    first = await desk.verification.check(subject, IDENTITY, particulars())
    second = await desk.verification.check(subject, PHONE, particulars())
    open_one = await desk.verification.check(user(), PHONE, particulars("吴超时"))

    async def listed(**wanted: object) -> list[str]:
        return [check.id for check in await desk.verification.list(CheckFilter(**wanted))]  # type: ignore[arg-type]

    assert await listed(subject=subject) == [second.id, first.id]
    assert await listed(subject=subject, before=second.id) == [first.id]
    assert await listed(source=PHONE, open=True) == [open_one.id]
    assert await listed(state=State.MATCHED, limit=1) == [second.id]


async def test_a_source_that_is_not_set_up_is_refused_before_anything_is_written(
    desk: VerificationDesk,
) -> None:
    desk.verification.sources.file_of(VIDEO).unlink()
    with pytest.raises(NoSuchSource):
        await desk.verification.check(user(), VIDEO, particulars())
    with pytest.raises(ParticularsIncomplete):
        await desk.verification.check(user(), CARD, particulars())
    assert not await desk.verification.list(CheckFilter())
    assert desk.verification.set_up() == [IDENTITY, PHONE, CARD, FACE]


async def test_a_video_is_answered_by_a_notice_when_the_person_has_shown_themselves(
    database: Database, clock: ManualClock, sources: RunningSources, tmp_path: Path
) -> None:
    async with _listening() as (url, listen):
        opening = verification_desk(
            database, clock, sources, tmp_path / "keys", notices_url=f"{url}/notices/verification"
        )
        async with opening as desk:
            listen(make_app(verification_notice_routes(desk.verification), body_limit_bytes=100_000))
            check = await desk.verification.check(user(), VIDEO, particulars())
            assert (check.state, check.reason) == (State.UNKNOWN, Reason.PENDING)
            assert check.page_url.startswith(f"{sources.url}/video/")
            await sources.control.switch_on(Fault.WRONG_SIGNATURE, calls=1, method="notice")
            await sources.show(check.id, "other_face")
            refused = await once(lambda: sources.look(check.id), lambda seen: bool(seen.notices))
            assert refused.notices[0].startswith("401")
            assert (await desk.verification.get(check.id)).is_open
            await sources.control.advance(seconds=10)
            known = await once(lambda: desk.verification.get(check.id), lambda found: not found.is_open)
            assert (known.state, known.findings[Element.PORTRAIT]) == (State.MISMATCHED, "mismatched")
            assert known.page_url == ""
            assert len(await desk.told()) == 1


async def test_a_lost_notice_of_a_video_is_made_up_for_by_asking(
    desk: VerificationDesk, clock: ManualClock
) -> None:
    check = await desk.verification.check(user(), VIDEO, particulars())
    await desk.sources.control.switch_on(Fault.DROP_NOTICES)
    await desk.sources.show(check.id)
    clock.move(seconds=31)
    await desk.verification.ask_due()
    assert (await desk.verification.get(check.id)).state is State.MATCHED


@pytest.mark.parametrize(
    ("choice", "state"), [("pass", State.MATCHED), ("not_alive", State.MISMATCHED), ("hello", State.UNKNOWN)]
)
async def test_whoever_opens_the_page_of_a_video_is_done_with_one_button(
    desk: VerificationDesk, clock: ManualClock, choice: str, state: State
) -> None:
    check = await desk.verification.check(user(), VIDEO, particulars())
    async with httpx.AsyncClient() as browser:
        assert "Look into the camera" in (await browser.get(check.page_url)).text
        shown = await browser.post(check.page_url, data={"choice": choice})
        assert ("Done, you can go back" in shown.text) == (state is not State.UNKNOWN)
    clock.move(seconds=31)
    await desk.verification.ask_due()
    assert (await desk.verification.get(check.id)).state is state


async def test_a_cards_number_goes_from_the_vault_to_the_bank_and_never_by_us(
    database: Database, urls: DatabaseUrls, clock: ManualClock, sources: RunningSources, tmp_path: Path
) -> None:
    numbers = {"6222020000000007": State.MATCHED, "6222020000004041": State.MISMATCHED}
    async with running_vault(urls, tmp_path / "platform", clock=clock) as vault:
        opening = verification_desk(database, clock, sources, tmp_path / "keys", vault=vault.door)
        async with opening as desk:
            found: dict[str, Check] = {}
            for number in numbers:
                token = await vault.tokenise(number)
                said = particulars(card_token=token["id"], card_last4=number[-4:])
                if not found:
                    unsent = await desk.verification.check(user(), CARD, said)
                    assert (unsent.state, unsent.reason) == (State.UNKNOWN, Reason.NO_ANSWER)
                    await vault.vault.allow("verification.bank_card", sources.url, actor="operator:test")
                found[number] = await desk.verification.check(user(), CARD, said)
            assert {number: check.state for number, check in found.items()} == numbers
            assert found["6222020000004041"].reason is Reason.CARD_OF_ANOTHER
            for number in numbers:
                assert number not in await _dump(urls)


async def _count(urls: DatabaseUrls, table: str) -> int:
    async with await psycopg.AsyncConnection.connect(urls.owner) as connection:
        rows = await connection.execute(f"select count(*) from verification.{table}".encode())
        [(count,)] = await rows.fetchall()
        return int(count)


async def _dump(urls: DatabaseUrls) -> str:
    """Everything that lies in this context's tables, and what it told others, as text."""
    said = []
    async with await psycopg.AsyncConnection.connect(urls.owner) as connection:
        for table in (
            "verification.checks",
            "verification.questions",
            "verification.documents_read",
            "foundation.outbox",
        ):
            rows = await connection.execute(f"select t.*::text from {table} t".encode())
            said += [str(row) for row in await rows.fetchall()]
    return "\n".join(said)


@contextlib.asynccontextmanager
async def _listening() -> AsyncIterator[tuple[str, Callable[[ASGIApp], None]]]:
    """An address that answers once it is told by what."""
    answers: list[ASGIApp] = []

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await answers[-1](scope, receive, send)

    opened = open_socket("127.0.0.1", 0)
    server = server_of(call, Settings(stop_seconds=1.0))
    serving = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        yield f"http://127.0.0.1:{port_of(opened)}", answers.append
    finally:
        server.should_exit = True
        await serving
