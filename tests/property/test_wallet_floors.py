"""After any history of freezes, thaws and time: is the floor of a wallet what is frozen then, though no limit is ever taken away?"""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tael.ledger.model import Limit
from tael.standing.model import InForce, Kind, Reason
from tael.wallets.rules.floors import floor_at, floor_steps, frozen_part

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)

hours = st.integers(1, 60)
steps = st.one_of(
    st.tuples(st.just("freeze"), st.integers(1, 1_000), st.none() | hours),
    st.tuples(st.just("thaw"), st.integers(0, 9)),
    st.tuples(st.just("wait"), hours),
)


def at(hour: int) -> datetime:
    return BEGIN + timedelta(hours=hour)


def a_freeze(number: int, minor: int, *, since: int, until: int | None, currency: str = "CNY") -> InForce:
    return InForce(
        id=f"rst_{number}",
        kind=Kind.BY_LAW,
        takes=(),
        since=at(since),
        until=None if until is None else at(until),
        reason=Reason.ORDER_OF_AUTHORITY,
        amount_minor=minor,
        currency=currency,
    )


@example([("freeze", 5, 5), ("thaw", 0), ("freeze", 7, None)])
@given(st.lists(steps, max_size=25))
def test_the_floor_is_what_is_frozen_now_and_at_every_hour_to_come(history: list[tuple[Any, ...]]) -> None:
    limits = [Limit(floor_minor=0)]
    frozen: list[tuple[InForce, int, int | None]] = []
    hour = 0
    for number, step in enumerate(history):
        match step:
            case ("freeze", int(minor), span):
                until = None if span is None else hour + int(span)
                frozen.append((a_freeze(number, minor, since=hour, until=until), minor, until))
            case ("thaw", int(place)) if frozen:
                del frozen[place % len(frozen)]
            case ("wait", int(more)):
                hour += more
            case _:
                assert step[0] == "thaw", step
        held = [each for each, _, _ in frozen]
        added = floor_steps(limits, held, currency="CNY", now=at(hour))
        limits = sorted([*limits, *added], key=lambda limit: limit.begins_at)  # as the ledger gives them
        assert not floor_steps(limits, held, currency="CNY", now=at(hour))
        for later in range(hour, hour + 130):
            expected = sum(minor for _, minor, until in frozen if until is None or later < until)
            assert floor_at(limits, at(later)) == expected


def test_another_currency_freezes_nothing_of_this_one() -> None:
    held = [a_freeze(1, 500, since=0, until=None, currency="USD")]
    assert not floor_steps([Limit(floor_minor=0)], held, currency="CNY", now=BEGIN)
    assert frozen_part(1_000, 0, held, currency="CNY") == 0


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_no_more_is_shown_as_frozen_than_is_there(free_minor: int, ordered_minor: int) -> None:
    held = [a_freeze(1, ordered_minor, since=0, until=None)]
    assert frozen_part(free_minor, 0, held, currency="CNY") == min(free_minor, ordered_minor)
