"""Does every business event move the accounts that an accountant would move, in balance?"""

from collections import Counter

import msgspec
import pytest

from tael.foundation.money import Money
from tael.ledger.model import JournalEntry
from tael.payments import postings
from tael.payments.model import PaymentState, RefundReason
from tests.unit.test_payments_rules import attempt, payment
from tests.unit.test_payments_rules_of_refunds import refund

PAYMENT, ATTEMPT = payment(PaymentState.CAPTURED), attempt()
SURPLUS = refund(reason=RefundReason.LATE_SUCCESS, fee_returned_minor=0)


def lines(entry: JournalEntry) -> dict[str, int]:
    return {posting.code: posting.amount_minor for posting in entry.postings}


def test_a_captured_payment_is_owed_by_the_channel_and_shared_by_merchant_and_platform() -> None:
    assert lines(postings.captured(PAYMENT, ATTEMPT, Money(8, "CNY"))) == {
        "channel:alipay:receivable": 1280,
        "merchant:mer_1:pending": -1272,
        "platform:fees": -8,
    }


def test_a_fee_of_nothing_is_no_line() -> None:
    assert lines(postings.captured(PAYMENT, ATTEMPT, Money(0, "CNY"))) == {
        "channel:alipay:receivable": 1280,
        "merchant:mer_1:pending": -1280,
    }


def test_a_surplus_is_owed_to_the_payer_and_no_fee_is_taken() -> None:
    assert lines(postings.surplus_received(PAYMENT, ATTEMPT, 1280)) == {
        "channel:alipay:receivable": 1280,
        "platform:surplus": -1280,
    }


def test_a_refund_is_set_aside_from_merchant_and_fee() -> None:
    assert lines(postings.refund_created(refund())) == {
        "merchant:mer_1:pending": 497,
        "platform:fees": 3,
        "channel:alipay:refunds_in_transit": -500,
    }


def test_a_surplus_goes_back_out_of_the_surplus_alone() -> None:
    assert lines(postings.refund_created(SURPLUS)) == {
        "platform:surplus": 500,
        "channel:alipay:refunds_in_transit": -500,
    }


def test_a_refund_that_succeeded_makes_the_channel_owe_less() -> None:
    assert lines(postings.refund_succeeded(refund())) == {
        "channel:alipay:refunds_in_transit": 500,
        "channel:alipay:receivable": -500,
    }


@pytest.mark.parametrize("given_back", [refund(), SURPLUS])
def test_a_refund_that_failed_leaves_every_account_as_it_was(given_back: object) -> None:
    assert isinstance(given_back, type(SURPLUS))
    moved: Counter[str] = Counter()
    for entry in (
        postings.refund_created(given_back),
        postings.refund_failed(given_back),
    ):
        for posting in entry.postings:
            moved[posting.code] += posting.amount_minor

    assert set(moved.values()) == {0}


def every_entry() -> list[JournalEntry]:
    return [
        postings.captured(PAYMENT, ATTEMPT, Money(8, "CNY")),
        postings.surplus_received(PAYMENT, ATTEMPT, 1280),
        *[
            make(each)
            for each in (refund(), msgspec.structs.replace(SURPLUS, id="rfd_2"))
            for make in (postings.refund_created, postings.refund_succeeded, postings.refund_failed)
        ],
        *entries_of_arrival(),
        *entries_of_what_came_back(),
    ]


def entries_of_what_came_back() -> list[JournalEntry]:
    """30.00 of an order over 12.80 came, 22.80 were recalled; the recalled 10.00 that had been captured came again."""
    recalled = msgspec.structs.replace(ATTEMPT, id="att_3", received_minor=280, movements=2)
    again = msgspec.structs.replace(recalled, received_minor=1280, movements=3)
    back = msgspec.structs.replace(refund(), id="rfd_3", reversals=1)
    return [
        postings.taken_back(PAYMENT, recalled, surplus_minor=1280, lost_minor=1000),
        postings.arrived(PAYMENT, again, 1000),
        postings.recovered(PAYMENT, again, 1000),
        postings.refund_returned(back),
        postings.refund_taken(msgspec.structs.replace(back, reversals=2)),
    ]


def test_what_was_recalled_comes_out_of_the_surplus_and_else_has_to_be_recovered() -> None:
    taken_back, _, recovered, _, _ = entries_of_what_came_back()
    assert lines(taken_back) == {
        "platform:surplus": 1280,
        "platform:recoverable": 1000,
        "channel:alipay:receivable": -2280,
    }
    assert lines(recovered) == {"platform:arrivals": 1000, "platform:recoverable": -1000}


def test_a_refund_that_came_back_goes_to_where_it_was_taken_from() -> None:
    *_, returned, taken = entries_of_what_came_back()
    assert lines(returned) == {
        "channel:alipay:receivable": 500,
        "merchant:mer_1:pending": -497,
        "platform:fees": -3,
    }
    assert lines(taken) == {code: -minor for code, minor in lines(returned).items()}


def test_what_nobody_owes_is_charged_to_nobody() -> None:
    unowed = msgspec.structs.replace(refund(), unowed_minor=500, fee_returned_minor=0)
    assert lines(postings.refund_taken(unowed)) == {
        "platform:recoverable": 500,
        "channel:alipay:receivable": -500,
    }


def entries_of_arrival() -> list[JournalEntry]:
    """20.00 came for an order over 12.80."""
    sent = msgspec.structs.replace(ATTEMPT, id="att_2", received_minor=2000, movements=1)
    return [
        postings.arrived(PAYMENT, sent, 2000),
        postings.captured(PAYMENT, sent, Money(8, "CNY")),
        postings.surplus_received(PAYMENT, sent, 720),
    ]


def test_what_arrives_is_owed_to_the_payer_until_it_is_enough_and_the_rest_for_ever() -> None:
    moved: Counter[str] = Counter()
    for entry in entries_of_arrival():
        for posting in entry.postings:
            moved[posting.code] += posting.amount_minor
    assert moved == {
        "channel:alipay:receivable": 2000,
        "platform:arrivals": 0,
        "merchant:mer_1:pending": -1272,
        "platform:fees": -8,
        "platform:surplus": -720,
    }


def test_every_entry_balances_and_is_about_its_payment() -> None:
    for entry in every_entry():
        assert sum(posting.amount_minor for posting in entry.postings) == 0
        assert entry.reference == "pay_1"


def test_every_fact_has_an_id_of_its_own_that_never_changes() -> None:
    ids = [entry.id for entry in every_entry()]

    assert ids[:3] == ["att_1:captured", "att_1:surplus", "rfd_1:created"]
    assert len(set(ids)) == len(ids)
    assert ids == [entry.id for entry in every_entry()]


def test_every_account_that_an_entry_touches_is_opened_before() -> None:
    opened = {spec.code for spec in postings.accounts_of_payment(PAYMENT, "alipay")}

    assert {posting.code for entry in every_entry() for posting in entry.postings} == opened


def test_what_we_owe_a_merchant_never_falls_below_zero() -> None:
    assert postings.merchant_pending("mer_1", "CNY").floor_minor == 0
