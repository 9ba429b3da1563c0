"""Which events do we believe, and what do they tell us?"""

from typing import Any

import pytest

from tael.channels.connectors.stripe import KIND, StripeCredentials, StripeSettings
from tael.channels.errors import NoticeRefused
from tael.channels.port import (
    DisputeState,
    ErrorClass,
    GoTo,
    InboundNotice,
    Notice,
    Outcome,
    OutcomeState,
)
from tael.foundation.money import Money
from tests.unit.stripe_desk import (
    NEW_SECRET,
    NOW,
    OLD_SECRET,
    PRICE,
    SECONDS,
    Tree,
    charge,
    connector,
    dispute,
    event,
    intent,
    payout,
    refund,
    session,
    signed,
    written,
)

PAID = written(event("payment_intent.succeeded", intent()))


def read(inbound: InboundNotice, **settings: str) -> Notice:
    return connector(**settings).read_notice(inbound, now=NOW)


def told(kind: str, thing: Tree) -> Outcome | None:
    return read(signed(written(event(kind, thing)))).outcome


@pytest.mark.parametrize("secret", [OLD_SECRET, NEW_SECRET])
def test_an_event_is_believed_under_the_old_and_the_new_secret(secret: str) -> None:
    notice = read(signed(PAID, secret=secret))
    assert notice.notice_id == "evt_7"
    assert notice.outcome is not None
    assert (notice.outcome.state, notice.outcome.amount) == (OutcomeState.SUCCEEDED, PRICE)


def test_stripe_may_sign_with_both_secrets_at_once() -> None:
    old, new = signed(PAID), signed(PAID, secret=NEW_SECRET)
    both = f"{old.headers['stripe-signature']},{new.headers['stripe-signature'].partition(',')[2]}"
    header = {"stripe-signature": f"{both},v0=abc"}
    assert read(InboundNotice(headers=header, query="", body=PAID)).outcome is not None


@pytest.mark.parametrize("age", [-301, -300, 0, 300, 301])
def test_an_event_is_believed_for_five_minutes_either_way(age: int) -> None:
    inbound = signed(PAID, seconds=SECONDS - age)
    if abs(age) <= 300:
        assert read(inbound).outcome is not None
    else:
        with pytest.raises(NoticeRefused, match="seconds ago"):
            read(inbound)


def header_of(text: str) -> InboundNotice:
    return InboundNotice(headers={"stripe-signature": text}, query="", body=PAID)


def test_a_signature_of_another_form_is_refused() -> None:
    right = signed(PAID).headers["stripe-signature"]
    digest = right.partition("v1=")[2]
    for text in (
        "",
        "v1=",
        right.upper(),
        f"t={SECONDS},v1={digest.upper()}",
        f"t={SECONDS},v0={digest}",
        f"t=+{SECONDS},v1={digest}",
        f"t=0{SECONDS},v1={digest}",
        f"t={SECONDS},t={SECONDS},v1={digest}",
        f"t={SECONDS}.0,v1={digest}",
        f"t={'1' * 400},v1={digest}",
        f"t=１２３４５６７８９,v1={digest}",
        f"v1={digest}",
        right + "," * 5000,
    ):
        with pytest.raises(NoticeRefused):
            read(header_of(text))
    with pytest.raises(NoticeRefused):
        read(InboundNotice(headers={}, query="", body=PAID))


def test_a_signed_event_for_somebody_else_is_refused() -> None:
    for changes in ({"livemode": True}, {"account": "acct_2"}):
        body = written(event("payment_intent.succeeded", intent(), **changes))
        with pytest.raises(NoticeRefused):
            read(signed(body), account_id="acct_1")
    ours = written(event("payment_intent.succeeded", intent(), account="acct_1"))
    assert read(signed(ours), account_id="acct_1").outcome is not None


