"""Who gives back what was taken, decides what users ask, and answers objections? Never one person alone, and in time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.proposals import Proposal, SameEyes
from tael.standing.api import (
    AnswerObjection,
    Ask,
    DecideProposal,
    DecideRequest,
    Freeze,
    LiftRestriction,
    Object,
    ProposeLift,
    RestrictionFilter,
    ReviewRestriction,
    SetRestriction,
    TakeBack,
    Thaw,
    digest_of_thaw,
)
from tael.standing.errors import (
    AskedAlready,
    ConfirmationNeeded,
    EndedAlready,
    NoSuchRequest,
    NoSuchRestriction,
    NothingToAsk,
    NotYoursToLift,
    OwnRestriction,
    RequestMalformed,
    RestrictionMalformed,
    ReviewedAlready,
    TwoPeopleNeeded,
)
from tael.standing.model import (
    ChangeRequest,
    Kind,
    NewRestriction,
    Objection,
    ObjectionState,
    Permission,
    PersonalLimit,
    RequestState,
    Restriction,
    Signal,
)
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tests.integration.standing_desk import StandingDesk

P = Permission
ANN, BOB, EVE = "staff:stf_ann", "staff:stf_bob", "staff:stf_eve"
DAY = PersonalLimit.TRANSFER_DAY


@pytest.fixture(scope="module")
async def shared(server: DatabaseUrls) -> AsyncIterator[Database]:
    """One database for all tests of this file: each has users of its own."""
    async with fresh_database(server) as urls:
        database = Database(urls.application, pool_size=4, role="tael_app")
        await database.open()
        yield database
        await database.close()


@pytest.fixture
def desk(shared: Database, clock: ManualClock) -> StandingDesk:
    return StandingDesk(shared, clock)


async def restricted(
    desk: StandingDesk, user: str, kind: Kind = Kind.BY_RISK, *, by: str = ANN, **says: object
) -> Restriction:
    papers = {"order_number": "2026-17", "authority": "Bureau 3"} if kind is Kind.BY_LAW else {}
    new = NewRestriction(user_id=user, kind=kind, **{"note": "case 12", **papers, **says})  # type: ignore[arg-type]
    made: Restriction = await desk.standing.do(SetRestriction(actor=by, new=new))
    return made


async def proposed(desk: StandingDesk, restriction: Restriction, *, by: str) -> Proposal:
    made: Proposal = await desk.standing.do(
        ProposeLift(actor=by, restriction_id=restriction.id, note="order was withdrawn")
    )
    return made


async def decided(desk: StandingDesk, proposal: Proposal, *, by: str, approve: bool = True) -> None:
    await desk.standing.do(
        DecideProposal(actor=by, proposal_id=proposal.id, approve=approve, digest=proposal.digest, note="")
    )


async def objected(desk: StandingDesk, user: str, restriction: Restriction) -> Objection:
    made: Objection = await desk.standing.do(
        Object(actor=f"user:{user}", user_id=user, restriction_id=restriction.id, words="It was me")
    )
    return made


async def answered(
    desk: StandingDesk, objection: Objection, *, by: str, grant: bool, answer: str = "We looked again"
) -> Objection:
    made: Objection = await desk.standing.do(
        AnswerObjection(actor=by, objection_id=objection.id, grant=grant, answer=answer)
    )
    return made


# Restrictions take two people.


@pytest.mark.parametrize("kind", [Kind.BY_LAW, Kind.BY_RISK])
async def test_s11_what_law_or_risk_took_is_given_back_by_two_people_and_by_no_one_alone(
    desk: StandingDesk, kind: Kind
) -> None:
    user = await desk.a_user(sources=3)
    restriction = await restricted(desk, user, kind)
    with pytest.raises(TwoPeopleNeeded):
        await desk.standing.do(LiftRestriction(actor=BOB, restriction_id=restriction.id))
    proposal = await proposed(desk, restriction, by=BOB)
    with pytest.raises(SameEyes):
        await decided(desk, proposal, by=BOB)
    assert await desk.why_not(user, P.PAY) == "standing.restricted"
    await decided(desk, proposal, by=EVE)
    assert await desk.why_not(user, P.PAY) is None
    lifted = await desk.standing.reads.restriction(restriction.id)
    assert (lifted.lifted_by, lifted.lift_note) == (EVE, "order was withdrawn")
    with pytest.raises(EndedAlready):
        await proposed(desk, restriction, by=BOB)


async def test_a_refused_proposal_gives_nothing_back(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)
    await decided(desk, await proposed(desk, await restricted(desk, user), by=BOB), by=EVE, approve=False)
    assert await desk.why_not(user, P.PAY) == "standing.restricted"


async def test_s11_who_restricted_somebody_does_not_review_it(desk: StandingDesk, clock: ManualClock) -> None:
    user = await desk.a_user(sources=3)
    restriction = await restricted(desk, user)
    with pytest.raises(OwnRestriction):
        await desk.standing.do(ReviewRestriction(actor=ANN, restriction_id=restriction.id))
    clock.move(days=4)
    await desk.standing.tell_overdue()
    await desk.standing.tell_overdue()
    assert len(await desk.facts(user, "review_overdue")) == 1
    wanted = RestrictionFilter(user_id=user, to_review=True)
    assert [each.id for each in await desk.standing.reads.restrictions(wanted)] == [restriction.id]
    await desk.standing.do(ReviewRestriction(actor=BOB, restriction_id=restriction.id))
    assert await desk.standing.reads.restrictions(wanted) == []
    with pytest.raises(ReviewedAlready):
        await desk.standing.do(ReviewRestriction(actor=EVE, restriction_id=restriction.id))


async def test_staff_set_nothing_in_the_users_name_and_lift_a_review_alone(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)
    with pytest.raises(RestrictionMalformed):
        await restricted(desk, user, Kind.BY_USER)
    review = await restricted(desk, user, Kind.REVIEW)
    await desk.standing.do(LiftRestriction(actor=ANN, restriction_id=review.id, note="papers are there"))
    assert await desk.why_not(user, P.TRANSFER) is None


# Users freeze and thaw.


async def test_a_user_freezes_at_once_and_thaws_with_a_confirmation_of_exactly_that(
    desk: StandingDesk,
) -> None:
    user = await desk.a_user(sources=3)
    me = f"user:{user}"
    frozen = await desk.standing.do(Freeze(actor=me, user_id=user, takes=(P.TRANSFER,)))
    other = await desk.standing.do(Freeze(actor=me, user_id=user, takes=None))
    assert await desk.why_not(user, P.TRANSFER) == "standing.restricted"

    async def thaw(restriction: Restriction) -> None:
        await desk.standing.do(
            Thaw(
                actor=me,
                user_id=user,
                restriction_id=restriction.id,
                login_id="lgn_1",
                confirmation_id="cfm_1",
            )
        )

    desk.confirmed = {digest_of_thaw(other)}
    with pytest.raises(ConfirmationNeeded):
        await thaw(frozen)
    await thaw(other)
    assert await desk.why_not(user, P.PAY) is None
    assert await desk.why_not(user, P.TRANSFER) == "standing.restricted"
    with pytest.raises(ConfirmationNeeded):
        await thaw(frozen)


async def test_a_user_lifts_neither_what_others_set_nor_anothers(desk: StandingDesk) -> None:
    user, stranger = await desk.a_user(sources=3), await desk.a_user(sources=3)
    restriction = await restricted(desk, user)
    desk.confirmed = {digest_of_thaw(restriction)}
    for who, refusal in ((user, NotYoursToLift), (stranger, NoSuchRestriction)):
        with pytest.raises(refusal):
            await desk.standing.do(
                Thaw(
                    actor=f"user:{who}",
                    user_id=who,
                    restriction_id=restriction.id,
                    login_id="lgn_1",
                    confirmation_id="cfm_1",
                )
            )


# Requests.


def ask(user: str, **wanted: object) -> Ask:
    plain: dict[str, object] = {"permission": None, "limit": None, "wanted": None, "words": "I sell my car"}
    return Ask(actor=f"user:{user}", user_id=user, **(plain | wanted))  # type: ignore[arg-type]


async def test_nobody_has_to_decide_what_somebody_asked_for_who_has_left(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)
    request: ChangeRequest = await desk.standing.do(ask(user, limit=DAY, wanted=3_000_000))

    async with desk.database.transaction() as tx:
        await desk.standing.close(tx, user, actor="platform")

    kept = await desk.standing.reads.request(request.id)
    assert (kept.state, kept.decided_by) == (RequestState.WITHDRAWN, "platform")
    open_still = await desk.standing.reads.requests(
        user_id=user, state=RequestState.OPEN, after=None, limit=5
    )
    assert open_still == []


async def test_a_higher_limit_waits_for_staff_and_holds_once_they_say_yes(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)
    request: ChangeRequest = await desk.standing.do(ask(user, limit=DAY, wanted=3_000_000))
    assert request.state is RequestState.OPEN
    assert (await desk.known(user)).limits[DAY] == 1_000_000
    with pytest.raises(AskedAlready):
        await desk.standing.do(ask(user, limit=DAY, wanted=4_000_000))
    yes = DecideRequest(actor=BOB, request_id=request.id, approve=True, answer="For your car")
    await desk.standing.do(yes)
    assert (await desk.known(user)).limits[DAY] == 3_000_000
    with pytest.raises(EndedAlready):
        await desk.standing.do(yes)
    (told,) = await desk.facts(user, "request_decided")
    assert (told["state"], told["answer"]) == ("approved", "For your car")


async def test_a_lower_limit_holds_at_once_and_the_platform_does_not_raise_it(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)
    request: ChangeRequest = await desk.standing.do(ask(user, limit=DAY, wanted=5_000))
    assert request.state is RequestState.APPROVED
    async with desk.database.transaction() as tx:
        good = Signal(user_id=user, kind="good_credit", reason="score", at=desk.clock.now())
        await desk.standing.apply(tx, [good])
    assert (await desk.known(user)).limits[DAY] == 5_000


async def test_a_permission_that_the_platform_took_can_be_asked_for_and_what_risk_took_cannot(
    desk: StandingDesk,
) -> None:
    warned, risky = await desk.a_user(sources=3), await desk.a_user(sources=3)
    async with desk.database.transaction() as tx:
        seen = Signal(user_id=warned, kind="warning", weight=3, reason="rule", at=desk.clock.now())
        await desk.standing.apply(tx, [seen])
    request: ChangeRequest = await desk.standing.do(ask(warned, permission=P.TRANSFER))
    await desk.standing.do(DecideRequest(actor=BOB, request_id=request.id, approve=True, answer="Seen"))
    assert await desk.why_not(warned, P.TRANSFER) is None

    await restricted(desk, risky)
    with pytest.raises(NothingToAsk):
        await desk.standing.do(ask(risky, permission=P.TRANSFER))


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({}, RequestMalformed),
        ({"permission": P.PAY, "limit": DAY, "wanted": 5}, RequestMalformed),
        ({"limit": DAY}, RequestMalformed),
        ({"limit": DAY, "wanted": 10**13}, RequestMalformed),
        ({"limit": DAY, "wanted": 1_000_000}, NothingToAsk),
        ({"permission": P.PAY}, NothingToAsk),
    ],
)
async def test_what_cannot_be_asked_for_is_refused(
    desk: StandingDesk, wanted: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await desk.standing.do(ask(await desk.a_user(sources=3), **wanted))


async def test_overdue_requests_stand_first_and_are_told_of_once(
    desk: StandingDesk, clock: ManualClock
) -> None:
    late = await desk.a_user(sources=3)
    old: ChangeRequest = await desk.standing.do(ask(late, limit=DAY, wanted=2_000_000))
    clock.move(days=2)
    new: ChangeRequest = await desk.standing.do(ask(late, limit=PersonalLimit.PAY_DAY, wanted=6_000_000))
    clock.move(days=2, hours=12)
    await desk.standing.tell_overdue()
    await desk.standing.tell_overdue()
    assert [each["request_id"] for each in await desk.facts(late, "request_overdue")] == [old.id]
    page = await desk.standing.reads.requests(user_id=late, state=RequestState.OPEN, after=None, limit=1)
    rest = await desk.standing.reads.requests(user_id=late, state=RequestState.OPEN, after=old.id, limit=9)
    assert [each.id for each in (*page, *rest)] == [old.id, new.id]


async def test_a_request_is_withdrawn_by_its_user_and_nobody_else(desk: StandingDesk) -> None:
    user, stranger = await desk.a_user(sources=3), await desk.a_user(sources=3)
    request: ChangeRequest = await desk.standing.do(ask(user, limit=DAY, wanted=2_000_000))
    with pytest.raises(NoSuchRequest):
        await desk.standing.do(TakeBack(actor="user:x", user_id=stranger, request_id=request.id))
    await desk.standing.do(TakeBack(actor="user:x", user_id=user, request_id=request.id))
    with pytest.raises(EndedAlready):
        await desk.standing.do(DecideRequest(actor=BOB, request_id=request.id, approve=True, answer="Yes"))


# Objections.


async def test_an_objection_is_answered_by_somebody_else_and_its_clock_is_fifteen_days(
    desk: StandingDesk, clock: ManualClock
) -> None:
    user = await desk.a_user(sources=3)
    objection = await objected(desk, user, await restricted(desk, user, Kind.REVIEW))
    assert objection.due_at == clock.now() + timedelta(days=15)
    with pytest.raises(OwnRestriction):
        await answered(desk, objection, by=ANN, grant=False)
    clock.move(days=15, seconds=1)
    await desk.standing.tell_overdue()
    assert len(await desk.facts(user, "objection_overdue")) == 1
    granted = await answered(desk, objection, by=BOB, grant=True)
    assert granted.state is ObjectionState.GRANTED
    assert await desk.why_not(user, P.TRANSFER) is None
    (told,) = await desk.facts(user, "objection_answered")
    assert (told["state"], told["answer"]) == ("granted", "We looked again")


async def test_a_rejected_objection_leaves_the_restriction_and_another_may_follow(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)
    restriction = await restricted(desk, user)
    objection = await objected(desk, user, restriction)
    with pytest.raises(AskedAlready):
        await objected(desk, user, restriction)
    await answered(desk, objection, by=BOB, grant=False)
    with pytest.raises(EndedAlready):
        await answered(desk, objection, by=EVE, grant=False)
    assert await desk.why_not(user, P.TRANSFER) == "standing.restricted"
    assert (await objected(desk, user, restriction)).state is ObjectionState.OPEN


async def test_s11_an_objection_to_what_risk_took_is_granted_by_the_two_people_who_lift_it(
    desk: StandingDesk,
) -> None:
    user = await desk.a_user(sources=3)
    restriction = await restricted(desk, user)
    objection = await objected(desk, user, restriction)
    with pytest.raises(TwoPeopleNeeded):
        await answered(desk, objection, by=BOB, grant=True)
    await decided(desk, await proposed(desk, restriction, by=BOB), by=EVE)
    (mine,) = await desk.standing.reads.own_objections(user, before=None, limit=9)
    assert (mine.state, mine.answered_by) == (ObjectionState.GRANTED, EVE)


async def test_nobody_objects_to_anothers_restriction_or_to_their_own_freeze(desk: StandingDesk) -> None:
    user, stranger = await desk.a_user(sources=3), await desk.a_user(sources=3)
    with pytest.raises(NoSuchRestriction):
        await objected(desk, stranger, await restricted(desk, user))
    frozen = await desk.standing.do(Freeze(actor="user:x", user_id=user, takes=None))
    with pytest.raises(NothingToAsk):
        await objected(desk, user, frozen)
