"""What does the machine-readable zone of a travel document say, and do its check digits fit?

ICAO Doc 9303: passports have two lines of 44 (TD3), cards two of 36 (TD2) or three of 30 (TD1); visas have none of these
check digits at the end and are not read. A wrong check digit means that the zone was misread or made up: nothing of it
is told. No message here repeats what stands in the zone.
"""

import re
from collections.abc import Sequence
from datetime import date

import msgspec

from tael.foundation.identity_documents import DocumentMalformed, Sex

_ZONE = re.compile(r"[A-Z0-9<]*")
_FIELD = "document.machine_readable"
_WEIGHTS = (7, 3, 1)
_SEXES = {"F": Sex.FEMALE, "M": Sex.MALE, "<": None}


class MachineReadable(msgspec.Struct, frozen=True, kw_only=True):
    """What a zone says."""

    document_code: str
    """One or two letters: P for passports."""
    issued_by: str
    number: str
    nationality: str
    birth_date: date | None
    """`None`: a part of it is unknown."""
    sex: Sex | None
    valid_until: date
    surname: str
    given_names: str
    """Both in the zone's letters, with spaces; cut off where the line ends."""


def check_digit(text: str) -> str:
    """The check digit of a field: weights 7, 3, 1; A is 10, Z is 35, < is nothing."""
    total = sum(
        (0 if sign == "<" else int(sign, 36)) * _WEIGHTS[place % 3] for place, sign in enumerate(text)
    )
    return str(total % 10)


def read_zone(lines: Sequence[str], *, today: date) -> MachineReadable:
    """What the zone says; refuses `DocumentMalformed`. `today` tells which century two digits of a year mean."""
    shape = [len(line) for line in lines]
    if not all(_ZONE.fullmatch(line) for line in lines) or shape not in ([44, 44], [36, 36], [30, 30, 30]):
        raise DocumentMalformed(
            "A machine-readable zone has two lines of 44 or 36 signs, or three of 30.",
            field=_FIELD,
            hint="Capitals, digits and <, nothing else.",
        )
    return _card(lines, today) if len(lines) == 3 else _book(lines, today)


def _book(lines: Sequence[str], today: date) -> MachineReadable:
    """TD3 and TD2, which differ in how much room there is at the ends of their lines."""
    upper, lower = lines
    of_passport = len(lower) == 44
    _check(lower[0:9], lower[9])
    _check(lower[13:19], lower[19])
    _check(lower[21:27], lower[27])
    if of_passport:
        _check(lower[28:42], lower[42], may_be_left_out=True)
    _check(lower[0:10] + lower[13:20] + lower[21:-1], lower[-1])
    return _said(upper[:5] + lower[0:9], lower[10:28], names=upper[5:], today=today)


def _card(lines: Sequence[str], today: date) -> MachineReadable:
    """TD1, where a number longer than nine signs goes on behind a < in its check digit's place."""
    upper, middle, lower = lines
    number, check = upper[5:14], upper[14]
    if check == "<":
        rest = upper[15:].split("<")[0]
        if len(rest) < 2:
            raise _wrong()
        number, check = number + rest[:-1], rest[-1]
    _check(number, check)
    _check(middle[0:6], middle[6])
    _check(middle[8:14], middle[14])
    _check(upper[5:] + middle[0:7] + middle[8:15] + middle[18:29], middle[29])
    return _said(upper[:5] + number, middle[15:18] + middle[0:15], names=lower, today=today)


def _said(document: str, holder: str, *, names: str, today: date) -> MachineReadable:
    """`document`: code, state, number; `holder`: nationality, birth and check, sex, last day and check."""
    surname, _, given = names.partition("<<")
    valid_until = _day(holder[11:17], of_birth=False, today=today)
    if holder[10] not in _SEXES or valid_until is None:
        raise _wrong()
    return MachineReadable(
        document_code=document[:2].rstrip("<"),
        issued_by=document[2:5].rstrip("<"),
        number=document[5:].rstrip("<"),
        nationality=holder[:3].rstrip("<"),
        birth_date=_day(holder[3:9], of_birth=True, today=today),
        sex=_SEXES[holder[10]],
        valid_until=valid_until,
        surname=surname.replace("<", " ").strip(),
        given_names=given.replace("<", " ").strip(),
    )


def _day(digits: str, *, of_birth: bool, today: date) -> date | None:
    """A day of birth lies behind us; a last day at most fifty years ahead."""
    if "<" in digits and of_birth:
        return None
    try:
        year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:])
        candidate = date(2000 + year, month, day)
        too_far = candidate > today if of_birth else candidate.year > today.year + 50
        return date(1900 + year, month, day) if too_far else candidate
    except ValueError as error:
        raise _wrong() from error


def _check(text: str, digit: str, *, may_be_left_out: bool = False) -> None:
    """Refuses a check digit that does not fit; of an empty field it may be a < as well."""
    if may_be_left_out and digit == "<" and not text.strip("<"):
        return
    if check_digit(text) != digit:
        raise _wrong()


def _wrong() -> DocumentMalformed:
    return DocumentMalformed(
        "A check digit of the machine-readable zone does not fit.",
        field=_FIELD,
        hint="Take another picture, in better light.",
    )
