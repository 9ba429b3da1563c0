"""How do we order a transfer? One pain.001 with one transaction, the same bytes however often it is sent.

Message, payment and transaction all carry one name: `P-` and the payout's number, or `R-` and the refund's. Banks refuse
a second message of the same name, and bring the name back in every report, statement and return.
"""

import re
from datetime import UTC, datetime

from tael.channels.connectors.bank.accounts import Account
from tael.channels.connectors.bank.xml import Element, add, new_document, written
from tael.foundation.clock import CHINA
from tael.foundation.money import Money

LONGEST_NAME = 35
FORMATS = ("pain.001.001.03", "pain.001.001.09")
PAYOUT, REFUND = "P-", "R-"

_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,33}")


def name_of(kind: str, number: str) -> str | None:
    """The name of a transfer, from its kind and our number; None if the number cannot be written so."""
    return kind + number if _NUMBER.fullmatch(number) else None


def number_in(name: str) -> tuple[str, str] | None:
    """Kind and number, from a transfer's name; None if it is not ours."""
    kind, number = name[:2], name[2:]
    return (kind, number) if kind in (PAYOUT, REFUND) and _NUMBER.fullmatch(number) else None


def write_transfer(
    name: str,
    *,
    amount: Money,
    sender: Account,
    receiver: Account,
    words: str,
    ordered_at: datetime,
    message_format: str,
) -> bytes:
    """The message."""
    document = new_document(message_format)
    initiation = add(document, "CstmrCdtTrfInitn")
    header = add(initiation, "GrpHdr")
    add(header, "MsgId", name)
    add(header, "CreDtTm", ordered_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    add(header, "NbOfTxs", "1")
    add(header, "CtrlSum", amount.decimal())
    add(header, "InitgPty/Nm", sender.name)
    payment = add(initiation, "PmtInf")
    add(payment, "PmtInfId", name)
    add(payment, "PmtMtd", "TRF")
    add(payment, "NbOfTxs", "1")
    add(payment, "CtrlSum", amount.decimal())
    is_first = message_format == FORMATS[0]
    day = ordered_at.astimezone(CHINA).date().isoformat()
    add(payment, "ReqdExctnDt" if is_first else "ReqdExctnDt/Dt", day)
    add(payment, "Dbtr/Nm", sender.name)
    _add_account(payment, "DbtrAcct", sender, currency=amount.currency)
    _add_bank(payment, "DbtrAgt", sender, bic="BIC" if is_first else "BICFI")
    add(payment, "ChrgBr", "SLEV")
    transfer = add(payment, "CdtTrfTxInf")
    identity = add(transfer, "PmtId")
    add(identity, "InstrId", name)
    add(identity, "EndToEndId", name)
    add(transfer, "Amt/InstdAmt", amount.decimal()).set("Ccy", amount.currency)
    if receiver.bank:
        _add_bank(transfer, "CdtrAgt", receiver, bic="BIC" if is_first else "BICFI")
    add(transfer, "Cdtr/Nm", receiver.name or "Beneficiary")
    _add_account(transfer, "CdtrAcct", receiver, currency="")
    add(transfer, "RmtInf/Ustrd", _words(words) or name)
    return written(document)


def _add_account(parent: Element, name: str, account: Account, *, currency: str) -> None:
    element = add(parent, name)
    add(element, "Id/IBAN" if account.is_iban else "Id/Othr/Id", account.number)
    if currency:
        add(element, "Ccy", currency)


def _add_bank(parent: Element, name: str, account: Account, *, bic: str) -> None:
    institution = add(parent, f"{name}/FinInstnId")
    if account.is_bic:
        add(institution, bic, account.bank)
    elif account.bank:
        add(institution, "ClrSysMmbId/MmbId", account.bank)
    else:
        add(institution, "Othr/Id", "NOTPROVIDED")


def _words(text: str) -> str:
    return "".join([sign for sign in text[:140] if sign.isprintable()]).strip()
