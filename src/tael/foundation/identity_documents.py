"""Can this be the number of an identity document, and what does the number itself tell of its holder?

Whether somebody has such a document, and is who it speaks of, only a source outside can say. Here is what can be seen
without asking anybody:

resident identity card      GB 11643-1999: region (6), birth (8), sequence (3, odd for men), check character
                            (ISO 7064 MOD 11-2); GB 11643-1989 before it: 15 digits, no century, no check character
residence permit            of people from Hongkong, Macao and Taiwan: the same with region 810000, 820000, 830000
foreign permanent resident  since 2023: 9, region (2), nationality (3), birth (8), sequence (3), check character;
                            before: nationality (3 letters), region (4), birth (6), sequence and check (2)
travel permit               Hongkong and Macao: H or M and 8 digits (10 with the count of issues); Taiwan: 8 or 10 digits
passport                    5 to 9 letters and digits, as many as a machine-readable zone has room for

The region is where the number was given out, by a division of the country that may be gone: a hint, never a reason to
refuse. No message here repeats a number.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from tael.foundation.errors import Conflict, Malformed

OLDEST_AGE = 130
"""Nobody is older, in years."""


class DocumentKind(StrEnum):
    """Kinds of documents that people show."""

    RESIDENT_IDENTITY_CARD = "resident_identity_card"
    RESIDENCE_PERMIT = "residence_permit"
    """Of people from Hongkong, Macao or Taiwan (港澳台居民居住证)."""
    HONGKONG_MACAO_TRAVEL_PERMIT = "hongkong_macao_travel_permit"
    """港澳居民来往内地通行证."""
    TAIWAN_TRAVEL_PERMIT = "taiwan_travel_permit"
    """台湾居民来往大陆通行证."""
    FOREIGN_PERMANENT_RESIDENT_CARD = "foreign_permanent_resident_card"
    PASSPORT = "passport"


class Sex(StrEnum):
    """As a document has it; one without a word on it is none of these."""

    FEMALE = "female"
    MALE = "male"


class IdentityDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of a document of theirs."""

    kind: DocumentKind
    number: str
    issued_by: str = "CHN"
    """The state, three letters as in a machine-readable zone (ICAO 9303: ISO 3166-1 and a few more, `D` for Germany)."""
    valid_until: date | None = None
    """Its last day. `None`: without an end (长期), or not said."""


class DocumentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a number tells of its holder; `None` and the empty word where it is silent."""

    birth_date: date | None = None
    sex: Sex | None = None
    region_hint: str = ""
    """Where it was given out: a province in ISO 3166-2, e.g. `CN-BJ`."""


class DocumentMalformed(Malformed):
    """No document of this kind has such a number."""

    code = "identity_document_malformed"


class DocumentExpired(Conflict):
    """The document's last day is over. Renew it and show the new one."""

    code = "identity_document_expired"


PROVINCES: Mapping[str, str] = {
    pair[:2]: f"CN-{pair[2:]}"
    for pair in (
        "11BJ 12TJ 13HE 14SX 15NM 21LN 22JL 23HL 31SH 32JS 33ZJ 34AH 35FJ 36JX 37SD 41HA 42HB 43HN 44GD 45GX 46HI"
        " 50CQ 51SC 52GZ 53YN 54XZ 61SN 62GS 63QH 64NX 65XJ 71TW 81HK 82MO 83TW"
    ).split()
}
"""GB/T 2260, the first two digits, and 83, which only residence permits have."""

_NUMBER = "document.number"
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_FIFTEEN = re.compile(r"[0-9]{15}")
_OF_PERMITS = ("810000", "820000", "830000")
_OF_FOREIGNERS = "9"
_CENTENARIANS = ("996", "997", "998", "999")
"""These sequences of fifteen digits were kept for people born before 1900."""
_FOREIGNER_BEFORE_2023 = re.compile(r"[A-Z]{3}[0-9]{12}")
_HONGKONG_MACAO = re.compile(r"[HM]([0-9]{8}|[0-9]{10})")
_TAIWAN = re.compile(r"[0-9]{8}|[0-9]{10}")
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}")
_STATE = re.compile(r"[A-Z]{1,3}")


def normalised(document: IdentityDocument) -> IdentityDocument:
    """The document as everybody would write it: two ways to write one number give the same.

    Capitals, no spaces or hyphens, plain digits, and fifteen digits widened to eighteen. A number that no document can
    have comes back as little changed as possible: `check_document` refuses it.
    """
    number = _plain(document.number)
    if document.kind is DocumentKind.RESIDENT_IDENTITY_CARD and _FIFTEEN.fullmatch(number):
        number = _widened(number)
    return msgspec.structs.replace(document, number=number, issued_by=_plain(document.issued_by))


