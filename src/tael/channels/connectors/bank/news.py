"""What do the bank's messages say? Money that arrived for a virtual account, and how our transfers fare.

pain.002  the bank has taken, refused or carried out an order
camt.054  entries on our account: credits to virtual accounts, our transfers, transfers that came back
pacs.004  a transfer that came back

Only entries that are booked count.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time

import msgspec

from tael.channels.connectors.bank.accounts import Account, VirtualAccounts
from tael.channels.connectors.bank.meanings import CARRIED_OUT, COME_TWICE, TAKEN
from tael.channels.connectors.bank.transfers import number_in
from tael.channels.connectors.bank.xml import (
    Element,
    Unreadable,
    all_of,
    amount_of,
    date_of,
    moment_of,
    one_of,
    read_document,
    signed_amount_of,
    text_of,
)
from tael.channels.port import OutcomeState
from tael.foundation.clock import CHINA
from tael.foundation.money import Money

_ACCOUNT = ("Id/IBAN", "Id/Othr/Id")
_RETURNED = "returned"


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came to a virtual account, or was taken back from it."""

    source: str
    """The bank's own number of the movement: the same wherever it is told of."""
    account: str
    amount: Money
    """Negative if the bank took a credit back."""
    payer: Account | None
    happened_at: datetime | None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How a transfer of ours fares, by one message."""

    kind: str
    number: str
    state: OutcomeState
    """`WAITING`, `SUCCEEDED` or `FAILED`."""
    came_back: bool = False
    """Whether it had been carried out before it failed."""
    code: str = ""
    message: str = ""
    amount: Money | None = None
    happened_at: datetime | None = None


News = Arrival | Progress


def read_news(body: bytes, accounts: VirtualAccounts, *, ours: str) -> list[News]:
    """What a message tells that concerns us; `ours` is our account's number. Raises `Unreadable`."""
    kind, message = read_document(body)
    match kind:
        case "pain.002":
            return list(_statuses(message))
        case "camt.054":
            return list(_notifications(message, accounts, ours=ours))
        case "pacs.004":
            return list(_returns(message))
        case _:
            return []


def _statuses(report: Element) -> Iterator[Progress]:
    """A refusal of the whole message counts for its one transaction, unless the bank speaks of it as well."""
    singles = all_of(report, "OrgnlPmtInfAndSts/TxInfAndSts")
    for single in singles:
        yield from _status(single, text_of(single, "OrgnlEndToEndId"), text_of(single, "TxSts"))
    if not singles:
        group = one_of(report, "OrgnlGrpInfAndSts")
        if group is not None:
            yield from _status(group, text_of(group, "OrgnlMsgId"), text_of(group, "GrpSts"))


def _status(element: Element, name: str, status: str) -> Iterator[Progress]:
    ours = number_in(name)
    code = text_of(element, "StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry", longest=35)
    states = dict.fromkeys(TAKEN, OutcomeState.WAITING) | dict.fromkeys(CARRIED_OUT, OutcomeState.SUCCEEDED)
    state = OutcomeState.FAILED if status == "RJCT" else states.get(status)
    if ours is None or state is None or (state is OutcomeState.FAILED and code in COME_TWICE):
        return
    yield Progress(
        kind=ours[0],
        number=ours[1],
        state=state,
        code=code or status,
        message=text_of(element, "StsRsnInf/AddtlInf"),
    )


def _returns(message: Element) -> Iterator[Progress]:
    for single in all_of(message, "TxInf"):
        ours = number_in(text_of(single, "OrgnlEndToEndId"))
        if ours is None:
            continue
        yield Progress(
            kind=ours[0],
            number=ours[1],
            state=OutcomeState.FAILED,
            came_back=True,
            code=text_of(single, "RtrRsnInf/Rsn/Cd", "RtrRsnInf/Rsn/Prtry", longest=35) or _RETURNED,
            message=text_of(single, "RtrRsnInf/AddtlInf"),
            amount=amount_of(single, "RtrdIntrBkSttlmAmt"),
        )


