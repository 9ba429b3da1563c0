"""What does the bank's statement of a day say, and does it add up?

A camt.053 for our account and that day. Opening balance and entries have to give the closing balance; otherwise the
whole statement is refused.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from tael.channels.connectors.bank.accounts import VirtualAccounts
from tael.channels.connectors.bank.news import (
    booked_at,
    comes_back,
    is_booked,
    parts_of,
    virtual_account_of,
)
from tael.channels.connectors.bank.transfers import PAYOUT, number_in
from tael.channels.connectors.bank.xml import (
    Element,
    Unreadable,
    all_of,
    date_of,
    read_document,
    signed_amount_of,
    text_of,
)
from tael.channels.errors import BillNotReady, BillRefused
from tael.channels.port import Bill, BillLine, BillWanted, LineKind
from tael.foundation.money import Money

_FEES = frozenset({"CHRG", "COMM", "FEES"})


def read_statement(
    wanted: BillWanted, bodies: Iterable[bytes], accounts: VirtualAccounts, *, ours: str
) -> Bill:
    """The statement of the day among these messages; raises `BillNotReady` or `BillRefused`."""
    found: dict[str, tuple[bytes, Element]] = {}
    for body in bodies:
        try:
            kind, message = read_document(body)
        except Unreadable:
            continue
        for statement in all_of(message, "Stmt") if kind == "camt.053" else []:
            account = text_of(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
            if account == ours and _day_of(statement) == wanted.day:
                found[text_of(statement, "Id")] = (body, statement)
    if not found:
        raise BillNotReady(f"The bank has no statement of {wanted.day} yet.")
    if len(found) > 1:
        raise BillRefused(f"The bank has {len(found)} different statements of {wanted.day}.")
    name, (content, statement) = found.popitem()
    try:
        lines = _lines(statement, accounts)
    except Unreadable as problem:
        raise BillRefused(f"The bank's statement cannot be read: {problem}.") from None
    return Bill(wanted=wanted, file_name=f"{name}.xml", content=content, lines=lines)


def _day_of(statement: Element) -> date | None:
    return date_of(statement, "FrToDt/FrDtTm", "FrToDt/FrDt", "Bal/Dt/Dt", "Bal/Dt/DtTm")


def _lines(statement: Element, accounts: VirtualAccounts) -> Sequence[BillLine]:
    opening, closing = _balance(statement, "OPBD", "PRCD"), _balance(statement, "CLBD")
    balance = opening
    lines: list[BillLine] = []
    for entry in all_of(statement, "Ntry"):
        if not is_booked(entry):
            continue
        for single, amount in parts_of(entry):
            if amount.currency != opening.currency:
                raise Unreadable("it has entries of another currency")
            balance += amount
            lines.append(_line(entry, single, accounts, amount=amount, balance=balance))
    if balance != closing:
        raise Unreadable(f"opening balance and entries give {balance}, the closing balance is {closing}")
    return lines


def _balance(statement: Element, *codes: str) -> Money:
    for code in codes:
        for balance in all_of(statement, "Bal"):
            if text_of(balance, "Tp/CdOrPrtry/Cd") == code:
                return signed_amount_of(balance)
    raise Unreadable(f"it has no balance {codes[0]}")


def _line(
    entry: Element, single: Element, accounts: VirtualAccounts, *, amount: Money, balance: Money
) -> BillLine:
    own = number_in(text_of(single, "Refs/EndToEndId"))
    number = virtual_account_of(single, accounts, account="") if own is None else None
    codes = {text_of(entry, f"BkTxCd/Domn/{path}") for path in ("Fmly/Cd", "Fmly/SubFmlyCd")}
    if own is not None:
        kind = LineKind.PAYOUT if own[0] == PAYOUT else LineKind.REFUND
    elif codes & _FEES:
        kind = LineKind.FEE
    else:
        kind = LineKind.PAYMENT if number is not None else LineKind.OTHER
    return BillLine(
        kind=kind,
        amount=amount,
        refund_number=own[1] if own is not None else "",
        channel_reference=number or "",
        happened_at=booked_at(entry),
        status=comes_back(entry, single) or "BOOK",
        balance=balance,
        description=text_of(single, "RmtInf/Ustrd", "AddtlTxInf"),
    )
