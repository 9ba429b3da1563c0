"""Bar S2: can anything that Stripe sends make the connector do other than say UNKNOWN, refuse, or tell the truth?

Half of the cases are Stripe's own messages with something in them changed, so that they reach the code behind the
first checks.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tael.channels.errors import BillNotReady, BillRefused, NoticeRefused
from tael.channels.port import (
    BillKind,
    BillWanted,
    Evidence,
    HttpResponse,
    InboundNotice,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Request,
)
from tests.unit.stripe_desk import (
    NOW,
    ORDER,
    PRICE,
    REFUND,
    Tree,
    asking,
    charge,
    connector,
    dispute,
    event,
    intent,
    payout,
    refund,
    session,
    signed,
    talk,
    written,
)

CASES = settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
STRIPE = connector()
THINGS = [
    intent(),
    intent(status="requires_capture", amount_received=0, amount_capturable=1280),
    session(payment_intent=intent()),
    session(),
    refund(),
    payout(),
    dispute(),
    charge(),
    {"object": "list", "data": [intent(), refund(), payout()], "has_more": False},
    {"error": {"type": "card_error", "code": "card_declined", "payment_intent": intent()}},
    {"object": "balance", "livemode": False},
]
OPERATIONS = sorted(STRIPE.capabilities.operations)
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a message where something else could stand."""
    below = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(found for key, value in below for found in places(value, (*path, key)))]


def with_junk(tree: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = with_junk(copy[path[0]], path[1:], junk)
    return copy


@st.composite
def bodies(draw: st.DrawFn, things: list[Tree] = THINGS) -> bytes:
    if draw(st.booleans()):
        return draw(st.binary(max_size=200))
    tree = draw(st.sampled_from(things))
    for _ in range(draw(st.integers(0, 2))):
        tree = with_junk(tree, draw(st.sampled_from(places(tree))), draw(JUNK))
        if not isinstance(tree, dict | list):
            break
    text = written(tree)
    cut = draw(st.integers(0, 40))
    return text[: len(text) - cut] if cut < 10 else text


def request_for(operation: Operation, product: Product, *, known: bool) -> Request:
    reference = ("pi_7" if product is Product.CARD else "cs_test_7") if known else ""
    order = msgspec.structs.replace(ORDER, product=product, channel_reference=reference)
    if operation in (Operation.SUBMIT_EVIDENCE, Operation.INQUIRE_DISPUTE):
        evidence = Evidence(dispute_number="dp_7", texts={"customer_name": "x"})
        return Request(operation=operation, order=order, evidence=evidence)
    return asking(operation, order)


def heard(request: Request, body: bytes) -> Outcome:
    """What comes of a request that is answered so."""
    response = HttpResponse(status=200, headers={}, body=body)
    return talk(STRIPE.converse(request, now=NOW), lambda _: response)


def why_wrong(request: Request, outcome: Outcome) -> str | None:
    """What an outcome claims that none may claim."""
    if outcome.state is OutcomeState.UNKNOWN or request.operation is Operation.PROBE:
        return None
    if request.order is not None and outcome.order_number not in ("", ORDER.order_number):
        return "about another order"
    wanted = REFUND.amount if request.refund is not None else PRICE
    if request.increment is not None:
        wanted = request.increment.amount
    definite = outcome.state in (OutcomeState.SUCCEEDED, OutcomeState.AUTHORISED)
    if definite and outcome.dispute is None and outcome.amount != wanted:
        return f"over {outcome.amount}"
    return None


@CASES
@given(
    operation=st.sampled_from(OPERATIONS),
    product=st.sampled_from([Product.CARD, Product.PAGE]),
    known=st.booleans(),
    status=st.sampled_from([200, 200, 200, 400, 402, 404, 500]),
    answers=st.lists(bodies(), min_size=1, max_size=4),
)
def test_s2_no_answer_makes_the_connector_raise_or_claim_what_is_not_ours(
    operation: Operation, product: Product, *, known: bool, status: int, answers: list[bytes]
) -> None:
    request = request_for(operation, product, known=known)
    left = list(answers)

    def respond(_: Any) -> HttpResponse:
        body = left.pop(0) if len(left) > 1 else left[0]
        return HttpResponse(status=status, headers={"stripe-should-retry": "true"}, body=body)

    outcome = talk(STRIPE.converse(request, now=NOW), respond)
    assert why_wrong(request, outcome) is None


EVENTS = [
    event("payment_intent.succeeded", intent()),
    event("payment_intent.payment_failed", intent(status="requires_payment_method", amount_received=0)),
    event("checkout.session.expired", session(status="expired")),
    event("charge.refunded", charge(amount_refunded=3)),
    event("refund.updated", refund()),
    event("charge.dispute.created", dispute()),
    event("payout.paid", payout()),
]


@CASES
@given(body=bodies(EVENTS))
def test_s2_no_signed_event_makes_the_connector_raise(body: bytes) -> None:
    try:
        notice = STRIPE.read_notice(signed(body), now=NOW)
    except NoticeRefused:
        return
    assert notice.notice_id.startswith("evt_")


@CASES
@given(header=st.text(max_size=200), body=st.binary(max_size=300))
def test_s2_no_unsigned_message_is_ever_taken_for_an_event(header: str, body: bytes) -> None:
    with pytest.raises(NoticeRefused):
        STRIPE.read_notice(InboundNotice(headers={"stripe-signature": header}, query="", body=body), now=NOW)


@CASES
@given(
    body=bodies([{"object": "list", "data": EVENTS, "has_more": False}]), status=st.sampled_from([200, 400])
)
def test_s2_no_feed_makes_the_connector_raise(body: bytes, status: int) -> None:
    page = talk(
        STRIPE.fetch_notices("evt_1", now=NOW),
        lambda _: HttpResponse(status=status, headers={}, body=body.replace(b'"has_more": true', b"")),
    )
    assert page.cursor.startswith("evt_")


@CASES
@given(body=bodies([{"object": "list", "data": [charge()["balance_transaction"]], "has_more": False}]))
def test_s2_no_record_of_a_day_makes_the_connector_raise(body: bytes) -> None:
    wanted = BillWanted(kind=BillKind.TRADES, day=NOW.date())
    later = NOW.replace(year=2027)
    try:
        bill = talk(
            STRIPE.fetch_bill(wanted, now=later),
            lambda _: HttpResponse(status=200, headers={}, body=body),
        )
    except (BillRefused, BillNotReady):
        return
    assert all(line.amount.currency == "CNY" for line in bill.lines)


def test_s7_no_changed_bit_of_an_answer_makes_another_claim_about_money() -> None:
    """Answers are protected by TLS alone; still, hardly a bit is without a second one that contradicts it."""
    claims: list[str] = []
    for operation, thing in (
        (Operation.INQUIRE, intent()),
        (Operation.REFUND, refund()),
        (Operation.PAY_OUT, payout()),
    ):
        request = request_for(operation, Product.CARD, known=True)
        right = written(thing)
        for position in range(len(right) * 8):
            changed = bytearray(right)
            changed[position // 8] ^= 1 << position % 8
            outcome = heard(request, bytes(changed))
            if outcome.state not in (OutcomeState.SUCCEEDED, OutcomeState.UNKNOWN):
                claims.append(f"{operation} bit {position}: {outcome.state}")
            if why_wrong(request, outcome) is not None:
                claims.append(f"{operation} bit {position}: {why_wrong(request, outcome)}")
    assert claims == []
