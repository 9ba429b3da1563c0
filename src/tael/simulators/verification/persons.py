"""Whom do the providers know? Everybody, as they say they are, but for these; whoever tests takes their names.

| name | in English | what the providers say |
|---|---|---|
| 王不符 | No Match | the name is another one |
| 李错号 | Wrong Number | the document's number is another one |
| 赵半知 | Half Known | the name matches; the document could not be looked up |
| 钱无此 | Not Found | nobody of this name and number is known |
| 孙挂失 | Lost Document | the document was reported lost |
| 周过期 | Expired Document | the document has expired |
| 吴超时 | Time Out | no answer, three times; then the truth |
| 卫永默 | Never Answers | no answer, ever |
| 郑迟到 | Comes Later | not yet; half a minute later the truth |
| 冯乱码 | Garbled Answer | half a sentence, twice; then the truth |
| 陈伪签 | Forged Signature | an answer that somebody else signed, twice; then the truth |
| 褚故障 | Out Of Order | an error of the provider's, twice; then the truth |
| 蒋别脸 | Other Face | the face is another one |
| 沈翻拍 | Photo Of Photo | nobody alive is in the picture |
| 韩模糊 | Blurred Face | the faces are alike by 65 per cent |

| telephone number | what the operator says |
|---|---|
| +8613900000404 | it is another person's |
| +8613900000405 | nobody has it |

| card | what the bank says |
|---|---|
| 6222020000004041 | it is another person's |
| 6222020000004058 | it cannot be used: lost, or closed |
| 6222020000004066 | the phone that the bank knows is another one |
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

MATCH, MISMATCH, NOT_CHECKED = "match", "mismatch", "not_checked"


class Manner(StrEnum):
    """In which manner the providers answer."""

    AT_ONCE = "at_once"
    LATER = "later"
    SILENT = "silent"
    GARBLED = "garbled"
    FORGED = "forged"
    BROKEN = "broken"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody about whom something is special."""

    findings: Mapping[str, str] = {}
    """By element; every other one matches."""
    reason: str = ""
    manner: Manner = Manner.AT_ONCE
    times: int = 0
    """How often it goes wrong before the truth is told."""
    score_percent: int = 96


EVER = 10**9
_NOTHING = {"name": NOT_CHECKED, "document": NOT_CHECKED, "portrait": NOT_CHECKED, "pictures": NOT_CHECKED}
ORDINARY = Person()
PERSONS: Mapping[tuple[str, str], Person] = {
    ("王不符", "No Match"): Person(findings={"name": MISMATCH}),
    ("李错号", "Wrong Number"): Person(findings={"document": MISMATCH}),
    ("赵半知", "Half Known"): Person(findings={"document": NOT_CHECKED}),
    ("钱无此", "Not Found"): Person(findings=_NOTHING, reason="not_found"),
    ("孙挂失", "Lost Document"): Person(findings={"document": MISMATCH}, reason="document_lost"),
    ("周过期", "Expired Document"): Person(findings={"document": MISMATCH}, reason="document_expired"),
    ("吴超时", "Time Out"): Person(manner=Manner.SILENT, times=3),
    ("卫永默", "Never Answers"): Person(manner=Manner.SILENT, times=EVER),
    ("郑迟到", "Comes Later"): Person(manner=Manner.LATER),
    ("冯乱码", "Garbled Answer"): Person(manner=Manner.GARBLED, times=2),
    ("陈伪签", "Forged Signature"): Person(manner=Manner.FORGED, times=2),
    ("褚故障", "Out Of Order"): Person(manner=Manner.BROKEN, times=2),
    ("蒋别脸", "Other Face"): Person(findings={"portrait": MISMATCH}, score_percent=21),
    ("沈翻拍", "Photo Of Photo"): Person(findings={"liveness": MISMATCH}, reason="not_alive"),
    ("韩模糊", "Blurred Face"): Person(score_percent=65),
}
_BY_NAME = {name: person for names, person in PERSONS.items() for name in names}
PHONES: Mapping[str, tuple[str, str]] = {
    "+8613900000404": (MISMATCH, "phone_of_another"),
    "+8613900000405": (MISMATCH, "not_found"),
}
CARDS: Mapping[str, tuple[str, str, str]] = {
    "6222020000004041": ("card", MISMATCH, "card_of_another"),
    "6222020000004058": ("card", NOT_CHECKED, "card_not_usable"),
    "6222020000004066": ("phone", MISMATCH, "phone_of_another"),
}
"""Element, finding, reason."""


def person_of(name: str) -> Person:
    """Who has this name."""
    return _BY_NAME.get(" ".join(name.split()), ORDINARY)


def truth_about(
    elements: Sequence[str], *, name: str, phone: str, card_number: str
) -> tuple[dict[str, str], str]:
    """What a provider finds of each element, and why."""
    person = person_of(name)
    findings = {element: person.findings.get(element, MATCH) for element in elements}
    reason = person.reason if person.findings.keys() & set(elements) else ""
    if "phone" in findings and phone in PHONES:
        findings["phone"], reason = PHONES[phone]
    if "card" in findings and card_number in CARDS:
        element, finding, reason = CARDS[card_number]
        findings[element] = finding
    return findings, reason