def check_document(document: IdentityDocument, *, today: date) -> DocumentFacts:
    """What the number tells; refuses `DocumentMalformed` and `DocumentExpired`. `today` is China's."""
    document = normalised(document)
    if not _STATE.fullmatch(document.issued_by):
        raise DocumentMalformed(
            "A state is written with up to three letters.",
            field="document.issued_by",
            hint="CHN, for example.",
        )
    facts = _READERS[document.kind](document.number)
    if facts.birth_date is not None and not 0 <= (today - facts.birth_date).days <= OLDEST_AGE * 366:
        raise DocumentMalformed("The number has a day of birth that no living person has.", field=_NUMBER)
    if document.valid_until is not None and document.valid_until < today:
        raise DocumentExpired("The document is no longer valid.", field="document.valid_until")
    return facts


def age_on(birth_date: date, day: date) -> int:
    """Full years of life on a day; who was born on a 29 February turns a year older on 1 March."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (not had_birthday)


def check_character(digits: str) -> str:
    """The check character of 17 digits: ISO 7064 MOD 11-2, where X stands for ten."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2 % 11
    return "0123456789X"[(12 - total) % 11]


def _resident(number: str) -> DocumentFacts:
    if number.startswith(_OF_PERMITS):
        raise DocumentMalformed(
            "This is the number of a residence permit.", field=_NUMBER, hint="Choose that kind of document."
        )
    if number.startswith(_OF_FOREIGNERS):
        raise DocumentMalformed(
            "This is the number of a foreign permanent resident's card.",
            field=_NUMBER,
            hint="Choose that kind of document.",
        )
    return _eighteen(number, region=number[:2])


def _permit(number: str) -> DocumentFacts:
    if not number.startswith(_OF_PERMITS):
        raise DocumentMalformed(
            "Numbers of residence permits begin with 810000, 820000 or 830000.", field=_NUMBER
        )
    return _eighteen(number, region=number[:2])


def _foreign_resident(number: str) -> DocumentFacts:
    if _FOREIGNER_BEFORE_2023.fullmatch(number):
        born = number[7:13]
        if _day(f"19{born}") is None and _day(f"20{born}") is None:
            raise DocumentMalformed("The number has no day of birth.", field=_NUMBER)
        return DocumentFacts(
            region_hint=PROVINCES.get(number[3:5], "")
        )  # born in which century it does not say
    if not number.startswith(_OF_FOREIGNERS):
        raise DocumentMalformed(
            "A foreign permanent resident's number begins with a 9, or with three letters.", field=_NUMBER
        )
    return _eighteen(number, region=number[1:3])


def _eighteen(number: str, *, region: str) -> DocumentFacts:
    """Region, birth, sequence, check character."""
    if not _EIGHTEEN.fullmatch(number):
        raise DocumentMalformed(
            "The number has 18 digits; the last may be an X.",
            field=_NUMBER,
            hint="As it stands on the document.",
        )
    if check_character(number[:17]) != number[17]:
        raise DocumentMalformed(
            "The number's check character does not fit the others.",
            field=_NUMBER,
            hint="Is a digit mistyped?",
        )
    born = _day(number[6:14])
    if born is None:
        raise DocumentMalformed("The number has no day of birth.", field=_NUMBER)
    return DocumentFacts(
        birth_date=born,
        sex=Sex.MALE if int(number[16]) % 2 else Sex.FEMALE,
        region_hint=PROVINCES.get(region, ""),
    )


def _hongkong_macao(number: str) -> DocumentFacts:
    if not _HONGKONG_MACAO.fullmatch(number):
        raise DocumentMalformed(
            "The number is an H or M and 8 digits, or 10 with the count of issues.", field=_NUMBER
        )
    return DocumentFacts(region_hint="CN-HK" if number[0] == "H" else "CN-MO")


def _taiwan(number: str) -> DocumentFacts:
    if not _TAIWAN.fullmatch(number):
        raise DocumentMalformed("The number has 8 digits, or 10 with the count of issues.", field=_NUMBER)
    return DocumentFacts(region_hint="CN-TW")


def _passport(number: str) -> DocumentFacts:
    if not _PASSPORT.fullmatch(number):
        raise DocumentMalformed(
            "A passport's number has 5 to 9 letters and digits.", field=_NUMBER, hint="As in its lower line."
        )
    return DocumentFacts()


_READERS = {
    DocumentKind.RESIDENT_IDENTITY_CARD: _resident,
    DocumentKind.RESIDENCE_PERMIT: _permit,
    DocumentKind.HONGKONG_MACAO_TRAVEL_PERMIT: _hongkong_macao,
    DocumentKind.TAIWAN_TRAVEL_PERMIT: _taiwan,
    DocumentKind.FOREIGN_PERMANENT_RESIDENT_CARD: _foreign_resident,
    DocumentKind.PASSPORT: _passport,
}


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s-]", "", folded).upper()


def _widened(number: str) -> str:
    """Eighteen digits of fifteen: the century, which is 19 but for centenarians of that time, and the check character."""
    century = "18" if number.endswith(_CENTENARIANS) else "19"
    digits = number[:6] + century + number[6:]
    return digits + check_character(digits)


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
