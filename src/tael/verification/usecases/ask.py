"""How is a source asked, and what becomes of its answer? Nothing is held while it thinks; the first definite answer counts."""

import secrets
from datetime import timedelta

import msgspec
import structlog

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.sealing import SealBroken
from tael.verification import rules, store
from tael.verification.errors import CheckClosed, NoSuchCheck, SourceRefused
from tael.verification.events import CheckEnded
from tael.verification.model import Check, DocumentRead, Particulars, SourceName, State
from tael.verification.port import Answer, InboundNotice, Question, Reason, Source, unknown
from tael.verification.usecases.begin import open_question
from tael.verification.usecases.desk import Desk, Silence

log = structlog.get_logger("tael.verification")

AT_A_TIME = 16


async def ask(desk: Desk, id: str) -> Check:
    """Ask about an open check, which is the caller's for the length of a lease."""
    async with desk.database.transaction() as tx:
        check = (await store.find(tx, [id])).get(id)
        sealed = await store.question_of(tx, id)
    if check is None:
        raise NoSuchCheck(f"There is no check {id[:40]}.", field="check_id")
    if sealed is None:
        return check
    return await conclude(desk, id, await _answer(desk, check, sealed))


async def _answer(desk: Desk, check: Check, sealed: bytes) -> Answer:
    try:
        source = desk.sources.find(check.source)
        said = open_question(desk, check.id, sealed)
    except SourceRefused as refusal:
        log.warning("source_refused", source=check.source, reason=refusal.message)
        return unknown(Reason.NOT_SET_UP)
    except SealBroken:
        log.exception("question_unreadable", check=check.id)
        return unknown(Reason.UNREADABLE)
    if source is None:
        return unknown(Reason.NOT_SET_UP)
    return await _heard(desk, source, check, said)


async def _heard(desk: Desk, source: Source, check: Check, said: Particulars) -> Answer:
    question = Question(
        number=check.id,
        elements=frozenset(check.elements),
        particulars=said,
        once=secrets.token_hex(16),
        asked_at=desk.now(),
        notify_url=desk.notify_url(check.source),
    )
    heard = await desk.send(check.source, source.request(question), source.timeout_seconds)
    if isinstance(heard, Silence):
        log.info("source_silent", source=check.source, check=check.id, reason=heard.why)
        return unknown(Reason.NO_ANSWER)
    return source.read(question, heard)


async def conclude(desk: Desk, id: str, answer: Answer) -> Check:
    """Write down what was learnt; a check that has ended stays as it ended."""
    now = desk.now()
    async with desk.database.transaction() as tx:
        check = await store.lock(tx, id)
        if check is None:
            raise NoSuchCheck(f"There is no check {id[:40]}.", field="check_id")
        if not check.is_open:
            return check
        answer = rules.judged(answer, desk.terms(now).of(check.source))
        changed = _changed(desk, check, answer)
        await store.update(tx, changed)
        if answer.read is not None and not changed.is_open:
            await _keep(desk, tx, id, answer.read)
        if not changed.is_open:
            await outbox.publish(
                tx,
                [
                    CheckEnded(
                        object_id=check.subject,
                        happened_at=now,
                        check_id=id,
                        source=check.source,
                        state=changed.state,
                        reason=changed.reason,
                    )
                ],
            )
    return changed


def _changed(desk: Desk, check: Check, answer: Answer) -> Check:
    now = desk.now()
    if answer.state is not State.UNKNOWN:
        return msgspec.structs.replace(
            check,
            state=answer.state,
            reason=answer.reason,
            findings=answer.findings,
            score_percent=answer.score_percent,
            reference=answer.reference or check.reference,
            page_url="",
            next_ask_at=None,
            answered_at=now,
        )
    again = rules.next_ask_at(
        opened_at=check.created_at,
        times_asked=check.times_asked,
        reason=answer.reason,
        now=now,
        patience=desk.patience(now),
    )
    return msgspec.structs.replace(
        check,
        reason=answer.reason,
        reference=answer.reference or check.reference,
        page_url="" if again is None else answer.page_url or check.page_url,
        next_ask_at=again,
        given_up_at=now if again is None else None,
    )


async def _keep(desk: Desk, tx: Transaction, id: str, read: DocumentRead) -> None:
    text = msgspec.json.encode(read).decode()
    sealed = desk.personal.seal(text, about=f"verification document {id}")
    await store.insert_document_read(tx, id, sealed=sealed, at=desk.now())


async def ask_again(desk: Desk, id: str) -> Check:
    """Ask about an open check now, not when its time comes; refuses `NoSuchCheck`, `CheckClosed`."""
    async with desk.database.transaction() as tx:
        known = await store.find(tx, [id])
        if id not in known:
            raise NoSuchCheck(f"There is no check {id[:40]}.", field="check_id")
        if not await store.claim(tx, id, lease_until=desk.now() + rules.LEASE):
            raise CheckClosed("The check has ended: nobody is asked again.", hint="Begin a new one.")
    return await ask(desk, id)


async def sources_due(desk: Desk) -> list[SourceName]:
    """The sources that are to be asked about something."""
    async with desk.database.transaction() as tx:
        return await store.sources_due(tx, now=desk.now())


async def claim_due(desk: Desk, source: SourceName) -> list[str]:
    """Take some checks whose time has come."""
    now = desk.now()
    async with desk.database.transaction() as tx:
        return await store.claim_due(tx, source, now=now, lease_until=now + rules.LEASE, limit=AT_A_TIME)


async def hear(desk: Desk, source_name: SourceName, inbound: InboundNotice) -> Check:
    """A notice of a result that comes later; refuses `NoticeRefused`, `NoSuchCheck`, `NoSuchSource`."""
    source = desk.source(source_name)
    inbound = msgspec.structs.replace(inbound, path=desk.notice_path(source_name))
    notice = source.hear(inbound, now=desk.now())
    async with desk.database.transaction() as tx:
        check = (await store.find(tx, [notice.number])).get(notice.number)
    if check is None or check.source is not source_name:
        raise NoSuchCheck("There is no such check at this source.", field="number")
    if not check.is_open:
        return check
    answer = source.read_notice(check.id, frozenset(check.elements), notice)
    return await conclude(desk, check.id, answer)


async def forget_old(desk: Desk) -> None:
    """Keep no longer what was read off documents long ago."""
    now = desk.now()
    days = timedelta(days=desk.patience(now).documents_read_days)
    async with desk.database.transaction() as tx:
        await store.forget_documents_read(tx, before=now - days)
