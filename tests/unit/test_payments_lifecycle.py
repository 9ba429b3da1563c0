"""What can happen in which state? The tables of `lifecycle`, written a second time, cell by cell."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec
import pytest

from tael.payments.model import AttemptState, PaymentState, RefundState, StepState
from tael.payments.rules.lifecycle import (
    ATTEMPTS,
    ENDING,
    PAYMENTS,
    REFUNDS,
    STEPS,
    AttemptEvent,
    NoSuchMove,
    PaymentEvent,
    Settling,
    may,
    move,
)
from tests.unit.test_payments_rules import attempt, payment

OPEN = {
    "attempt_started": "processing",
    "action_needed": "requires_action",
    "attempt_ended": "created",
    "money_held": "authorised",
    "captured": "captured",
    "canceled": "canceled",
    "given_up": "failed",
    "time_over": "expired",
}
LIVE = {
    "waits": "waiting",
    "not_known": "unknown",
    "held": "authorised",
    "paid": "succeeded",
    "refused": "failed",
    "ended_unpaid": "closed",
}
UNDER_WAY = {"ask_again": "processing", "not_known": "unknown", "done": "succeeded", "refused": "failed"}
WRITTEN: dict[str, tuple[type[StrEnum], type[StrEnum], Mapping[Any, Any], dict[str, dict[str, str]]]] = {
    "payments": (
        PaymentState,
        PaymentEvent,
        PAYMENTS,
        {
            "created": OPEN,
            "processing": OPEN,
            "requires_action": OPEN,
            "authorised": {
                "money_held": "authorised",
                "part_captured": "authorised",
                "captured": "captured",
                "canceled": "canceled",
                "time_over": "expired",
            },
        },
    ),
    "attempts": (
        AttemptState,
        AttemptEvent,
        ATTEMPTS,
        {
            "created": LIVE,
            "waiting": LIVE,
            "unknown": LIVE,
            "authorised": {"held": "authorised", "paid": "succeeded", "ended_unpaid": "closed"},
            "failed": {"held": "authorised", "paid": "succeeded"},
            "closed": {"held": "authorised", "paid": "succeeded"},
        },
    ),
    "refunds": (
        RefundState,
        Settling,
        REFUNDS,
        {
            "processing": UNDER_WAY | {"stopped": "failed"},
            "unknown": UNDER_WAY,
            "succeeded": {"undone": "failed"},
            "failed": {"done_after_all": "succeeded"},
        },
    ),
    "captures and increments": (
        StepState,
        Settling,
        STEPS,
        {"processing": UNDER_WAY, "unknown": UNDER_WAY},
    ),
}
CELLS = [
    (name, state, event)
    for name, (states, events, _, _) in WRITTEN.items()
    for state in states
    for event in events
]


@pytest.mark.parametrize(("name", "state", "event"), CELLS)
def test_every_state_and_every_event_lead_where_it_is_written(name: str, state: str, event: str) -> None:
    _, _, table, written = WRITTEN[name]
    following = table.get(state, {}).get(event)
    assert following == written.get(state, {}).get(event)


@pytest.mark.parametrize("event", PaymentEvent)
@pytest.mark.parametrize("state", PaymentState)
def test_what_cannot_happen_to_a_payment_is_refused_and_the_rest_moves_it(
    state: PaymentState, event: PaymentEvent
) -> None:
    before = payment(state)
    written = WRITTEN["payments"][3].get(state, {}).get(event)
    assert may(before, event) is (written is not None)
    if written is None:
        with pytest.raises(NoSuchMove):
            move(before, event)
    else:
        moved = move(before, event, description="Coffee")
        assert moved == msgspec.structs.replace(before, state=PaymentState(written), description="Coffee")


def test_an_end_of_a_payment_is_never_left_and_says_so() -> None:
    for state in PaymentState:
        assert payment(state).ended is (state not in PAYMENTS)
    for state, event in ENDING.items():
        assert move(payment(), event).state is state


def test_no_state_but_the_first_is_out_of_reach() -> None:
    for states, _, table, _ in WRITTEN.values():
        reached = {following for moves in table.values() for following in moves.values()}
        assert set(states) - reached <= {next(iter(states))}


def test_an_attempt_that_had_failed_can_still_turn_out_to_hold_money() -> None:
    held = move(attempt(AttemptState.FAILED), AttemptEvent.HELD, abandoned=True)
    assert (held.state, held.live, held.holds) == (AttemptState.AUTHORISED, True, False)
