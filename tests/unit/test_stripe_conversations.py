"""What do we say to Stripe, in which order, and what if it says the same again, or goes on for ever?"""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tael.channels.errors import BillNotReady, BillRefused
from tael.channels.port import (
    BillKind,
    BillWanted,
    ErrorClass,
    Evidence,
    GoTo,
    HttpRequest,
    HttpResponse,
    Operation,
    OutcomeState,
    Product,
    Request,
)
from tael.foundation.clock import CHINA
from tests.unit.stripe_desk import (
    NOW,
    ORDER,
    SECONDS,
    Tree,
    answer,
    asking,
    charge,
    connector,
    dispute,
    error,
    failed,
    heard,
    held,
    intent,
    refund,
    session,
    talk,
)


def test_two_things_under_one_number_are_for_people_to_look_at() -> None:
    unknown = msgspec.structs.replace(ORDER, channel_reference="")
    two = {"object": "search_result", "data": [intent(), intent(id="pi_8")], "has_more": False}
    outcome = heard(Operation.INQUIRE, answer(two), order=unknown)
    assert outcome.state is OutcomeState.UNKNOWN
    assert "somebody has to look" in (outcome.message or "")
    another = two | {"data": [intent(metadata={"order_number": "att_8"})]}
    assert heard(Operation.INQUIRE, answer(another), order=unknown).state is OutcomeState.UNKNOWN
    refunds = {"object": "list", "data": [refund(), refund(id="re_8")], "has_more": False}
    assert heard(Operation.INQUIRE_REFUND, answer(refunds)).state is OutcomeState.UNKNOWN


def test_a_list_that_never_ends_proves_nothing() -> None:
    unknown = msgspec.structs.replace(ORDER, channel_reference="")
    nothing = answer({"object": "search_result", "data": [], "has_more": False})
    endless = answer({"object": "list", "data": [intent(metadata={})], "has_more": True})
    assert heard(Operation.INQUIRE, nothing, endless, order=unknown).state is OutcomeState.UNKNOWN
    empty = answer({"object": "list", "data": [], "has_more": False})
    assert heard(Operation.INQUIRE, nothing, empty, order=unknown).state is OutcomeState.ABSENT