@pytest.mark.parametrize(
    ("kind", "thing", "state"),
    [
        ("payment_intent.succeeded", intent(), OutcomeState.SUCCEEDED),
        ("payment_intent.processing", intent(status="processing", amount_received=0), OutcomeState.WAITING),
        (
            "payment_intent.amount_capturable_updated",
            intent(status="requires_capture", amount_received=0, amount_capturable=1280),
            OutcomeState.AUTHORISED,
        ),
        (
            "payment_intent.canceled",
            intent(status="canceled", amount_received=0, canceled_at=SECONDS),
            OutcomeState.CLOSED,
        ),
        ("checkout.session.expired", session(status="expired"), OutcomeState.CLOSED),
    ],
)
def test_events_of_orders_tell_their_state(kind: str, thing: Tree, state: OutcomeState) -> None:
    outcome = told(kind, thing)
    assert outcome is not None
    assert (outcome.state, outcome.order_number) == (state, "att_7")


def refused_card(product: str) -> Tree:
    return intent(
        status="requires_payment_method",
        amount_received=0,
        latest_charge=None,
        metadata={"order_number": "att_7", "product": product},
        last_payment_error={"type": "card_error", "code": "card_declined", "decline_code": "lost_card"},
    )


def test_a_refused_card_ends_a_charge_but_not_a_page() -> None:
    by_card = told("payment_intent.payment_failed", refused_card("card"))
    assert by_card is not None
    assert (by_card.state, by_card.error_class) == (OutcomeState.FAILED, ErrorClass.PAYER)
    on_page = told("payment_intent.payment_failed", refused_card("page"))
    assert on_page is not None
    assert on_page.state is OutcomeState.WAITING


def test_a_step_up_tells_where_the_payer_must_go() -> None:
    action = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.example/3ds"}}
    thing = intent(status="requires_action", amount_received=0, next_action=action)
    outcome = told("payment_intent.requires_action", thing)
    assert outcome is not None
    assert outcome.action == GoTo(url="https://bank.example/3ds")


def test_events_of_money_given_back_name_refund_and_sum() -> None:
    outcome = told("refund.updated", refund())
    assert outcome is not None
    assert (outcome.refund_number, outcome.amount) == ("rfd_7", Money(500, "CNY"))
    failed = told("refund.failed", refund(status="failed", failure_reason="expired_or_canceled_card"))
    assert failed is not None
    assert (failed.state, failed.code) == (OutcomeState.FAILED, "expired_or_canceled_card")
    in_all = told("charge.refunded", charge(amount_refunded=800))
    assert in_all is not None
    assert (in_all.state, in_all.refund_number) == (OutcomeState.SUCCEEDED, None)
    assert in_all.given_back_in_all == Money(800, "CNY")


def test_a_dispute_is_told_by_the_channels_number_of_the_order() -> None:
    outcome = told("charge.dispute.created", dispute())
    assert outcome is not None
    assert (outcome.order_number, outcome.channel_reference) == ("", "pi_7")
    assert outcome.dispute is not None
    assert (outcome.dispute.dispute_number, outcome.dispute.amount) == ("dp_7", PRICE)
    assert outcome.dispute.state is DisputeState.NEEDS_RESPONSE


def test_events_of_payouts_tell_their_state() -> None:
    paid, failed = told("payout.paid", payout()), told("payout.failed", payout(status="failed"))
    assert paid is not None
    assert failed is not None
    assert (paid.state, paid.payout_number) == (OutcomeState.SUCCEEDED, "out_7")
    assert failed.state is OutcomeState.FAILED


