"""Over any history of acts, days, years, recalls and other rules: is no limit ever passed, and nothing refused that fits?

The model (`limits_by_hand`) has no counters.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tael.foundation.money import Money
from tael.identity.model import DayOf, Strength
from tael.standing.model import AccountClassTerms, LimitPeriod, PersonalLimit
from tael.wallets.model import CounterKey, CurrencyLimits, SpendingKind, Used
from tael.wallets.rules import limits
from tael.wallets.rules.limits import Act, Terms
from tests.property.limits_by_hand import Done, Model

OPENED = datetime(2026, 12, 30, 3, 0, tzinfo=UTC)
CLASSES = {
    "I": AccountClassTerms(sources=1, limit_minor=1_000, period=LimitPeriod.LIFE, gives=()),
    "II": AccountClassTerms(sources=3, limit_minor=3_000, period=LimitPeriod.YEAR, gives=()),
    "III": AccountClassTerms(sources=5, limit_minor=6_000, period=LimitPeriod.YEAR, gives=()),
}
HOUSE = CurrencyLimits(
    single_minor=5_000, static_code_day_minor=300, packet_share_minor=1_000, name_check_minor=1_000
)

amounts = st.integers(1, 20) | st.integers(1, 400) | st.sampled_from([100, 250, 500, 1_000])
acts = st.tuples(
    st.just("act"), st.sampled_from(SpendingKind), amounts, st.sampled_from(Strength), st.booleans()
)
steps = st.one_of(
    acts,
    acts,
    acts,
    st.tuples(st.just("wait"), st.sampled_from([1, 60, 3_600, 86_399, 86_400, 30 * 86_400, 200 * 86_400])),
    st.tuples(st.just("midnight"), st.sampled_from([-1, 0, 1])),
    st.tuples(st.just("back"), st.integers(0, 30), st.none() | st.integers(1, 400)),
    st.tuples(st.just("class"), st.sampled_from(sorted(CLASSES))),
    st.tuples(st.just("agree"), st.sampled_from(PersonalLimit), st.integers(1, 1_500)),
    st.tuples(st.just("rule"), st.integers(100, 900), st.integers(400, 2_000)),
)


def a_model() -> Model:
    """Small limits, so that each of them is met."""
    agreed = {
        PersonalLimit.PAY_DAY: 1_200,
        PersonalLimit.TRANSFER_DAY: 900,
        PersonalLimit.TRANSFERS_DAY: 5,
        PersonalLimit.WITHDRAW_DAY: 1_500,
    }
    day = DayOf(weak_minor=600, unsigned_minor=1_100, small_minor=100)
    return Model(CLASSES["II"], agreed, day, static_code_day_minor=HOUSE.static_code_day_minor)


def decide(model: Model, counters: dict[CounterKey, Used], new: Done) -> bool:
    """What the rules say with their counters; an act that is allowed is counted."""
    act = _act(new)
    terms = Terms(account_class=model.of_class, agreed=model.agreed, day=model.day, house=HOUSE)
    years = limits.periods_between(OPENED, new.at)[1:]
    charges = limits.charges_of(act, terms, new.strength, years=years)
    refusal = limits.why_too_much(charges, counters, new.at)
    if refusal is not None:
        assert refusal.code == "wallets.limit_reached"
        return False
    limits.counted(charges, counters)
    return True


def _act(done: Done) -> Act:
    return Act(
        user_id="usr_1", kind=done.kind, amount=Money(done.asked_minor, "CNY"), at=done.at, static=done.static
    )


def give_back(counters: dict[CounterKey, Used], done: Done, minor: int | None) -> None:
    """All of an act, as a recall does; or a part of it, as a refund does."""
    part = done.minor if minor is None else min(minor, done.minor)
    count = done.counts if minor is None else 0
    for key in limits.given_back(_act(done), done.strength):
        used = counters[key]
        counters[key] = Used(used.minor - part, used.count - count)
    done.minor -= part
    done.counts -= count


@settings(max_examples=400, deadline=None)
@given(st.lists(steps, max_size=60))
def test_an_act_is_allowed_if_and_only_if_it_fits_every_limit(history: list[tuple[Any, ...]]) -> None:
    model, counters, now = a_model(), dict[CounterKey, Used](), OPENED
    for step in history:
        match step:
            case ("act", kind, minor, strength, static):
                new = Done(kind, minor, strength, static=static and kind is SpendingKind.TRANSFER, at=now)
                fits = model.fits(new)
                assert decide(model, counters, new) is fits
                model.book += [new] * fits
            case ("wait", seconds):
                now += timedelta(seconds=seconds)
            case ("midnight", off):
                now = limits.end_of_day(now) + timedelta(milliseconds=off)
            case ("back", place, part) if model.book:
                give_back(counters, model.book[place % len(model.book)], part)
            case ("class", name):
                model.of_class = CLASSES[name]
            case ("agree", name, most):
                model.agreed[name] = most % 8 if name is PersonalLimit.TRANSFERS_DAY else most
            case ("rule", weak, unsigned):
                model.day = msgspec.structs.replace(model.day, weak_minor=weak, unsigned_minor=unsigned)
            case _:
                assert step[0] == "back", step
    assert all(used.minor >= 0 and used.count >= 0 for used in counters.values())
