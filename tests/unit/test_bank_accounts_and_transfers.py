"""Which number belongs to which order, and what do our transfers say?"""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

from tael.channels.connectors.bank import BankConnector
from tael.channels.connectors.bank.accounts import Account, VirtualAccounts, account_in, is_iban
from tael.channels.connectors.bank.transfers import PAYOUT as PAYOUT_KIND
from tael.channels.connectors.bank.transfers import name_of, number_in
from tael.channels.port import ErrorClass, Operation, OutcomeState, Request
from tael.foundation.money import Money
from tests.unit.bank_desk import (
    CONNECTOR,
    CREDENTIALS,
    NOW,
    ORDER,
    PAY_OUT,
    PAYOUT,
    REFUND,
    SETTINGS,
    asked,
    virtual_account,
)

ACCOUNTS = VirtualAccounts(prefix="95500018", digits=18, key="k" * 40)


def test_an_order_always_has_the_same_number_and_another_key_gives_another_one() -> None:
    other = BankConnector(SETTINGS, msgspec.structs.replace(CREDENTIALS, account_key="x" * 40))
    assert virtual_account() == virtual_account()
    assert virtual_account(other) != virtual_account()


def test_ten_thousand_orders_have_ten_thousand_numbers() -> None:
    numbers = {ACCOUNTS.of(f"att_{number}") for number in range(10_000)}
    assert len(numbers) == 10_000
    assert all(ACCOUNTS.has(number) for number in numbers)


@given(st.integers(0, 27), st.integers(1, 9))
def test_a_mistyped_digit_is_nobodys_number(position: int, shift: int) -> None:
    number = ACCOUNTS.of("att_1")
    digit = str((int(number[position]) + shift) % 10)
    assert not ACCOUNTS.has(number[:position] + digit + number[position + 1 :])


def test_two_digits_that_changed_places_are_nobodys_number() -> None:
    number = ACCOUNTS.of("att_1")
    for position in range(len(number) - 1):
        first, second = number[position], number[position + 1]
        swapped = number[:position] + second + first + number[position + 2 :]
        assert first == second or not ACCOUNTS.has(swapped)


def test_words_name_an_account_only_if_there_is_no_doubt() -> None:
    mine, other = ACCOUNTS.of("att_1"), ACCOUNTS.of("att_2")
    assert ACCOUNTS.within(f"for {mine}, thanks") == mine
    assert ACCOUNTS.within(f"for {mine} and {mine}") == mine
    assert ACCOUNTS.within(f"for {mine} and {other}") is None
    assert ACCOUNTS.within(f"invoice 1{mine}") is None
    assert ACCOUNTS.within("nothing") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"virtual_prefix": "95A"},
        {"virtual_digits": 8},
        {"virtual_digits": 30},
        {"message_format": "pain.008"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_used_are_refused_in_words(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"virtual|written"):
        BankConnector(msgspec.structs.replace(SETTINGS, **changes), CREDENTIALS)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 characters"):
        BankConnector(SETTINGS, msgspec.structs.replace(CREDENTIALS, account_key="short"))


def test_an_account_comes_back_as_it_was_written_down() -> None:
    account = Account(number="6222020000001000034", bank="ICBKCNBJ", name="张 | 三")
    assert account_in(account.written()) == msgspec.structs.replace(account, name="张 三")
    assert account_in("6222020000001000034") == Account(number="6222020000001000034")
    assert account_in("") is None
    assert account_in("<x/>|ICBKCNBJ|a") is None


def test_an_iban_is_one_only_with_its_check_digits() -> None:
    assert is_iban("NL91ABNA0417164300")
    assert not is_iban("NL92ABNA0417164300")
    assert not is_iban("6222020000001000034")


def test_names_of_transfers_give_kind_and_number_back() -> None:
    name = name_of(PAYOUT_KIND, PAYOUT.payout_number)
    assert name is not None
    assert len(name) <= 35
    assert number_in(name) == (PAYOUT_KIND, PAYOUT.payout_number)
    assert number_in("NOTPROVIDED") is None
    assert name_of(PAYOUT_KIND, "x" * 34) is None


def test_a_transfer_is_the_same_bytes_whenever_it_is_sent() -> None:
    later = next(CONNECTOR.converse(PAY_OUT, now=NOW + timedelta(hours=5)))
    assert later == asked(PAY_OUT)


def test_a_transfer_says_who_pays_whom_how_much() -> None:
    root = etree.fromstring(asked(PAY_OUT).body)
    said = {etree.QName(element).localname: element.text for element in root.iter()}
    assert said["MsgId"] == said["EndToEndId"] == said["InstrId"] == f"P-{PAYOUT.payout_number}"
    assert (said["InstdAmt"], said["CtrlSum"], said["NbOfTxs"]) == ("50.00", "50.00", "1")
    assert said["MmbId"] == "102100099996"
    assert [element.text for element in root.iter("{*}Nm")] == [
        "Tael Payments Ltd.",
        "Tael Payments Ltd.",
        "李四",
    ]


def test_a_refund_goes_to_where_the_money_came_from_and_names_its_order() -> None:
    request = Request(operation=Operation.REFUND, order=ORDER, refund=REFUND)
    root = etree.fromstring(asked(request).body)
    said = {etree.QName(element).localname: element.text for element in root.iter()}
    assert said["MsgId"] == f"R-{REFUND.refund_number}"
    assert said["Ustrd"] == f"{ORDER.order_number} broken"
    assert root.findtext(".//{*}CdtrAcct//{*}Othr/{*}Id") == "6222020000001000034"
    assert root.findtext(".//{*}CdtrAgt//{*}BICFI") == "ICBKCNBJ"


@pytest.mark.parametrize(
    "changes",
    [
        {"payee_account": ""},
        {"payee_account": "<Id>1</Id>"},
        {"payout_number": "x" * 40},
        {"payout_number": "a b"},
        {"amount": Money(5000, "USD")},
    ],
    ids=str,
)
def test_a_transfer_that_no_bank_could_read_is_not_sent(changes: dict[str, object]) -> None:
    payout = msgspec.structs.replace(PAYOUT, **changes)
    conversation = CONNECTOR.converse(Request(operation=Operation.PAY_OUT, payout=payout), now=NOW)
    with pytest.raises(StopIteration) as end:
        next(conversation)
    assert end.value.value.state is OutcomeState.FAILED
    assert end.value.value.error_class is ErrorClass.REQUEST
