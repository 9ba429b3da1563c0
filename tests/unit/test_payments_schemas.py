"""What may a merchant send with a payment, and what is refused before anything is written?"""

from typing import Any

import msgspec
import pytest

from tael.payments.model import CaptureMethod
from tael.payments.schemas import CreateCaptureRequest, CreateIncrementRequest, CreatePaymentRequest

PAYMENT = {"amount_minor": 1280, "currency": "CNY", "reference": "order-1", "description": "Two cups of tea"}


def read(**more: object) -> CreatePaymentRequest:
    return msgspec.json.decode(msgspec.json.encode(PAYMENT | more), type=CreatePaymentRequest)


def test_a_payment_without_anything_special_is_captured_as_it_is_paid() -> None:
    assert (read().metadata, read().descriptor) == ({}, None)
    assert read().capture_method is CaptureMethod.AUTOMATIC
    assert read(capture_method="manual").capture_method is CaptureMethod.MANUAL


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"table": "7", "client\u00e9": ""},
        {"k" * 40: "v" * 500},
        {f"name {number}": "x" for number in range(50)},
    ],
)
def test_notes_of_the_merchants_are_kept_as_they_came(metadata: dict[str, str]) -> None:
    assert read(metadata=metadata).metadata == metadata


@pytest.mark.parametrize(
    "wrong",
    [
        {"metadata": {f"name {number}": "x" for number in range(51)}},
        {"metadata": {"k" * 41: "x"}},
        {"metadata": {"": "x"}},
        {"metadata": {"k": "v" * 501}},
        {"metadata": {"k": 7}},
        {"metadata": {"k": None}},
        {"metadata": {"k": "two\nlines"}},
        {"metadata": {"k\u202e": "x"}},
        {"metadata": ["k"]},
        {"metadata": None},
        {"descriptor": "A"},
        {"descriptor": "B" * 23},
        {"descriptor": "7 TEAPOTS"},
        {"descriptor": "TEA*POT"},
        {"descriptor": "TEAPOT\n"},
        {"descriptor": "蓝茶壶"},
        {"capture_method": "later"},
        {"source": "checkout_session:cs_1"},
        {"fee_terms_id": "fee_1"},
        {"authorised_minor": 1},
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(**wrong)


@pytest.mark.parametrize("descriptor", ["AB", "Blue Teapot", "B" * 22, "T.E-A 7"])
def test_what_stands_on_a_statement_has_letters_that_every_bank_can_print(descriptor: str) -> None:
    assert read(descriptor=descriptor).descriptor == descriptor


def test_a_capture_takes_all_that_is_left_unless_it_says_otherwise() -> None:
    whole = msgspec.json.decode(b"{}", type=CreateCaptureRequest)
    assert (whole.amount_minor, whole.tip_minor, whole.final) == (None, 0, True)
    for wrong in (b'{"amount_minor": 0}', b'{"tip_minor": -1}', b'{"final": 1}', b'{"all": true}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(wrong, type=CreateCaptureRequest)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b"{}", type=CreateIncrementRequest)
