"""What follows from the bank's messages, and what does not?"""

from datetime import date

import pytest

from tael.channels.connectors.bank.accounts import VirtualAccounts
from tael.channels.connectors.bank.statements import read_statement
from tael.channels.errors import BillNotReady, BillRefused
from tael.channels.port import BillKind, BillWanted, ErrorClass, Operation, OutcomeState, Request
from tael.foundation.money import Money
from tael.simulators.bank.customer import ACCOUNT
from tael.simulators.bank.messages import Entry, write_statement, write_status, write_whole_refusal
from tests.unit.bank_desk import (
    ASK_PAYOUT,
    INQUIRE,
    NOW,
    ORDER,
    PAY_OUT,
    PAYOUT,
    credit,
    fed,
    heard,
    mailbox,
    movement,
    virtual_account,
)

NAME = f"P-{PAYOUT.payout_number}"
ACCOUNTS = VirtualAccounts(prefix="95500018", digits=18, key="k" * 40)
DAY = BillWanted(kind=BillKind.FUNDS, day=date(2026, 5, 1))


def _status(status: str, *, reason: str = "", name: str = NAME) -> str:
    return write_status("PS1", name, name, status, reason=reason, at=NOW)


def test_money_for_our_order_counts_and_money_for_another_does_not() -> None:
    other = ACCOUNTS.of("att_another")
    outcome = heard(INQUIRE, mailbox(credit(1280), credit(9_999, reference="CR2", account=other)))
    assert (outcome.state, outcome.received) == (OutcomeState.SUCCEEDED, Money(1280, "CNY"))


@pytest.mark.parametrize(
    ("received", "inquired", "closed"),
    [
        (1279, OutcomeState.WAITING, OutcomeState.CLOSED),
        (1280, OutcomeState.SUCCEEDED, OutcomeState.SUCCEEDED),
        (1281, OutcomeState.SUCCEEDED, OutcomeState.SUCCEEDED),
    ],
)
def test_too_little_waits_until_the_order_is_closed(
    received: int, inquired: OutcomeState, closed: OutcomeState
) -> None:
    body = mailbox(credit(received))
    assert heard(INQUIRE, body).state is inquired
    outcome = heard(Request(operation=Operation.CLOSE, order=ORDER), body)
    assert (outcome.state, outcome.received) == (closed, Money(received, "CNY"))


def test_an_order_for_which_nothing_came_is_absent_when_it_is_closed() -> None:
    assert heard(Request(operation=Operation.CLOSE, order=ORDER), mailbox()).state is OutcomeState.ABSENT


def test_a_movement_that_is_told_twice_counts_once() -> None:
    outcome = heard(INQUIRE, mailbox(credit(500), credit(500), credit(700, reference="CR2")))
    assert outcome.received == Money(1200, "CNY")


def test_a_credit_that_the_bank_took_back_no_longer_counts() -> None:
    reversal = (
        credit(500, reference="RV1")
        .replace("CRDT", "DBIT")
        .replace("<Sts><Cd>BOOK</Cd></Sts>", "<RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></Sts>")
    )
    outcome = heard(INQUIRE, mailbox(credit(500), reversal))
    assert (outcome.state, outcome.received) == (OutcomeState.WAITING, Money(0, "CNY"))


def from_another(message: str) -> str:
    """The same, but another has sent it."""
    return message.replace("6222020000001000034", "6222020000001000042")


@pytest.mark.parametrize(
    ("messages", "payer", "differ"),
    [
        ([credit(1280)], "6222020000001000034", False),
        ([credit(500), credit(780, reference="CR2")], "6222020000001000034", False),
        ([credit(1280), from_another(credit(1, reference="CR2"))], "6222020000001000034", True),
        ([credit(1), from_another(credit(1280, reference="CR2"))], "6222020000001000042", True),
        ([credit(1000), from_another(credit(280, reference="CR2"))], None, True),
        ([credit(1280), from_another(credit(1280, reference="CR2"))], None, True),
    ],
)
def test_whoever_alone_has_sent_enough_has_paid(messages: list[str], payer: str | None, differ: bool) -> None:  # noqa: FBT001
    outcome = heard(INQUIRE, mailbox(*messages))
    assert outcome.state is OutcomeState.SUCCEEDED
    account = outcome.payer_account
    assert (account and account.partition("|")[0], outcome.payers_differ) == (payer, differ)


