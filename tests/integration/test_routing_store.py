"""Is what was decided kept, learnt from once, and in force within a moment? On PostgreSQL, as the application."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import psycopg
import pytest

from tael.channels.model import CallSeen
from tael.channels.port import ErrorClass, Operation, OutcomeState
from tael.foundation.db import Database, Query
from tael.foundation.errors import Malformed, Unavailable
from tael.routing.api import DecisionFilter, Decisions, Routing, RuleBook, RulesTrial, RuleWanted
from tael.routing.errors import NoSuchRule, RuleEnded, RuleMalformed, RulesChangedMeanwhile, RulesTakeTwo
from tael.routing.model import (
    Decision,
    Estimate,
    Health,
    PastDecision,
    Purpose,
    Result,
    RulesWanted,
    RuleVerb,
    Wanted,
)
from tael.testing.clocks import ManualClock
from tael.testing.routing_worlds import SimpleChannels, SimpleTerms, wanted_payment

OPERATOR = "operator:test"
_ESTIMATES = Query("estimates", b"select * from routing.estimates order by channel")
_LEFT = Query("left", b"select count(*) from routing.lessons")


@pytest.fixture
def channels() -> SimpleChannels:
    return SimpleChannels(a=SimpleTerms(), b=SimpleTerms())


@pytest.fixture
async def routing(database: Database, clock: ManualClock, channels: SimpleChannels) -> Routing:
    made = Routing(database, clock, channels, channels, policy="random", dice=random.Random(1).random)
    await made.refresh()
    return made


@pytest.fixture
def rules(database: Database, clock: ManualClock) -> RuleBook:
    return RuleBook(database, clock)


def only_b(expression: str = "true", **more: object) -> RuleWanted:
    fields: dict[str, object] = {"verb": RuleVerb.ONLY, "channels": ["b"]} | more
    return msgspec.convert(
        {"expression": expression, "owner": "operations", "reason": "a test", **fields}, RuleWanted
    )


async def decided(database: Database, routing: Routing, *wanted: Wanted) -> list[Decision]:
    made = [each for each in routing.decide(wanted) if isinstance(each, Decision)]
    assert len(made) == len(wanted)
    async with database.transaction() as tx:
        await routing.keep(tx, made)
    return made


async def learnt(database: Database, routing: Routing, *results: Result) -> None:
    async with database.transaction() as tx:
        await routing.learn(tx, results)


async def estimates(database: Database) -> list[Estimate]:
    async with database.transaction() as tx:
        assert (await tx.tuples(_LEFT)) == [(0,)], "every lesson was taken"
        return await tx.rows(_ESTIMATES, Estimate)


def payments(count: int) -> Sequence[Wanted]:
    return [wanted_payment(f"att_{number:04}") for number in range(count)]


async def test_before_anything_was_read_nothing_is_decided(
    database: Database, clock: ManualClock, channels: SimpleChannels
) -> None:
    (refusal,) = Routing(database, clock, channels, channels).decide([wanted_payment()])
    assert isinstance(refusal, Unavailable)


async def test_a_decision_is_read_as_it_was_made(database: Database, routing: Routing) -> None:
    wanted = msgspec.structs.replace(
        wanted_payment("att_旅"),
        facts={"card_kind": "credit", "country": '中"\\{,'},
        excluded=frozenset({"a"}),
        method="wallet",
    )
    (made,) = await decided(database, routing, wanted)
    found = await Decisions(database).about("att_旅")
    assert found == PastDecision(**{name: getattr(made, name) for name in made.__struct_fields__})
    assert found.chosen == "b"
    assert await Decisions(database).about("att_other") is None


async def test_nothing_is_decided_twice_for_one_subject(database: Database, routing: Routing) -> None:
    await decided(database, routing, wanted_payment())
    with pytest.raises(psycopg.errors.UniqueViolation):
        await decided(database, routing, wanted_payment())


async def test_a_decision_exists_only_if_its_transaction_does(database: Database, routing: Routing) -> None:
    async def keep_and_fail() -> None:
        async with database.transaction() as tx:
            made = [each for each in routing.decide([wanted_payment()]) if isinstance(each, Decision)]
            await routing.keep(tx, made)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await keep_and_fail()
    assert await Decisions(database).about(wanted_payment().subject) is None


async def test_the_first_result_counts_and_is_learnt_from_once(
    database: Database, routing: Routing, clock: ManualClock
) -> None:
    (made,) = await decided(database, routing, wanted_payment())
    failed = Result(subject=made.subject, succeeded=False, error_class=ErrorClass.DECLINED, seconds=1.5)
    await learnt(database, routing, failed, failed)
    await learnt(database, routing, Result(subject=made.subject, succeeded=True))
    await routing.refresh()
    await routing.refresh()
    assert await estimates(database) == [
        Estimate(
            channel=made.chosen, segment=made.segment, successes=0.0, failures=1.0, counted_at=clock.now()
        )
    ]
    found = await Decisions(database).about(made.subject)
    assert found is not None
    assert (found.succeeded, found.error_class, found.seconds) == (False, ErrorClass.DECLINED, 1.5)


async def test_a_result_that_says_nothing_is_written_and_not_learnt_from(
    database: Database, routing: Routing, clock: ManualClock
) -> None:
    (made,) = await decided(database, routing, wanted_payment())
    await learnt(
        database,
        routing,
        Result(subject=made.subject, succeeded=None, error_class=ErrorClass.PAYER),
        Result(subject="att_of_nobody", succeeded=True),
    )
    await routing.refresh()
    assert await estimates(database) == []
    found = await Decisions(database).about(made.subject)
    assert found is not None
    assert (found.succeeded, found.learnt_at) == (None, clock.now())


async def test_what_is_learnt_changes_the_next_decisions(
    database: Database, clock: ManualClock, channels: SimpleChannels
) -> None:
    routing = Routing(database, clock, channels, channels, dice=random.Random(2).random)
    await routing.refresh()
    made = await decided(database, routing, *payments(200))
    await learnt(
        database, routing, *[Result(subject=each.subject, succeeded=each.chosen == "b") for each in made]
    )
    await routing.refresh()
    (after,) = [each for each in routing.decide([wanted_payment()]) if isinstance(each, Decision)]
    odds = {each.channel: each.probability for each in after.candidates}
    assert odds["b"] > 0.99
    assert sum(each.successes + each.failures for each in await estimates(database)) == pytest.approx(200)


async def test_processes_that_learn_at_once_count_each_result_once(
    database: Database, clock: ManualClock, channels: SimpleChannels
) -> None:
    several = [Routing(database, clock, channels, channels) for _ in range(4)]
    await asyncio.gather(*(each.refresh() for each in several))
    made = await decided(database, several[0], *payments(400))
    batches = [made[start : start + 50] for start in range(0, 400, 50)]
    await asyncio.gather(
        *(
            learnt(database, several[0], *[Result(subject=each.subject, succeeded=True) for each in batch])
            for batch in [*batches, *reversed(batches)]
        ),
        *(each.refresh() for each in several * 3),
    )
    await several[0].refresh()
    assert sum(each.successes for each in await estimates(database)) == pytest.approx(400)


async def test_a_rule_is_in_force_after_the_next_refresh_and_until_it_ends(
    routing: Routing, rules: RuleBook, clock: ManualClock, channels: SimpleChannels
) -> None:
    later = clock.now() + timedelta(hours=1)
    rule = await rules.add(
        only_b('currency == "CNY"', starts_at=later), known_channels=channels.names(), actor=OPERATOR
    )

    async def eligible() -> set[str]:
        await routing.refresh()
        (made,) = routing.decide([wanted_payment()])
        assert isinstance(made, Decision)
        return {each.channel for each in made.candidates if each.eligible}

    assert await eligible() == {"a", "b"}
    clock.move(hours=1)
    assert await eligible() == {"b"}
    await rules.end(rule.id, actor=OPERATOR)
    assert await eligible() == {"a", "b"}
    with pytest.raises(RuleEnded):
        await rules.end(rule.id, actor=OPERATOR)
    assert [each.ends_at for each in await rules.everything()] == [later]


async def test_one_person_alone_says_nothing_about_real_money(rules: RuleBook) -> None:
    kept = await rules.add(only_b(), known_channels=["a", "b"], actor=OPERATOR)
    with pytest.raises(RulesTakeTwo, match="b move real money"):
        await rules.add(only_b(), known_channels=["a", "b"], actor=OPERATOR, real_money=["b"])
    with pytest.raises(RulesTakeTwo):
        await rules.end(kept.id, actor=OPERATOR, real_money=["b"])
    assert [(each.id, each.ends_at) for each in await rules.everything()] == [(kept.id, None)]


async def test_changes_at_the_same_moment_have_numbers_of_their_own(rules: RuleBook) -> None:
    await asyncio.gather(*(rules.add(only_b(), known_channels=["a", "b"], actor=OPERATOR) for _ in range(8)))
    assert [each.number for each in await rules.changes()] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert len((await rules.after(3)).rules) == 3


async def test_rules_that_cannot_be_are_refused_and_not_kept(rules: RuleBook) -> None:
    with pytest.raises(RuleMalformed):
        await rules.add(only_b("amount_minor >"), known_channels=["b"], actor=OPERATOR)
    with pytest.raises(RuleMalformed):
        await rules.with_change(RulesWanted(add=(only_b(),), based_on=0), known_channels=["a"])
    with pytest.raises(NoSuchRule):
        await rules.end("rul_none", actor=OPERATOR)
    assert await rules.everything() == []


async def test_a_rule_that_fails_stops_no_payment_and_is_counted(
    routing: Routing, rules: RuleBook, channels: SimpleChannels, clock: ManualClock
) -> None:
    clock.move(hours=4)
    await rules.add(only_b("1 / (hour - 16) < 0"), known_channels=channels.names(), actor=OPERATOR)
    await routing.refresh()
    assert len([each for each in routing.decide(payments(3)) if isinstance(each, Decision)]) == 3
    await routing.refresh()
    routing.decide(payments(2))
    await routing.refresh()
    (rule,) = await rules.everything()
    assert rule.errors == 5
    assert "division by zero" in rule.last_error
    assert rule.last_error_at == clock.now()


async def test_a_trial_tells_what_a_change_would_have_done(
    database: Database, routing: Routing, rules: RuleBook, channels: SimpleChannels
) -> None:
    made = await decided(
        database,
        routing,
        *payments(30),
        *[wanted_payment(f"att_big_{n}", amount_minor=90_000) for n in range(10)],
    )
    big = [each for each in made if each.wanted.amount.minor == 90_000]
    await rules.add(only_b("false"), known_channels=channels.names(), actor=OPERATOR)

    async def tried(wanted: RuleWanted, latest: int) -> RulesTrial:
        change = RulesWanted(add=(wanted,), based_on=1)
        return await rules.try_on_decisions(
            await rules.with_change(change, known_channels=channels.names()), latest=latest
        )

    found = await tried(only_b("amount_minor > 50000"), 100)
    assert (found.decisions, found.errors, found.left_without) == (40, 0, 0)
    assert found.would_change == sum(each.chosen == "a" for each in big) > 0
    assert set(found.examples) <= {each.subject for each in big if each.chosen == "a"}
    found = await tried(only_b("true", verb="never", channels=["a", "b"]), 5)
    assert (found.decisions, found.would_change, found.left_without) == (5, 5, 5)
    assert len(await rules.everything()) == 1, "a trial writes nothing"
    with pytest.raises(RulesChangedMeanwhile, match="they are number 1, not 0"):
        await rules.with_change(RulesWanted(add=(only_b(),), based_on=0), known_channels=channels.names())


async def test_decisions_are_listed_newest_first_page_by_page(
    database: Database, routing: Routing, clock: ManualClock
) -> None:
    reads = Decisions(database)
    made = []
    for number in range(7):
        made += await decided(database, routing, wanted_payment(f"att_{number}"))
        clock.move(seconds=1)
    newest_first = [each.id for each in reversed(made)]
    first = await reads.page(DecisionFilter(limit=3))
    second = await reads.page(DecisionFilter(limit=3, before=first[-1].id))
    third = await reads.page(DecisionFilter(limit=3, before=second[-1].id))
    assert [each.id for each in [*first, *second, *third]] == newest_first
    of_a = await reads.page(DecisionFilter(channel="a"))
    assert {each.chosen for each in of_a} == {"a"}
    assert len(of_a) == sum(each.chosen == "a" for each in made)
    window = DecisionFilter(
        decided_from=made[2].decided_at,
        decided_before=made[5].decided_at,
        merchant_id="mer_1",
        purpose=Purpose.PAY,
    )
    assert [each.id for each in await reads.page(window)] == [each.id for each in reversed(made[2:5])]
    assert await reads.page(DecisionFilter(merchant_id="mer_2")) == []
    with pytest.raises(Malformed):
        await reads.page(DecisionFilter(limit=501))


async def test_old_decisions_are_forgotten_in_small_steps_and_young_ones_stay(
    database: Database, routing: Routing, clock: ManualClock
) -> None:
    await decided(database, routing, *payments(5))
    clock.move(days=400)
    young = await decided(database, routing, wanted_payment("att_young"), wanted_payment("att_younger"))
    clock.move(seconds=1)
    assert await routing.forget_decisions(older_than=timedelta(days=400), at_a_time=2) == 5
    assert await routing.forget_decisions(older_than=timedelta(days=400)) == 0
    left = await Decisions(database).page(DecisionFilter())
    assert {each.subject for each in left} == {each.subject for each in young}


async def test_a_dead_channel_is_left_within_five_calls_and_taken_back_after_three_good_ones(
    routing: Routing, clock: ManualClock
) -> None:
    def saw(error_class: ErrorClass | None) -> None:
        state = OutcomeState.UNKNOWN if error_class else OutcomeState.SUCCEEDED
        routing.observe(
            CallSeen(channel="a", operation=Operation.PAY, state=state, error_class=error_class, seconds=0.1)
        )

    def chosen() -> set[str]:
        return {each.chosen for each in routing.decide(payments(300)) if isinstance(each, Decision)}

    assert chosen() == {"a", "b"}
    for _ in range(5):
        saw(ErrorClass.TRANSPORT)
    assert routing.health() == {"a": Health.ILL, "b": Health.WELL}
    assert chosen() == {"b"}
    clock.move(seconds=5)
    assert routing.health()["a"] is Health.PROBING
    drawn = [each.chosen for each in routing.decide(payments(1_000)) if isinstance(each, Decision)]
    assert 20 < drawn.count("a") < 90, "about one in twenty tries it"
    for _ in range(3):
        saw(None)
    assert routing.health()["a"] is Health.WELL


async def test_new_terms_and_channels_are_seen_without_a_restart(
    routing: Routing, channels: SimpleChannels
) -> None:
    channels.of_each["a"] = SimpleTerms(share_basis_points=0)
    channels.can["c"] = channels.can["a"]
    await routing.refresh()
    (made,) = routing.decide([wanted_payment()])
    assert isinstance(made, Decision)
    assert made.chosen == "b", "a is closed, and c has no terms yet"
    channels.of_each = {"c": SimpleTerms()}
    await routing.refresh()
    (made,) = routing.decide([wanted_payment()])
    assert isinstance(made, Decision)
    assert made.chosen == "c"


async def test_knowledge_is_refreshed_by_itself_from_start_to_stop(
    routing: Routing, rules: RuleBook, channels: SimpleChannels
) -> None:
    await routing.start()
    try:
        await rules.add(only_b(), known_channels=channels.names(), actor=OPERATOR)
        async with asyncio.timeout(10):
            while "a" in {  # noqa: ASYNC110 - the refresh tells nobody
                each.chosen for each in routing.decide(payments(50)) if isinstance(each, Decision)
            }:
                await asyncio.sleep(0.05)
    finally:
        await routing.stop()
