"""Is a user who they say they are? A source is asked; what it confirms is evidence, and what it does not is said by name.

Written down before the source hears of it, under the number of the check: whoever dies in between finds the answer under it,
and `CheckEnded` finishes what nobody waited for.
"""

from collections.abc import Sequence
from datetime import timedelta

from tael.behaviour.model import ActKind, ActResult
from tael.foundation import outbox
from tael.foundation.identity_documents import IdentityDocument
from tael.foundation.ids import new_id
from tael.standing.errors import EndedAlready, OtherPerson
from tael.standing.model import Permission, Presence, Reason
from tael.users import rules, store
from tael.users.errors import (
    ConsentNeeded,
    ReviewPending,
    SourceUnavailable,
    TooManyVerifications,
    VerificationPending,
)
from tael.users.events import UserVerified
from tael.users.model import (
    Particulars,
    PersonState,
    ReviewReason,
    UserState,
    VerificationRecord,
    VerificationState,
    VerificationTries,
)
from tael.users.schemas.own import VerificationRequest
from tael.users.usecases import agreements, people, queue
from tael.users.usecases.desk import Desk, Doing, doing_by_itself
from tael.users.usecases.words import listed, word
from tael.verification.model import Check, Finding, SourceName, State
from tael.verification.model import Particulars as Said
from tael.verification.model import Presence as SourcePresence

_FORGOTTEN_AFTER = timedelta(minutes=15)
_AT_ONCE = 200
_STATES = {
    State.MATCHED: VerificationState.MATCHED,
    State.MISMATCHED: VerificationState.MISMATCHED,
    State.PARTIAL: VerificationState.PARTIAL,
    State.UNKNOWN: VerificationState.GIVEN_UP,
}


async def begin(doing: Doing, wanted: VerificationRequest) -> str:
    """Write down that a source is asked; gives the number of the check.

    Refuses `IdentityNeeded`, `ConsentNeeded`, `TooManyVerifications`, `VerificationPending`, `SourceUnavailable`,
    `ParticularsIncomplete`, and what standing refuses.
    """
    user, desk = await doing.user(lock=True), doing.desk
    [refusal] = await desk.standing.check(doing.tx, [(user.id, Permission.VERIFY)])
    if refusal is not None:
        raise refusal
    await people.particulars(doing)
    purpose = rules.CONSENT_FOR.get(wanted.source)
    if purpose is not None and not await agreements.has_consent(doing, purpose):
        raise ConsentNeeded(
            "To compare your face takes a consent of its own.",
            hint="POST /v1/me/consents gives it; other sources need none.",
            purpose=str(purpose),
        )
    if wanted.source not in desk.verification.set_up():
        raise SourceUnavailable("This source is not available here.", field="source")
    records = await store.verifications_of(doing.tx, user.id)
    _check_tries(doing, wanted.source, records)
    number = new_id("chk")
    desk.verification.check_said(wanted.source, await said_of(doing, wanted))
    presence = desk.verification.terms_of(wanted.source, at=doing.now).presence
    await store.insert_verification(
        doing.tx, number, user_id=user.id, source=wanted.source, presence=presence, now=doing.now
    )
    return number


async def said_of(doing: Doing, wanted: VerificationRequest) -> Said:
    """What the source compares."""
    known: Particulars = await people.particulars(doing)
    return Said(
        name=known.name,
        document=IdentityDocument(
            kind=known.kind,
            number=known.number,
            issued_by=known.issued_by,
            valid_until=known.valid_until,
        ),
        phone=known.phone,
        card_token=wanted.card_token,
        card_last4=wanted.card_last4,
        front=wanted.front,
        back=wanted.back,
        face=wanted.face,
    )


async def settle(doing: Doing, check: Check) -> VerificationRecord | None:
    """What follows from what a source has said; done twice, it is the same. `None`: it was not asked for a user.

    Of whoever has left meanwhile it is written down, and nothing follows.
    """
    record = await store.find_verification(doing.tx, check.id, lock=True)
    if record is None or record.state is not VerificationState.PENDING or check.is_open:
        return record
    wrong = [str(each) for each in check.elements if check.findings.get(each) is not Finding.MATCHED]
    state = _STATES[check.state]
    matched = state is VerificationState.MATCHED
    is_here = (await store.find_user(doing.tx, record.user_id)).state is UserState.ACTIVE
    evidence = matched and is_here and await _confirmed(doing, record, check)
    await store.end_verification(
        doing.tx,
        check.id,
        state=state,
        wrong=[] if matched else wrong,
        evidence=evidence,
        now=doing.now,
    )
    if is_here:
        await _make_known(doing, state, wrong)
    return await store.find_verification(doing.tx, check.id)


async def _make_known(doing: Doing, state: VerificationState, wrong: Sequence[str]) -> None:
    """To behaviour, to the user, and to staff where a part was confirmed too often."""
    matched = state is VerificationState.MATCHED
    result = ActResult.DONE if matched else ActResult.FAILED
    await doing.record(ActKind.CHANGE, what="verification", result=result)
    if not matched:
        await _tell_why(doing, state, wrong)
    if state is VerificationState.PARTIAL:
        await _look_at_partial(doing)