def test_what_the_bank_took_back_was_not_sent() -> None:
    took_back = (
        credit(1280, reference="RV1")
        .replace("CRDT", "DBIT")
        .replace("<Sts><Cd>BOOK</Cd></Sts>", "<RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></Sts>")
    )
    outcome = heard(INQUIRE, mailbox(credit(1280), took_back, from_another(credit(1280, reference="CR2"))))
    assert (outcome.payer_account or "").startswith("6222020000001000042")
    assert not outcome.payers_differ


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>"),
        (f"<Acct><Id><Othr><Id>{ACCOUNT}", "<Acct><Id><Othr><Id>6222020000009999999"),
        ("camt.054.001.08", "camt.060.001.05"),
    ],
)
def test_money_that_is_not_booked_for_us_does_not_count(old: str, new: str) -> None:
    outcome = heard(INQUIRE, mailbox(credit().replace(old, new)))
    assert (outcome.state, outcome.received) == (OutcomeState.ABSENT, None)


def test_money_of_another_currency_is_for_people_to_look_at() -> None:
    outcome = heard(INQUIRE, mailbox(credit().replace('Ccy="CNY"', 'Ccy="EUR"')))
    assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)


def test_parts_that_do_not_add_up_to_their_entry_are_not_believed() -> None:
    whole = credit(1280)
    part = whole[whole.index("<TxDtls>") : whole.index("</TxDtls>") + len("</TxDtls>")]
    doubled = whole.replace(part, part + part)
    assert heard(INQUIRE, mailbox(doubled)).state is OutcomeState.UNKNOWN
    halved = whole.replace(part, (part + part).replace("12.80", "6.40"))
    assert heard(INQUIRE, mailbox(halved)).received == Money(1280, "CNY")


@pytest.mark.parametrize(
    ("messages", "state", "error_class"),
    [
        ([], OutcomeState.ABSENT, None),
        ([_status("ACCP")], OutcomeState.WAITING, None),
        ([_status("ACCP"), _status("ACSC")], OutcomeState.SUCCEEDED, None),
        ([_status("ACSP"), movement(-5000, NAME)], OutcomeState.SUCCEEDED, None),
        ([_status("ACSP"), _status("RJCT", reason="AM04")], OutcomeState.FAILED, ErrorClass.ACCOUNT),
        ([_status("RJCT", reason="XX99")], OutcomeState.FAILED, ErrorClass.DECLINED),
        ([_status("ACSP"), _status("RJCT", reason="AM05")], OutcomeState.WAITING, None),
        ([write_whole_refusal("PS", NAME, reason="FF01", at=NOW)], OutcomeState.FAILED, ErrorClass.REQUEST),
        ([write_whole_refusal("PS", NAME, reason="DUPL", at=NOW)], OutcomeState.ABSENT, None),
        ([movement(-5000, NAME), _status("RJCT", reason="AC04")], OutcomeState.UNKNOWN, ErrorClass.TRUST),
        ([movement(-5001, NAME)], OutcomeState.UNKNOWN, ErrorClass.TRUST),
        (
            [movement(-5000, NAME), movement(5000, NAME, why_back="AC06")],
            OutcomeState.FAILED,
            ErrorClass.REQUEST,
        ),
        (
            [movement(5000, NAME, why_back="AC06"), movement(-5000, NAME)],
            OutcomeState.FAILED,
            ErrorClass.REQUEST,
        ),
        (
            [movement(-5000, NAME), movement(4900, NAME, why_back="AC06")],
            OutcomeState.UNKNOWN,
            ErrorClass.TRUST,
        ),
        ([movement(-5000, "P-pout_another")], OutcomeState.ABSENT, None),
        ([movement(-5000, f"R-{PAYOUT.payout_number}")], OutcomeState.ABSENT, None),
        ([_status("WHAT")], OutcomeState.ABSENT, None),
    ],
)
def test_a_transfer_stands_as_all_messages_together_say(
    messages: list[str], state: OutcomeState, error_class: ErrorClass | None
) -> None:
    outcome = heard(ASK_PAYOUT, mailbox(*messages))
    assert (outcome.state, outcome.error_class) == (state, error_class)
    assert outcome.payout_number == PAYOUT.payout_number


RECEIPT = f'{{"message": "{NAME}"}}'