def test_every_post_has_a_key_of_ours_and_the_version_is_pinned() -> None:
    seen: list[HttpRequest] = []

    def respond(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return answer(refund() if "/refunds" in request.url else held())

    for operation in (Operation.PAY, Operation.REFUND, Operation.CLOSE, Operation.CANCEL):
        talk(connector().converse(asking(operation), now=NOW), respond)
    posts = [request for request in seen if request.method == "POST"]
    assert [request.headers["idempotency-key"] for request in posts] == [
        "pay:att_7",
        "refund:rfd_7",
        "cancel:att_7:20260501T0930",
    ]
    assert {request.headers["stripe-version"] for request in seen} == {"2026-10-28.endive"}
    assert {request.headers["authorization"] for request in seen} == {"Bearer sk_test_0123456789abcdef"}
    form = parse_qs(posts[0].body.decode())
    assert (form["amount"], form["currency"], form["confirm"]) == (["1280"], ["cny"], ["true"])
    assert form["metadata[order_number]"] == ["att_7"]


def test_the_same_order_is_the_same_message_whenever_it_is_sent() -> None:
    def message(minutes: int, product: Product) -> tuple[str, bytes]:
        order = msgspec.structs.replace(ORDER, product=product)
        request = Request(operation=Operation.PAY, order=order)
        step = next(connector().converse(request, now=NOW + timedelta(minutes=minutes)))
        assert isinstance(step, HttpRequest)
        return step.url, step.body

    for product in (Product.CARD, Product.PAGE, Product.H5):
        assert message(0, product) == message(17, product)


def test_a_call_is_sent_once_more_if_stripe_says_so_and_only_then() -> None:
    for header, status, count in (("true", 409, 2), ("true", 500, 2), ("false", 500, 1), ("true", 400, 1)):
        keys: list[str] = []

        def respond(
            request: HttpRequest, header: str = header, status: int = status, keys: Any = keys
        ) -> Any:
            keys.append(request.headers["idempotency-key"])
            return answer({}, status=status, headers={"stripe-should-retry": header})

        talk(connector().converse(asking(Operation.PAY), now=NOW), respond)
        assert keys == ["pay:att_7"] * count


def bill_lines(*lines: Tree) -> int:
    day = NOW.astimezone(CHINA).date()
    page = {"object": "list", "data": list(lines), "has_more": False}
    wanted = BillWanted(kind=BillKind.FUNDS, day=day)
    later = NOW + timedelta(days=2)
    bill = talk(connector().fetch_bill(wanted, now=later), lambda _: answer(page))
    return len(bill.lines)


def test_a_record_of_a_day_must_add_up_and_hold_each_movement_once() -> None:
    line = charge()["balance_transaction"]
    assert bill_lines() == 0
    assert bill_lines(line, line | {"id": "txn_8"}) == 2
    wrongs: list[list[Tree]] = [
        [line, line],
        [line | {"net": 1214}],
        [line | {"created": SECONDS + 86_400}],
        [line | {"currency": "xxx"}],
        [{}],
    ]
    for wrong in wrongs:
        with pytest.raises(BillRefused):
            bill_lines(*wrong)


def test_a_record_is_not_ready_before_its_day_has_ended() -> None:
    wanted = BillWanted(kind=BillKind.TRADES, day=NOW.astimezone(CHINA).date())
    with pytest.raises(BillNotReady):
        talk(connector().fetch_bill(wanted, now=NOW), lambda _: answer({}))
    with pytest.raises(BillNotReady):
        talk(connector().fetch_bill(wanted, now=NOW + timedelta(days=2)), lambda _: error(503))


def test_a_feed_goes_on_from_its_cursor_and_starts_anew_if_that_is_forgotten() -> None:
    urls: list[str] = []

    def respond(request: HttpRequest) -> HttpResponse:
        urls.append(request.url)
        if "ending_before" in request.url:
            return error(400, code="resource_missing", param="ending_before")
        return answer({"object": "list", "data": [], "has_more": False})

    page = talk(connector().fetch_notices("evt_1", now=NOW), respond)
    assert (page.notices, page.cursor, page.more) == ([], "evt_1", False)
    assert [parse_qs(urlsplit(url).query).get("ending_before") for url in urls] == [["evt_1"], None]
    broken = talk(connector().fetch_notices("evt_1", now=NOW), lambda _: error(500))
    assert (broken.notices, broken.cursor) == ([], "evt_1")


def test_a_repeated_answer_is_read_again_as_it_is_now() -> None:
    urls: list[str] = []
    asking_then = intent(status="requires_action", amount_received=0, latest_charge=None)

    def respond(request: HttpRequest) -> HttpResponse:
        urls.append(f"{request.method} {urlsplit(request.url).path}")
        if request.method == "POST":
            return answer(asking_then, headers={"idempotent-replayed": "true"})
        return answer(intent())

    outcome = talk(connector().converse(asking(Operation.PAY), now=NOW), respond)
    assert outcome.state is OutcomeState.SUCCEEDED
    assert urls == ["POST /v1/payment_intents", "GET /v1/payment_intents/pi_7"]


def test_where_there_is_no_search_the_list_is_enough() -> None:
    unknown = msgspec.structs.replace(ORDER, channel_reference="")
    listed = {"object": "list", "data": [intent()], "has_more": False}
    no_search = error(400, message="Search is not available in your country.")
    found = heard(Operation.INQUIRE, no_search, answer(listed), answer(intent()), order=unknown)
    assert found.state is OutcomeState.SUCCEEDED
    assert heard(Operation.INQUIRE, error(500), order=unknown).state is OutcomeState.UNKNOWN


def test_a_page_that_is_known_by_its_intent_is_shown_again_until_it_is_paid() -> None:
    page = msgspec.structs.replace(ORDER, product=Product.PAGE)
    listed = {"object": "list", "data": [session()], "has_more": False}
    answers = (answer(failed()), answer(listed), answer(session(payment_intent=failed())))
    outcome = heard(Operation.INQUIRE, *answers, order=page)
    assert (outcome.state, outcome.channel_reference) == (OutcomeState.WAITING, "cs_test_7")
    assert isinstance(outcome.action, GoTo)


def test_evidence_that_has_arrived_is_not_sent_again() -> None:
    evidence = Evidence(dispute_number="dp_7", texts={"customer_name": "Li"})
    request = Request(operation=Operation.SUBMIT_EVIDENCE, order=ORDER, evidence=evidence)
    methods: list[str] = []

    def respond(asked: HttpRequest) -> HttpResponse:
        methods.append(asked.method)
        return answer(dispute(status="under_review"))

    outcome = talk(connector().converse(request, now=NOW), respond)
    assert (outcome.state, methods) == (OutcomeState.SUCCEEDED, ["GET"])


def test_an_order_that_stripe_has_is_never_ended_unless_it_is_ours() -> None:
    methods: list[str] = []

    def respond(asked: HttpRequest) -> HttpResponse:
        methods.append(asked.method)
        return answer(held() | {"metadata": {"order_number": "att_8"}})

    for operation in (Operation.CLOSE, Operation.CANCEL, Operation.CAPTURE):
        outcome = talk(connector().converse(asking(operation), now=NOW), respond)
        assert outcome.state is OutcomeState.UNKNOWN
    assert set(methods) == {"GET"}


def test_a_list_of_refunds_with_somebody_elses_among_them_proves_nothing() -> None:
    others = {"order_number": "att_7", "refund_number": "rfd_8"}
    for strange in (
        refund(payment_intent="pi_8", metadata=others),
        refund(metadata={"order_number": "att_8"}),
    ):
        page = {"object": "list", "data": [strange], "has_more": False}
        assert heard(Operation.INQUIRE_REFUND, answer(page)).state is OutcomeState.UNKNOWN
    for items in ([], [refund(metadata=others)]):
        page = {"object": "list", "data": items, "has_more": False}
        assert heard(Operation.INQUIRE_REFUND, answer(page)).state is OutcomeState.ABSENT


def test_an_order_that_is_paid_while_we_close_it_is_paid() -> None:
    asking_payer = intent(status="requires_action", amount_received=0, latest_charge=None)
    too_late = error(400, code="payment_intent_unexpected_state")
    closed = heard(Operation.CLOSE, answer(asking_payer), too_late, answer(intent()))
    assert (closed.state, closed.amount) == (OutcomeState.SUCCEEDED, ORDER.amount)
    refused = heard(Operation.CLOSE, answer(asking_payer), error(500))
    assert (refused.state, refused.error_class) == (OutcomeState.UNKNOWN, ErrorClass.CHANNEL)


def test_an_error_that_shows_a_paid_intent_is_no_refusal_and_no_success() -> None:
    outcome = heard(Operation.PAY, error(400, code="parameter_unknown", payment_intent=intent()))
    assert outcome.state is OutcomeState.UNKNOWN