def test_what_an_event_does_not_tell_of_money_given_back_is_to_be_asked() -> None:
    outcome = told("charge.refunded", charge(amount_captured=500, amount_refunded=780))
    assert outcome is not None
    assert (outcome.state, outcome.order_number) == (OutcomeState.UNKNOWN, "att_7")
    assert (outcome.given_back_in_all, outcome.channel_reference) == (None, "pi_7")


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("customer.created", {"id": "cus_1"}),
        ("payment_intent.created", intent()),
        ("payment_intent.succeeded", intent(metadata={})),
        ("payment_intent.succeeded", intent(livemode=True)),
        ("checkout.session.completed", session(status="complete", payment_status="paid")),
        ("checkout.session.expired", session(status="expired", payment_status="paid")),
        ("charge.refunded", charge(metadata={})),
        ("charge.refunded", charge(amount_captured=0, amount_refunded=1280, captured=False)),
        ("refund.updated", refund(metadata={"order_number": "att_7"})),
        ("payout.paid", payout(metadata={})),
    ],
)
def test_events_that_are_not_about_ours_are_taken_and_tell_nothing(kind: str, thing: Tree) -> None:
    assert told(kind, thing) is None


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("payment_intent.succeeded", intent(amount_received=0)),
        ("payment_intent.succeeded", intent(currency="zz")),
        ("payment_intent.succeeded", intent(amount=12.5)),
        ("payment_intent.succeeded", payout()),
        ("charge.refunded", charge(amount_refunded=1281)),
        ("charge.dispute.created", dispute(status="shouting")),
    ],
)
def test_a_signed_event_that_does_not_fit_is_refused(kind: str, thing: Tree) -> None:
    with pytest.raises(NoticeRefused):
        told(kind, thing)


def test_s7_no_changed_bit_of_an_event_or_its_header_is_ever_believed() -> None:
    right = signed(PAID)
    header = right.headers["stripe-signature"].encode()
    checked = connector()
    believed: list[str] = []

    def try_out(name: str, header: bytes, body: bytes) -> None:
        headers = {"stripe-signature": header.decode("latin-1")}
        try:
            checked.read_notice(InboundNotice(headers=headers, query="", body=body), now=NOW)
        except NoticeRefused:
            return
        believed.append(name)

    for what, length in (("header", len(header)), ("body", len(PAID))):
        for position in range(length * 8):
            changed = bytearray(header if what == "header" else PAID)
            changed[position // 8] ^= 1 << position % 8
            name = f"{what} bit {position}"
            if what == "header":
                try_out(name, bytes(changed), PAID)
            else:
                try_out(name, header, bytes(changed))
    assert believed == []


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_key": "pk_live_0123456789"},
        {"secret_key": "sk_live_012345678\r\nx: y"},
        {"webhook_secrets": ""},
        {"webhook_secrets": "whsec_0123456789abcdef0123 hunter2"},
    ],
)
def test_credentials_that_cannot_be_used_are_refused_in_words(changes: dict[str, str]) -> None:
    right = {"secret_key": "sk_live_0123456789", "webhook_secrets": OLD_SECRET}
    assert KIND.make(StripeSettings(), StripeCredentials(**right)).capabilities.method == "card"
    with pytest.raises(ValueError, match="must"):
        KIND.make(StripeSettings(), StripeCredentials(**(right | changes)))


def test_an_address_without_tls_is_taken_for_a_live_key_on_this_machine_only() -> None:
    test, live = (
        StripeCredentials(secret_key=f"sk_{mode}_0123456789", webhook_secrets=OLD_SECRET)
        for mode in ("test", "live")
    )
    KIND.make(StripeSettings(api_url="http://127.0.0.1:8450"), live)
    KIND.make(StripeSettings(api_url="http://10.0.0.7:8450"), test)
    for url in ("http://api.stripe.com", "http://127.0.0.1.evil.example", "ftp://x", "https://a b"):
        with pytest.raises(ValueError, match="address"):
            KIND.make(StripeSettings(api_url=url), live)


def test_secrets_stand_in_no_text_about_them() -> None:
    credentials: Any = StripeCredentials(secret_key="sk_test_0123456789", webhook_secrets=OLD_SECRET)
    kept = KIND.make(StripeSettings(), credentials)
    for text in (repr(credentials), str(credentials), repr(vars(kept))):
        assert "0123456789" not in text