def _notifications(message: Element, accounts: VirtualAccounts, *, ours: str) -> Iterator[News]:
    message_id = text_of(message, "GrpHdr/MsgId")
    for notification in all_of(message, "Ntfctn"):
        account = text_of(notification, *[f"Acct/{path}" for path in _ACCOUNT])
        if account != ours and not accounts.has(account):
            continue
        for position, entry in enumerate(all_of(notification, "Ntry")):
            if is_booked(entry):
                source = text_of(entry, "AcctSvcrRef", "NtryRef") or f"{message_id}/{position}"
                yield from _movements(entry, accounts, account=account, source=source)


def is_booked(entry: Element) -> bool:
    """Whether the entry is for good; older versions write the status without `Cd`."""
    return text_of(entry, "Sts/Cd", "Sts") == "BOOK"


def parts_of(entry: Element) -> list[tuple[Element, Money]]:
    """The transactions of an entry, with their amounts; raises `Unreadable` if they do not add up to it."""
    total = signed_amount_of(entry)
    singles = all_of(entry, "NtryDtls/TxDtls")
    if len(singles) < 2:
        return [(singles[0] if singles else entry, total)]
    sign = -1 if total.minor < 0 else 1
    amounts = [
        amount_of(single, "Amt" if one_of(single, "Amt") is not None else "AmtDtls/TxAmt/Amt")
        for single in singles
    ]
    added = sum(amount.minor for amount in amounts)
    if added != abs(total.minor) or {amount.currency for amount in amounts} != {total.currency}:
        raise Unreadable("it has an entry whose transactions do not add up to it")
    return [
        (single, Money(sign * amount.minor, amount.currency))
        for single, amount in zip(singles, amounts, strict=True)
    ]


def comes_back(entry: Element, single: Element) -> str:
    """Why a transfer of ours came back; empty if the entry is no return."""
    why = text_of(single, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", longest=35)
    if why or one_of(single, "RtrInf") is not None:
        return why or _RETURNED
    return _RETURNED if text_of(entry, "RvslInd") == "true" else ""


def booked_at(entry: Element) -> datetime | None:
    """When the entry was booked; for a bank that only knows the day, its beginning in China."""
    moment = moment_of(entry, "BookgDt/DtTm")
    if moment is not None:
        return moment
    day = date_of(entry, "BookgDt/Dt", "ValDt/Dt")
    return datetime.combine(day, time(), CHINA).astimezone(UTC) if day is not None else None


def virtual_account_of(single: Element, accounts: VirtualAccounts, *, account: str) -> str | None:
    """For which of our numbers the money came: as the bank says, else as the payer wrote."""
    named = text_of(single, *[f"RltdPties/CdtrAcct/{path}" for path in _ACCOUNT])
    for number in (named, account, text_of(single, "RmtInf/Strd/CdtrRefInf/Ref")):
        if accounts.has(number):
            return number
    return accounts.within(" ".join([line.text or "" for line in all_of(single, "RmtInf/Ustrd")[:10]]))


def _movements(entry: Element, accounts: VirtualAccounts, *, account: str, source: str) -> Iterator[News]:
    for position, (single, amount) in enumerate(parts_of(entry)):
        own = number_in(text_of(single, "Refs/EndToEndId"))
        why_back = comes_back(entry, single)
        if own is not None:
            back = amount.minor > 0
            yield Progress(
                kind=own[0],
                number=own[1],
                state=OutcomeState.FAILED if back else OutcomeState.SUCCEEDED,
                came_back=back,
                code=(why_back or _RETURNED) if back else "BOOK",
                amount=amount if back else -amount,
                happened_at=booked_at(entry),
            )
            continue
        number = virtual_account_of(single, accounts, account=account)
        if number is not None and (amount.minor > 0) is not bool(why_back):
            yield Arrival(
                source=f"{source}/{position}" if position else source,
                account=number,
                amount=amount,
                payer=_payer_of(single),
                happened_at=booked_at(entry),
            )


def _payer_of(single: Element) -> Account | None:
    number = text_of(single, *[f"RltdPties/DbtrAcct/{path}" for path in _ACCOUNT], longest=34)
    if not number:
        return None
    return Account(
        number=number,
        bank=text_of(
            single,
            "RltdAgts/DbtrAgt/FinInstnId/BICFI",
            "RltdAgts/DbtrAgt/FinInstnId/BIC",
            "RltdAgts/DbtrAgt/FinInstnId/ClrSysMmbId/MmbId",
            longest=35,
        ),
        name=text_of(single, "RltdPties/Dbtr/Pty/Nm", "RltdPties/Dbtr/Nm"),
    )
