"""How is a message of ISO 20022 written, and how is one read that may come from an enemy?

No document type, so no entities; no network; no depth beyond the parser's own limit; no more bytes than a limit. Then
only the few elements that we know are looked at, by name, whatever the version of the message.
"""

import re
from datetime import UTC, date, datetime
from typing import Protocol

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types; `Element` says what we use

from tael.foundation.clock import CHINA
from tael.foundation.errors import Malformed
from tael.foundation.money import Money

LARGEST_MESSAGE = 20_000_000

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.[0-9]{3})\.[0-9]{3}\.[0-9]{2}")
_AMOUNT = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,5})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


class Element(Protocol):
    """An element, as far as we use it."""

    text: str | None

    def __len__(self) -> int:
        """How many elements are within."""
        ...

    def get(self, name: str, default: str) -> str:
        """An attribute."""
        ...

    def set(self, name: str, value: str) -> None:
        """Write an attribute."""
        ...

    def findall(self, path: str) -> "list[Element]":
        """The elements at a path."""
        ...


class Unreadable(Exception):
    """The document is not a message of ISO 20022 that we can read."""


def read_document(body: bytes) -> tuple[str, Element]:
    """The kind of the message (`camt.054`) and its outermost element; raises `Unreadable`."""
    if len(body) > LARGEST_MESSAGE:
        raise Unreadable(f"it is longer than {LARGEST_MESSAGE} bytes")
    if b"<!DOCTYPE" in body:
        raise Unreadable("it brings a document type")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("it is not well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("it brings a document type")
    name = etree.QName(root)
    kind = _NAMESPACE.fullmatch(name.namespace or "")
    if kind is None or name.localname != "Document" or len(root) != 1:
        raise Unreadable("it is no message of ISO 20022")
    return kind[1], root[0]


def all_of(element: Element, path: str) -> list[Element]:
    """The elements at `path`, names without namespaces, divided by slashes."""
    return element.findall("/".join([f"{{*}}{name}" for name in path.split("/")]))


def one_of(element: Element, path: str) -> Element | None:
    """The first element at `path`."""
    found = all_of(element, path)
    return found[0] if found else None


def text_of(element: Element, *paths: str, longest: int = 140) -> str:
    """The text at the first of these paths that has one; without signs that cannot be printed."""
    for path in paths:
        found = one_of(element, path)
        text = (found.text or "") if found is not None else ""
        words = "".join([sign for sign in text[:longest] if sign.isprintable()]).strip()
        if words:
            return words
    return ""


def amount_of(element: Element, path: str = "Amt") -> Money:
    """The amount at `path`, with its currency; raises `Unreadable`."""
    found = one_of(element, path)
    text = (found.text or "").strip() if found is not None else ""
    currency = found.get("Ccy", "") if found is not None else ""
    if not _AMOUNT.fullmatch(text) or not _CURRENCY.fullmatch(currency):
        raise Unreadable(f"it has no amount in {path}")
    try:
        return Money.parse(text, currency)
    except Malformed:
        raise Unreadable(f"it has an amount in {path} that cannot be booked") from None


def signed_amount_of(element: Element) -> Money:
    """The amount of an entry or balance: positive if it is a credit, negative if a debit."""
    amount = amount_of(element)
    match text_of(element, "CdtDbtInd"):
        case "CRDT":
            return amount
        case "DBIT":
            return -amount
        case _:
            raise Unreadable("it has an amount that is neither credit nor debit")


def date_of(element: Element, *paths: str) -> date | None:
    """The day at the first of these paths that has one (`Dt` or `DtTm`), as the bank writes it."""
    text = text_of(element, *paths)[:10]
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def moment_of(element: Element, *paths: str) -> datetime | None:
    """The moment at the first of these paths that has one; a time without a zone is China's."""
    text = text_of(element, *paths)
    if not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=CHINA)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def new_document(message_format: str) -> Element:
    """The outermost element of a message to be written."""
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{message_format}"
    document: Element = etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})
    return document


def add(parent: Element, path: str, text: str | None = None) -> Element:
    """Add an element, and those that lead to it."""
    element = parent
    for name in path.split("/"):
        element = etree.SubElement(element, f"{{{etree.QName(parent).namespace}}}{name}")
    element.text = text
    return element


def written(document: Element) -> bytes:
    """The message as bytes, in UTF-8."""
    return bytes(etree.tostring(document, xml_declaration=True, encoding="UTF-8"))