@pytest.mark.parametrize(
    ("status", "body", "state", "error_class"),
    [
        (202, RECEIPT, OutcomeState.WAITING, None),
        (200, _status("ACSP"), OutcomeState.WAITING, None),
        (200, _status("RJCT", reason="AM04"), OutcomeState.FAILED, ErrorClass.ACCOUNT),
        (202, write_whole_refusal("PS", NAME, reason="DUPL", at=NOW), OutcomeState.UNKNOWN, ErrorClass.TRUST),
        (202, _status("RJCT", reason="AM04", name="P-another"), OutcomeState.UNKNOWN, ErrorClass.TRUST),
        (202, "{}", OutcomeState.UNKNOWN, ErrorClass.TRUST),
        (202, "<html>Welcome</html>", OutcomeState.UNKNOWN, ErrorClass.TRUST),
        (400, RECEIPT, OutcomeState.UNKNOWN, ErrorClass.REQUEST),
        (401, RECEIPT, OutcomeState.UNKNOWN, ErrorClass.ACCOUNT),
        (422, RECEIPT, OutcomeState.UNKNOWN, ErrorClass.REQUEST),
        (429, RECEIPT, OutcomeState.UNKNOWN, ErrorClass.BUSY),
        (500, RECEIPT, OutcomeState.UNKNOWN, ErrorClass.CHANNEL),
        (302, RECEIPT, OutcomeState.UNKNOWN, ErrorClass.CHANNEL),
    ],
)
def test_the_banks_door_is_believed_only_if_it_names_our_transfer(
    status: int, body: str, state: OutcomeState, error_class: ErrorClass | None
) -> None:
    outcome = heard(PAY_OUT, body.encode(), status=status)
    assert (outcome.state, outcome.error_class) == (state, error_class)


def test_a_message_that_cannot_be_read_hides_nothing_that_it_might_tell() -> None:
    torn = credit()[:-40]
    assert heard(INQUIRE, mailbox(torn)).state is OutcomeState.UNKNOWN
    assert heard(ASK_PAYOUT, mailbox(torn, movement(-5000, NAME))).state is OutcomeState.SUCCEEDED
    (notice,) = fed(mailbox(torn)).notices
    assert notice.outcome is not None
    assert notice.outcome.state is OutcomeState.UNKNOWN
    assert notice.outcome.message is not None


def test_the_feed_goes_on_after_the_last_message() -> None:
    page = fed(mailbox(credit(500), _status("ACSC")))
    assert (page.cursor, page.more) == ("2", False)
    assert [notice.notice_id for notice in page.notices] == ["1/0", "2/0"]
    first, second = (notice.outcome for notice in page.notices)
    assert first is not None
    assert second is not None
    assert first.channel_reference == virtual_account()
    assert second.payout_number == PAYOUT.payout_number


# Statements


def _statement(*amounts: int, closing_is_off_by: int = 0) -> str:
    entries = [
        Entry(reference=f"E{position}", amount_minor=amount, booked_at=NOW, account=ACCOUNTS.of("att_1"))
        for position, amount in enumerate(amounts)
    ]
    written = write_statement(1, DAY.day, entries, opening_minor=10_000, at=NOW)
    closing = 10_000 + sum(amounts)
    off = closing + closing_is_off_by
    return written.replace(
        f'<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{closing // 100}.{closing % 100:02}',
        f'<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{off // 100}.{off % 100:02}',
    )


def test_a_statement_is_believed_only_if_it_adds_up() -> None:
    bill = read_statement(DAY, [_statement(500, -200).encode()], ACCOUNTS, ours=ACCOUNT)
    assert [line.amount.minor for line in bill.lines] == [500, -200]
    with pytest.raises(BillRefused, match="closing balance"):
        read_statement(DAY, [_statement(500, closing_is_off_by=1).encode()], ACCOUNTS, ours=ACCOUNT)


def test_a_day_without_movements_has_a_statement_all_the_same() -> None:
    assert read_statement(DAY, [_statement().encode()], ACCOUNTS, ours=ACCOUNT).empty


def test_a_statement_of_another_day_or_account_is_not_the_one() -> None:
    other_day = BillWanted(kind=BillKind.FUNDS, day=date(2026, 5, 2))
    with pytest.raises(BillNotReady):
        read_statement(other_day, [_statement(500).encode()], ACCOUNTS, ours=ACCOUNT)
    with pytest.raises(BillNotReady):
        read_statement(DAY, [_statement(500).encode()], ACCOUNTS, ours="6222020000009999999")


def test_two_different_statements_of_a_day_are_refused_and_two_copies_are_not() -> None:
    one = _statement(500).encode()
    other = _statement(700).replace("<Id>STMT", "<Id>AGAIN").encode()
    assert len(read_statement(DAY, [one, one], ACCOUNTS, ours=ACCOUNT).lines) == 1
    with pytest.raises(BillRefused, match="2 different"):
        read_statement(DAY, [one, other], ACCOUNTS, ours=ACCOUNT)
