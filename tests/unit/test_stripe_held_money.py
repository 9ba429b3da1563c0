"""What do we make of Stripe's sums when others than we take of held money, or let it go?"""

from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from tael.channels.port import CaptureOrder, HttpRequest, Operation, Outcome, OutcomeState, Request
from tael.foundation.money import Money
from tests.unit.stripe_desk import (
    INCREMENT,
    NOW,
    ORDER,
    PRICE,
    SECONDS,
    Tree,
    answer,
    charge,
    connector,
    intent,
    talk,
)

ENDED: dict[str, Any] = {"status": "canceled", "canceled_at": SECONDS}


def order(received: int, *, of: int = 1280, **more: Any) -> Tree:
    """A hold of which so much was taken; the rest is still held if it is not said that it is over."""
    over = "status" in more
    numbers = {"order_number": "att_7", "product": "card"} | more.pop("numbers", {})
    state = {"status": "requires_capture", "amount_capturable": 0 if over else of - received}
    return intent(
        amount=of, amount_received=received, capture_method="manual", metadata=numbers, **(state | more)
    )


def asked(
    tree: Tree, operation: Operation = Operation.INQUIRE, **more: Any
) -> tuple[Outcome, list[HttpRequest]]:
    """What we learn if Stripe shows the order so, and what we ask."""
    asks: list[HttpRequest] = []
    request = Request(operation=operation, order=ORDER, **more)

    def respond(ask: HttpRequest) -> Any:
        asks.append(ask)
        return answer(tree)

    return talk(connector().converse(request, now=NOW), respond), asks


def captured(minor: int, *, before: int = 0, last: bool = True, number: str = "cap_7") -> CaptureOrder:
    return CaptureOrder(
        capture_number=number, amount=Money(minor, "CNY"), last=last, taken_before=Money(before, "CNY")
    )


def test_a_hold_that_was_cancelled_after_some_was_taken_is_paid_in_part() -> None:
    outcome, _ = asked(order(300, **ENDED))
    assert outcome.hold is not None
    assert (outcome.state, outcome.amount, outcome.hold.taken) == (
        OutcomeState.SUCCEEDED,
        PRICE,
        Money(300, "CNY"),
    )
    assert asked(order(0, **ENDED))[0].state is OutcomeState.CLOSED
    assert asked(order(1281, **ENDED))[0].state is OutcomeState.UNKNOWN
    unheld = intent(amount_received=300, **ENDED)
    assert asked(unheld)[0].state is OutcomeState.UNKNOWN, "what is taken as it is paid is not cancelled"


def test_what_was_taken_before_a_cancellation_is_not_given_back_by_another() -> None:
    outcome, asks = asked(order(300, **ENDED), Operation.CANCEL)
    assert (outcome.state, [ask.method for ask in asks]) == (OutcomeState.SUCCEEDED, ["GET"])


@pytest.mark.parametrize("over", [{}, {"status": "succeeded"}, ENDED])
def test_a_capture_that_shows_was_carried_out_whatever_others_took(over: dict[str, Any]) -> None:
    shows: dict[str, Any] = {"numbers": {"capture_number": "cap_7"}}
    for received in (500, 800, 1280 if over else 1279):
        outcome, asks = asked(
            order(received, **shows, **over), Operation.CAPTURE, capture=captured(500, last=False)
        )
        assert (outcome.state, outcome.amount) == (OutcomeState.SUCCEEDED, Money(500, "CNY")), received
        assert outcome.hold is not None
        assert outcome.hold.taken == Money(received, "CNY")
        assert [ask.method for ask in asks] == ["GET"]
    less, _ = asked(order(499, **shows, **over), Operation.CAPTURE, capture=captured(500, last=False))
    assert less.state is OutcomeState.UNKNOWN


def test_a_last_capture_that_shows_while_money_is_held_is_not_understood() -> None:
    shows = order(500, numbers={"capture_number": "cap_7"})
    assert asked(shows, Operation.CAPTURE, capture=captured(500))[0].state is OutcomeState.UNKNOWN


def test_what_went_back_of_a_capture_is_said_with_it() -> None:
    back = order(
        1280,
        status="succeeded",
        numbers={"capture_number": "cap_7"},
        latest_charge=charge(amount_refunded=1280),
    )
    outcome, _ = asked(back, Operation.CAPTURE, capture=captured(1280))
    assert (outcome.state, outcome.given_back_in_all) == (OutcomeState.SUCCEEDED, PRICE)


@pytest.mark.parametrize("over", [{}, {"status": "succeeded"}, ENDED])
def test_an_increment_that_shows_was_carried_out_whatever_came_after(over: dict[str, Any]) -> None:
    received = 2000 if over.get("status") == "succeeded" else 0
    shown = order(received, of=2000, numbers={"increment_number": "inc_7"}, **over)
    outcome, asks = asked(shown, Operation.INCREMENT, increment=INCREMENT)
    assert (outcome.state, outcome.amount) == (OutcomeState.SUCCEEDED, INCREMENT.amount), outcome
    assert [ask.method for ask in asks] == ["GET"]
    other = order(received, of=2000, numbers={"increment_number": "inc_8"}, **over)
    assert asked(other, Operation.INCREMENT, increment=INCREMENT)[0].state is OutcomeState.UNKNOWN


def test_a_release_asks_for_nothing_to_be_taken_whatever_others_took() -> None:
    trees = [order(800), order(800, status="succeeded", numbers={"capture_number": "pay_1:rest"})]
    asks: list[HttpRequest] = []

    def respond(ask: HttpRequest) -> Any:
        asks.append(ask)
        return answer(trees[min(len(asks), 2) - 1])

    release = captured(0, before=500, number="pay_1:rest")
    request = Request(operation=Operation.CAPTURE, order=ORDER, capture=release)
    outcome = talk(connector().converse(request, now=NOW), respond)
    assert outcome.hold is not None
    assert (outcome.state, outcome.hold.taken) == (OutcomeState.SUCCEEDED, Money(800, "CNY"))
    assert [ask.method for ask in asks] == ["GET", "POST"]
    assert parse_qs(asks[1].body.decode())["amount_to_capture"] == ["0"]


def test_a_release_of_what_is_over_says_how_the_order_stands() -> None:
    release = captured(0, before=500, number="pay_1:rest")
    for tree, state in (
        (order(500, status="succeeded"), OutcomeState.SUCCEEDED),
        (order(500, **ENDED), OutcomeState.SUCCEEDED),
        (order(0, **ENDED), OutcomeState.CLOSED),
    ):
        outcome, asks = asked(tree, Operation.CAPTURE, capture=release)
        assert (outcome.state, len(asks)) == (state, 1)


def test_our_capture_is_refused_if_others_took_before_it() -> None:
    outcome, _ = asked(order(300), Operation.CAPTURE, capture=captured(500))
    assert outcome.state is OutcomeState.FAILED
    known = msgspec.structs.replace(captured(500), taken_before=Money(300, "CNY"))
    assert asked(order(300), Operation.CAPTURE, capture=known)[1][1].method == "POST"