async def give_up(doing: Doing, check_id: str) -> None:
    """The source was never asked."""
    await store.end_verification(
        doing.tx,
        check_id,
        state=VerificationState.GIVEN_UP,
        wrong=[],
        evidence=False,
        now=doing.now,
    )


async def finish(desk: Desk, check: Check) -> None:
    """A check has ended that nobody may have waited for."""
    async with desk.database.transaction() as tx:
        await settle(doing_by_itself(desk, tx, check.subject), check)


async def sweep(desk: Desk) -> None:
    """End what is still pending though its check has ended, or was never begun: whoever asked died in between."""
    asked_before, last = desk.clock.now() - _FORGOTTEN_AFTER, None
    while True:
        async with desk.database.transaction() as tx:
            pending = await store.pending_verifications(
                tx, asked_before=asked_before, before=last, limit=_AT_ONCE
            )
        await _end(desk, pending)
        if len(pending) < _AT_ONCE:
            return
        last = pending[-1].check_id


async def _end(desk: Desk, pending: Sequence[VerificationRecord]) -> None:
    checks = await desk.verification.look([each.check_id for each in pending])
    for each in pending:
        check = checks.get(each.check_id)
        async with desk.database.transaction() as tx:
            doing = doing_by_itself(desk, tx, each.user_id)
            if check is None:
                await give_up(doing, each.check_id)
            else:
                await settle(doing, check)


async def _confirmed(doing: Doing, record: VerificationRecord, check: Check) -> bool:
    """A source says yes: whether it counts. It does not for what was claimed after it was asked.

    Whoever waits for the answer reads it; they are told where their class changes, and where it comes later.
    """
    person = await store.find_person(doing.tx, record.user_id)
    if person is None or person.claimed_at > record.asked_at or person.state is PersonState.IN_REVIEW:
        return False
    terms = doing.desk.verification.terms_of(check.source, at=doing.now)
    before = (await doing.desk.standing.class_of(doing.tx, [record.user_id])).get(record.user_id)
    answered_at = check.answered_at or doing.now
    face_to_face = terms.presence is SourcePresence.FACE_TO_FACE
    try:
        reached = await doing.desk.standing.record_evidence(
            doing.tx,
            record.user_id,
            check.source,
            Presence.FACE_TO_FACE if face_to_face else Presence.REMOTE,
            answered_at,
            person=person.person,
            valid_until=answered_at + timedelta(days=terms.valid_days),
            check_id=check.id,
        )
    except OtherPerson:
        return False
    await store.set_person_state(doing.tx, record.user_id, PersonState.VERIFIED, now=doing.now)
    await _renewed(doing)
    if reached is not before or doing.is_by_itself:
        await doing.tell("verification_passed", {"level": str(reached)})
    fact = UserVerified(object_id=record.user_id, happened_at=doing.now, source=check.source)
    await outbox.publish(doing.tx, [fact])
    return True


async def _renewed(doing: Doing) -> None:
    """A document that had expired was renewed and confirmed: what was taken for it is given back."""
    restriction_id = await store.take_restriction(doing.tx, doing.user_id)
    if restriction_id is not None:
        try:
            await doing.desk.standing.lift(doing.tx, restriction_id, reason=Reason.VERIFIED_ANEW)
        except EndedAlready:
            return  # a member of staff was quicker


def _check_tries(doing: Doing, source: SourceName, records: Sequence[VerificationRecord]) -> None:
    rule = doing.desk.rules.read("users.verification", VerificationTries, at=doing.now)
    if any(each.source == source and each.state is VerificationState.PENDING for each in records):
        raise VerificationPending(
            "This source has not answered yet. You will be told as soon as it does.", field="source"
        )
    midnight = rules.midnight(doing.now)
    if rules.tries_since(records, source, since=midnight) >= rule.tries_per_day:
        tomorrow = int((midnight + timedelta(days=1) - doing.now).total_seconds()) + 1
        raise TooManyVerifications(
            f"A source is asked at most {rule.tries_per_day} times a day.",
            field="source",
            hint="Come back tomorrow, or choose another source.",
            retry_after_seconds=tomorrow,
        )


async def _tell_why(doing: Doing, state: VerificationState, wrong: Sequence[str]) -> None:
    language = (await store.find_user(doing.tx, doing.user_id)).language
    why = word(language, "why", state)
    if state is VerificationState.MISMATCHED and wrong:
        why = f"{listed(language, 'element', list(wrong))}: {why}"
    await doing.tell("verification_failed", {"why": why})


async def _look_at_partial(doing: Doing) -> None:
    rule = doing.desk.rules.read("users.verification", VerificationTries, at=doing.now)
    records = await store.verifications_of(doing.tx, doing.user_id)
    most, since = rule.partial_before_review, rules.midnight(doing.now)
    if rules.partial_needs_review(records, most=most, since=since):
        try:
            await queue.open_review(doing, ReviewReason.PARTIAL_ANSWERS)
        except ReviewPending:
            return  # somebody looks at it
