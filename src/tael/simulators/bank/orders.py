"""What does the bank read in a pain.001? One transfer, or why not."""

import re

import msgspec
from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

_FORMATS = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.001\.001\.(?:03|09)\}Document")
_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,2}))?")


class NotUnderstood(Exception):
    """The file is no pain.001 with one transfer."""


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer as the customer ordered it."""

    message_id: str
    end_to_end_id: str
    sender: str
    amount_minor: int
    currency: str
    receiver: str
    receiver_name: str
    words: str


def read_order(body: bytes) -> Ordered:
    """The transfer in the file; raises `NotUnderstood`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise NotUnderstood("this is no XML") from problem
    if not _FORMATS.fullmatch(str(root.tag)) or root.getroottree().docinfo.internalDTD is not None:
        raise NotUnderstood("this is no pain.001")

    def said(*paths: str) -> str:
        for path in paths:
            found = root.findtext("/".join(f"{{*}}{name}" for name in path.split("/")))
            if found:
                return str(found)
        return ""

    transfer = "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf"
    element = root.find("/".join(f"{{*}}{name}" for name in f"{transfer}/Amt/InstdAmt".split("/")))
    amount = _AMOUNT.fullmatch(element.text or "") if element is not None else None
    if amount is None or said("CstmrCdtTrfInitn/GrpHdr/NbOfTxs") != "1":
        raise NotUnderstood("this bank takes one transfer in a file")
    ordered = Ordered(
        message_id=said("CstmrCdtTrfInitn/GrpHdr/MsgId"),
        end_to_end_id=said(f"{transfer}/PmtId/EndToEndId"),
        sender=said(
            "CstmrCdtTrfInitn/PmtInf/DbtrAcct/Id/IBAN", "CstmrCdtTrfInitn/PmtInf/DbtrAcct/Id/Othr/Id"
        ),
        amount_minor=int(amount[1]) * 100 + int((amount[2] or "").ljust(2, "0")),
        currency=str(element.get("Ccy")),
        receiver=said(f"{transfer}/CdtrAcct/Id/IBAN", f"{transfer}/CdtrAcct/Id/Othr/Id"),
        receiver_name=said(f"{transfer}/Cdtr/Nm"),
        words=said(f"{transfer}/RmtInf/Ustrd"),
    )
    if not all((ordered.message_id, ordered.end_to_end_id, ordered.receiver, ordered.amount_minor)):
        raise NotUnderstood("something is missing")
    return ordered
