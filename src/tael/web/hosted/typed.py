"""What did the payer type in? `4242 4242 4242 4242`, `12 / 34`, as people write it."""

import re
from collections.abc import Mapping

import msgspec

from tael.vault.model import Card

_EXPIRY = re.compile(r"\s*([0-9]{1,2})\s*[/.\- ]?\s*((?:20)?[0-9]{2})\s*")
_CENTURY = 2000


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """The fields as they were sent."""

    number: str = ""
    expiry: str = ""
    code: str = ""
    holder: str = ""

    def __repr__(self) -> str:
        return "Typed(…)"


def typed_in(fields: Mapping[str, str]) -> Typed:
    """The fields of a form."""
    return msgspec.convert(fields, Typed)


def card_of(typed: Typed) -> Card:
    """The card that they mean; what cannot be read is refused by the vault as wrong."""
    match = _EXPIRY.fullmatch(typed.expiry)
    month, year = (int(match[1]), int(match[2])) if match else (0, 0)
    return Card(
        number=re.sub(r"[\s-]", "", typed.number),
        exp_month=month,
        exp_year=year if year >= _CENTURY else _CENTURY + year,
        security_code=typed.code.strip(),
        holder="".join(letter for letter in typed.holder if letter.isprintable()).strip(),
    )
