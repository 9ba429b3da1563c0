"""What does the bank write? pain.002, camt.054, camt.053, pacs.004, as banks write them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

import msgspec

from tael.foundation.clock import CHINA
from tael.simulators.bank.customer import ACCOUNT, BIC, CURRENCY, NAME


class Entry(msgspec.Struct, kw_only=True):
    """A movement of the customer's account. A debit is negative."""

    reference: str
    amount_minor: int
    booked_at: datetime
    end_to_end_id: str = "NOTPROVIDED"
    account: str = ""
    """The virtual account of a credit."""
    other: str = ""
    """The other side's account."""
    other_name: str = ""
    words: str = ""
    why_back: str = ""
    """The reason code, for a transfer that came back."""


def write_status(
    message_id: str, original: str, end_to_end_id: str, status: str, *, reason: str, at: datetime
) -> str:
    """A pain.002 about one transfer."""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return _document(
        "pain.002.001.10",
        "CstmrPmtStsRpt",
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{_time(at)}</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{escape(original)}</OrgnlMsgId>"
        "<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{escape(original)}</OrgnlPmtInfId>"
        f"<TxInfAndSts><OrgnlEndToEndId>{escape(end_to_end_id)}</OrgnlEndToEndId>"
        f"<TxSts>{status}</TxSts>{why}</TxInfAndSts></OrgnlPmtInfAndSts>",
    )


def write_whole_refusal(message_id: str, original: str, *, reason: str, at: datetime) -> str:
    """A pain.002 that refuses a whole file."""
    return _document(
        "pain.002.001.10",
        "CstmrPmtStsRpt",
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{_time(at)}</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{escape(original)}</OrgnlMsgId>"
        "<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>RJCT</GrpSts>"
        f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>",
    )


def write_return(message_id: str, entry: Entry, *, at: datetime) -> str:
    """A pacs.004: a transfer came back."""
    amount = f"{_money(entry.amount_minor)}"
    return _document(
        "pacs.004.001.09",
        "PmtRtr",
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{_time(at)}</CreDtTm><NbOfTxs>1</NbOfTxs>"
        "<SttlmInf><SttlmMtd>INDA</SttlmMtd></SttlmInf></GrpHdr>"
        f"<TxInf><RtrId>{entry.reference}</RtrId>"
        f"<OrgnlEndToEndId>{escape(entry.end_to_end_id)}</OrgnlEndToEndId>"
        f'<RtrdIntrBkSttlmAmt Ccy="{CURRENCY}">{amount}</RtrdIntrBkSttlmAmt>'
        f"<IntrBkSttlmDt>{_day(at)}</IntrBkSttlmDt>"
        f"<RtrRsnInf><Rsn><Cd>{entry.why_back}</Cd></Rsn></RtrRsnInf></TxInf>",
    )


def write_notification(message_id: str, entry: Entry, *, at: datetime) -> str:
    """A camt.054 about one movement."""
    return _document(
        "camt.054.001.08",
        "BkToCstmrDbtCdtNtfctn",
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{_time(at)}</CreDtTm></GrpHdr>"
        f"<Ntfctn><Id>{message_id}</Id><CreDtTm>{_time(at)}</CreDtTm>{_account()}{_entry(entry)}</Ntfctn>",
    )


def write_statement(
    number: int, day: date, entries: Sequence[Entry], *, opening_minor: int, at: datetime
) -> str:
    """A camt.053 of one day."""
    closing = opening_minor + sum(entry.amount_minor for entry in entries)
    name = f"STMT{day:%Y%m%d}"
    return _document(
        "camt.053.001.08",
        "BkToCstmrStmt",
        f"<GrpHdr><MsgId>{name}</MsgId><CreDtTm>{_time(at)}</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{name}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{_time(at)}</CreDtTm>"
        f"<FrToDt><FrDtTm>{day}T00:00:00+08:00</FrDtTm><ToDtTm>{day}T23:59:59+08:00</ToDtTm></FrToDt>"
        f"{_account()}{_balance('OPBD', opening_minor, day)}{_balance('CLBD', closing, day)}"
        f"{''.join([_entry(entry) for entry in entries])}</Stmt>",
    )


def _document(kind: str, name: str, content: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}"><{name}>{content}</{name}></Document>'
    )


def _account() -> str:
    return (
        f"<Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id><Ccy>{CURRENCY}</Ccy><Ownr><Nm>{NAME}</Nm></Ownr>"
        f"<Svcr><FinInstnId><BICFI>{BIC}</BICFI></FinInstnId></Svcr></Acct>"
    )


def _entry(entry: Entry) -> str:
    credit = entry.amount_minor > 0
    amount = f'<Amt Ccy="{CURRENCY}">{_money(abs(entry.amount_minor))}</Amt>'
    side = f"<CdtDbtInd>{'CRDT' if credit else 'DBIT'}</CdtDbtInd>"
    family = "ICDT" if not credit or entry.why_back else "RCDT"
    sub_family = "RRTN" if entry.why_back else "ESCT"
    who, whose = ("Dbtr", "DbtrAcct") if credit else ("Cdtr", "CdtrAcct")
    parties = f"<{who}><Pty><Nm>{escape(entry.other_name)}</Nm></Pty></{who}>" if entry.other_name else ""
    parties += (
        f"<{whose}><Id><Othr><Id>{escape(entry.other)}</Id></Othr></Id></{whose}>" if entry.other else ""
    )
    if entry.account:
        parties += f"<CdtrAcct><Id><Othr><Id>{entry.account}</Id></Othr></Id></CdtrAcct>"
    back = f"<RtrInf><Rsn><Cd>{entry.why_back}</Cd></Rsn></RtrInf>" if entry.why_back else ""
    words = f"<RmtInf><Ustrd>{escape(entry.words[:140])}</Ustrd></RmtInf>" if entry.words else ""
    return (
        f"<Ntry>{amount}{side}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><DtTm>{_time(entry.booked_at)}</DtTm></BookgDt>"
        f"<ValDt><Dt>{_day(entry.booked_at)}</Dt></ValDt><AcctSvcrRef>{entry.reference}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn>"
        f"</BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>{escape(entry.end_to_end_id)}</EndToEndId></Refs>"
        f"{amount}{side}<RltdPties>{parties}</RltdPties>{words}{back}</TxDtls></NtryDtls></Ntry>"
    )


def _balance(code: str, minor: int, day: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{CURRENCY}">{_money(abs(minor))}</Amt>'
        f"<CdtDbtInd>{'DBIT' if minor < 0 else 'CRDT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _day(moment: datetime) -> str:
    return moment.astimezone(CHINA).date().isoformat()
