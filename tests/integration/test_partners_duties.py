"""Is nobody forgotten who has to do something by a day? Windows, policy changes, check-lists, certificates, drills."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import BillLine, LineKind
from tael.foundation import db
from tael.foundation.db import Database
from tael.foundation.errors import Malformed
from tael.foundation.jobs import Jobs
from tael.foundation.money import Money
from tael.partners.errors import EndedAlready, NoSuchPartner, NoSuchRecord, PartnerMalformed, TooEarly
from tael.partners.jobs import register_jobs
from tael.partners.model import (
    DeadlineKind,
    DocumentKind,
    DrillState,
    ItemResult,
    Part,
    PolicyState,
    State,
    Step,
)
from tael.partners.schemas import (
    AnswerItem,
    ApplyPolicyChange,
    AssignStep,
    CancelDrill,
    CancelWindow,
    MakeChecklist,
    PlanDrill,
    RecordAcceptance,
    RecordCertificate,
    RecordDrill,
    RecordIncident,
    RecordPolicyChange,
    ReplaceCertificate,
    Retire,
    RetireChecklist,
    ReviewPolicyChange,
    ScheduleWindow,
)
from tael.testing.certificates import certificate_pem
from tael.testing.partners import ANN, BO, PartnersDesk

FOUNDATION = db.queries("tael.foundation")


@pytest.fixture
async def desk(urls: DatabaseUrls) -> AsyncIterator[PartnersDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield PartnersDesk(database)
    await database.close()


async def told(desk: PartnersDesk) -> list[tuple[DeadlineKind, int]]:
    """Whoever was reminded, in order."""
    return [(each.kind, each.days_before) for each in reversed(await desk.partners.reads.reminders())]


async def facts(desk: PartnersDesk) -> int:
    async with desk.database.transaction() as tx:
        events = await tx.tuples(FOUNDATION.next_events, now=desk.clock.now(), limit=1_000)
    return sum(type_ == "partners.deadline_near" for _, type_, *_ in events)


async def test_a_channel_rests_in_its_window_and_not_before_or_after(desk: PartnersDesk) -> None:
    await desk.open()
    now = desk.clock.now()
    window = await desk.partners.do(
        "alpha",
        ScheduleWindow(
            starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=3), reason="moves house"
        ),
        actor=ANN,
    )
    terms = (await desk.partners.terms())["alpha"]
    rests = [terms.rests_at(now + timedelta(minutes=minutes)) for minutes in (59, 60, 179, 180)]
    assert rests == [False, True, True, False]
    await desk.partners.do(window.id, CancelWindow(), actor=BO)
    assert (await desk.partners.terms())["alpha"].windows == ()
    with pytest.raises(EndedAlready):
        await desk.partners.do(window.id, CancelWindow(), actor=BO)
    with pytest.raises(PartnerMalformed):
        await desk.partners.do(
            "alpha", ScheduleWindow(starts_at=now, ends_at=now, reason="nothing"), actor=ANN
        )
    with pytest.raises(NoSuchRecord):
        await desk.partners.do("win_00000000000000000000000000", CancelWindow(), actor=ANN)


async def test_a_policy_change_is_reviewed_and_applied_and_reminded_of_until_then(desk: PartnersDesk) -> None:
    await desk.open()
    announced = RecordPolicyChange(
        title="Two-factor for refunds",
        source="letter 17",
        announced_on=desk.today,
        effective_on=desk.today + timedelta(days=10),
    )
    change = await desk.partners.do("alpha", announced, actor=ANN)
    with pytest.raises(TooEarly):
        await desk.partners.do(change.id, ApplyPolicyChange(), actor=BO)
    await desk.partners.remind()
    await desk.partners.remind()
    assert await told(desk) == [(DeadlineKind.POLICY_CHANGE, 14)]
    reviewed = await desk.partners.do(
        change.id, ReviewPolicyChange(decision="switch it on", something_to_do=True), actor=BO
    )
    assert (reviewed.state, reviewed.reviewed_by) == (PolicyState.REVIEWED, BO)
    with pytest.raises(EndedAlready):
        await desk.partners.do(
            change.id, ReviewPolicyChange(decision="again", something_to_do=True), actor=BO
        )
    desk.clock.move(days=12)
    await desk.partners.remind()
    applied = await desk.partners.do(change.id, ApplyPolicyChange(), actor=ANN)
    assert (applied.state, applied.applied_by) == (PolicyState.APPLIED, ANN)
    desk.clock.move(days=12)
    await desk.partners.remind()
    assert await told(desk) == [(DeadlineKind.POLICY_CHANGE, 14), (DeadlineKind.POLICY_CHANGE, -1)]
    assert await facts(desk) == 2
    assert [each.id for each in await desk.partners.reads.policy_changes(state=PolicyState.APPLIED)] == [
        change.id
    ]


async def test_a_check_list_is_run_again_and_again_and_done_with_the_last_answer(desk: PartnersDesk) -> None:
    await desk.open()
    template = MakeChecklist(
        name="Quarterly",
        owner=BO,
        items=("Licence valid", "Funds report read"),
        every_days=90,
        first_due_on=desk.today + timedelta(days=20),
    )
    checklist = await desk.partners.do("alpha", template, actor=ANN)
    await desk.partners.make_runs()
    assert await desk.partners.reads.runs() == []
    desk.clock.move(days=6)
    await desk.partners.make_runs()
    await desk.partners.make_runs()
    [run] = await desk.partners.reads.runs(channel="alpha")
    assert (run.items, run.owner) == (template.items, BO)
    assert run.due_on == checklist.next_due_on

    first = AnswerItem(item=1, result=ItemResult.NOT_FINE, evidence="expired")
    await desk.partners.do(run.id, first, actor=BO)
    paper = await desk.upload("alpha", DocumentKind.EVIDENCE)
    better = AnswerItem(item=1, result=ItemResult.FINE, evidence="renewed", document_id=paper)
    halfway = await desk.partners.do(run.id, better, actor=ANN)
    assert halfway.done_at is None
    assert [(each.result, each.answered_by) for each in halfway.answers] == [(ItemResult.FINE, ANN)]
    with pytest.raises(PartnerMalformed):
        await desk.partners.do(run.id, AnswerItem(item=3, result=ItemResult.FINE, evidence="?"), actor=BO)
    done = await desk.partners.do(
        run.id, AnswerItem(item=2, result=ItemResult.NOT_APPLICABLE, evidence="no funds yet"), actor=BO
    )
    assert done.done_at == desk.clock.now()
    with pytest.raises(EndedAlready):
        await desk.partners.do(run.id, first, actor=BO)
    desk.clock.move(days=90)
    await desk.partners.do(checklist.id, RetireChecklist(), actor=ANN)
    await desk.partners.make_runs()
    assert len(await desk.partners.reads.runs()) == 1


async def test_runs_that_were_missed_are_all_made_and_overdue(desk: PartnersDesk) -> None:
    await desk.open()
    weekly = MakeChecklist(name="Weekly", owner=BO, items=("Look",), every_days=7, first_due_on=desk.today)
    await desk.partners.do("alpha", weekly, actor=ANN)
    desk.clock.move(days=21)
    await desk.partners.make_runs()
    overdue = await desk.partners.reads.runs(overdue_on=desk.today)
    assert sorted(run.due_on for run in overdue) == [date(2026, 3, day) for day in (1, 8, 15)]
    await desk.partners.remind()
    assert await told(desk) == [(DeadlineKind.RUN, days) for days in (-14, -7, -1, 1)]


async def test_an_answer_with_another_partners_document_is_refused(desk: PartnersDesk) -> None:
    await desk.open()
    await desk.open("beta")
    weekly = MakeChecklist(name="Weekly", owner=BO, items=("Look",), every_days=7, first_due_on=desk.today)
    await desk.partners.do("alpha", weekly, actor=ANN)
    await desk.partners.make_runs()
    run = (await desk.partners.reads.runs())[-1]
    foreign = await desk.upload("beta", DocumentKind.EVIDENCE)
    with pytest.raises(NoSuchRecord):
        await desk.partners.do(
            run.id,
            AnswerItem(item=1, result=ItemResult.FINE, evidence="see there", document_id=foreign),
            actor=BO,
        )


async def test_a_certificate_is_warned_of_until_it_is_replaced(desk: PartnersDesk) -> None:
    await desk.open()
    ends_at = desk.clock.now() + timedelta(days=65)
    command = RecordCertificate(name="our signing key", pem=certificate_pem(ends_at))
    certificate = await desk.partners.do("alpha", command, actor=ANN)
    assert (certificate.ends_at, certificate.serial) == (ends_at, "beef")
    assert certificate.subject == "CN=Alpha signing"
    for _ in range(35):
        await desk.partners.remind()
        desk.clock.move(days=1)
    assert await told(desk) == [(DeadlineKind.CERTIFICATE, 60)]
    desk.clock.move(days=15)
    await desk.partners.remind()
    assert (await told(desk))[1:] == [(DeadlineKind.CERTIFICATE, 30)]
    newer = await desk.partners.do(
        "alpha",
        RecordCertificate(
            name="our signing key",
            pem=certificate_pem(ends_at + timedelta(days=365)),
            replaces=certificate.id,
        ),
        actor=BO,
    )
    desk.clock.move(days=14)
    await desk.partners.remind()
    assert len(await told(desk)) == 2
    near = await desk.partners.reads.certificates(ends_before=desk.clock.now() + timedelta(days=30))
    assert near == []
    await desk.partners.do(newer.id, ReplaceCertificate(), actor=ANN)
    with pytest.raises(EndedAlready):
        await desk.partners.do(newer.id, ReplaceCertificate(), actor=ANN)


async def test_a_certificate_that_a_channel_is_told_is_warned_of_though_nobody_handed_it_in(
    desk: PartnersDesk,
) -> None:
    await desk.open()
    old, new = [certificate_pem(desk.clock.now() + timedelta(days=days)) for days in (61, 400)]
    desk.channels.told["alpha"] = old
    for _ in range(61):
        await desk.partners.remind()
        desk.clock.move(days=1)
    assert await told(desk) == [(DeadlineKind.CERTIFICATE, days) for days in (60, 30, 14, 7, 1)]
    assert await facts(desk) == 5
    [near] = await desk.partners.reads.deadlines(until=desk.clock.now() + timedelta(days=1))
    assert (near.channel, near.what) == ("alpha", "certificate: CN=Alpha signing (beef)")
    now = desk.clock.now()
    [card] = await desk.partners.scorecards(since=now - timedelta(days=1), until=now)
    assert card.parts[Part.SECURITY].figures["certificates_near_their_end"] == 1

    desk.channels.told["alpha"] = new
    await desk.partners.remind()
    assert len(await told(desk)) == 5, "what is no longer told ends without anybody"


async def test_a_certificate_that_was_handed_in_and_is_told_is_one_deadline(desk: PartnersDesk) -> None:
    await desk.open()
    desk.channels.told["alpha"] = certificate_pem(desk.clock.now() + timedelta(days=20))
    command = RecordCertificate(name="our signing key", pem=desk.channels.told["alpha"])
    certificate = await desk.partners.do("alpha", command, actor=ANN)
    until = desk.clock.now() + timedelta(days=30)
    assert [each.what for each in await desk.partners.reads.deadlines(until=until)] == ["our signing key"]
    await desk.partners.do(certificate.id, ReplaceCertificate(), actor=ANN)
    [still] = await desk.partners.reads.deadlines(until=until)
    assert still.object_id.startswith("alpha:certificate:"), "it is replaced on paper, and told as before"


async def test_a_certificate_that_cannot_be_read_is_refused(desk: PartnersDesk) -> None:
    await desk.open()
    now = desk.clock.now()
    for command in (
        RecordCertificate(name="key"),
        RecordCertificate(name="key", pem="-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----"),
        RecordCertificate(name="key", starts_at=now, ends_at=now),
        RecordCertificate(name="key", pem=certificate_pem(now + timedelta(days=1)), ends_at=now),
    ):
        with pytest.raises(PartnerMalformed):
            await desk.partners.do("alpha", command, actor=ANN)
    with pytest.raises(Malformed):
        await desk.partners.do("alpha", RecordCertificate(name="a\x00b"), actor=ANN)


async def test_a_drill_is_planned_run_and_remembered(desk: PartnersDesk) -> None:
    await desk.open()
    plan = PlanDrill(scenario="alpha is gone", planned_for=desk.clock.now() + timedelta(days=1))
    drill = await desk.partners.do("alpha", plan, actor=ANN)
    cancelled = await desk.partners.do("alpha", plan, actor=ANN)
    await desk.partners.do(cancelled.id, CancelDrill(), actor=ANN)
    await desk.partners.remind()
    assert await told(desk) == [(DeadlineKind.DRILL, 1)]
    ran = await desk.partners.do(
        drill.id, RecordDrill(passed=True, recovery_seconds=4, findings="alarm came late"), actor=BO
    )
    assert (ran.state, ran.run_by, ran.recovery_seconds) == (DrillState.PASSED, BO, 4)
    for ended in (drill, cancelled):
        with pytest.raises(EndedAlready):
            await desk.partners.do(ended.id, RecordDrill(passed=False, findings="again"), actor=BO)
    assert [each.id for each in await desk.partners.reads.drills(state=DrillState.PASSED)] == [drill.id]


async def test_all_deadlines_stand_in_one_list_soonest_first(desk: PartnersDesk) -> None:
    await desk.open()
    now, today = desk.clock.now(), desk.today
    await desk.partners.do("alpha", AssignStep(owner=BO, due_on=today + timedelta(days=2)), actor=ANN)
    await desk.upload("alpha", DocumentKind.CONTRACT, until=today + timedelta(days=4))
    await desk.partners.do(
        "alpha", RecordCertificate(name="key", starts_at=now, ends_at=now + timedelta(days=1)), actor=ANN
    )
    await desk.partners.do(
        "alpha", PlanDrill(scenario="gone", planned_for=now + timedelta(days=9)), actor=ANN
    )
    found = await desk.partners.reads.deadlines(until=now + timedelta(days=8))
    assert [(each.kind, each.owner) for each in found] == [
        (DeadlineKind.CERTIFICATE, ""),
        (DeadlineKind.STEP, BO),
        (DeadlineKind.DOCUMENT, ""),
    ]
    assert found[1].due_at == datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
    only = await desk.partners.reads.deadlines(until=now + timedelta(days=8), kind=DeadlineKind.STEP)
    assert [each.object_id for each in only] == ["alpha:research"]


async def test_a_bill_is_compared_with_the_fee_tables_of_its_channel(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.ACCEPTANCE)
    await desk.fees("alpha")
    lines = [
        BillLine(
            kind=LineKind.PAYMENT,
            amount=Money(10_000, "CNY"),
            fee=Money(fee, "CNY"),
            order_number=f"o{fee}",
            happened_at=desk.clock.now(),
        )
        for fee in (60, 65)
    ]
    compared = await desk.partners.compare_fees("alpha", lines)
    assert [(each.order_number, each.too_much_minor) for each in compared.differences] == [("o65", 5)]
    with pytest.raises(NoSuchPartner):
        await desk.partners.compare_fees("beta", lines)


async def test_a_scorecard_is_made_of_what_was_measured_declared_and_done(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.LIVE)
    await desk.open("beta")
    desk.channels.known.pop("beta")
    await desk.partners.do("alpha", RecordIncident(what="bills came late"), actor=BO)
    await desk.partners.do("alpha", RecordAcceptance(content=desk.report("alpha", complete=False)), actor=ANN)
    now = desk.clock.now()
    desk.channels.measured("alpha", now, calls=9_900, by_error={"transport": 50})
    until = now + timedelta(hours=1)
    alpha, beta = await desk.partners.scorecards(since=now - timedelta(days=1), until=until)
    assert alpha.parts[Part.STABILITY].score == (2 * 50 + 100 + 100) // 4
    assert alpha.parts[Part.FEES].score == 40
    assert alpha.parts[Part.SECURITY].score == 100
    assert alpha.parts[Part.EFFORT].score == 85
    assert alpha.parts[Part.COVERAGE].score == 21
    assert alpha.complete
    assert alpha.total == (75 * 35 + 21 * 15 + 100 * 20 + 40 * 20 + 85 * 10 + 50) // 100
    assert (beta.complete, beta.parts[Part.COVERAGE].score) == (False, None)
    assert beta.total == beta.parts[Part.EFFORT].score == 100
    assert await desk.partners.scorecards(since=now, until=until, channel="beta") != [alpha]
    with pytest.raises(NoSuchPartner):
        await desk.partners.scorecards(since=now, until=until, channel="gamma")


async def test_a_retired_partner_reminds_nobody(desk: PartnersDesk) -> None:
    await desk.open()
    await desk.finish("alpha", Step.RESEARCH)
    await desk.upload("alpha", DocumentKind.CONTRACT, until=desk.today)
    await desk.agree("alpha", Retire(reason="too dear"))
    await desk.partners.remind()
    assert await told(desk) == []


def test_the_rounds_of_partners_are_on_the_schedule(desk: PartnersDesk, urls: DatabaseUrls) -> None:
    jobs = Jobs(urls.application)
    register_jobs(jobs, desk.partners)
    scheduled = {schedule.job for schedule in jobs._schedules}
    assert {"partners.judge_canaries", "partners.make_runs", "partners.remind"} <= scheduled
