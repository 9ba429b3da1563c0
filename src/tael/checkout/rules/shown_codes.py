"""Whose code does a payer show? Its first characters and its length say so (`shown_codes.toml`)."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from tael.checkout.errors import ShownCodeUnknown

_FORMS = {"digits": re.compile(r"[0-9]+"), "base64": re.compile(r"[A-Za-z0-9+/]+={0,2}")}
LONGEST = 512


class CodeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the table."""

    method: str
    form: Literal["digits", "base64"]
    prefixes: tuple[str, ...]
    lengths: tuple[int, int]
    effective_from: date
    source: str
    verified: bool

    def fits(self, code: str) -> bool:
        """Whether a code can be one of these."""
        least, most = self.lengths
        return (
            least <= len(code) <= most
            and code.startswith(self.prefixes)
            and _FORMS[self.form].fullmatch(code) is not None
        )


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: tuple[CodeRule, ...]


CODE_RULES = msgspec.convert(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")), _Table
).code


def method_of(shown: str) -> str:
    """The method whose code a payer shows; refuses `ShownCodeUnknown`, and does not repeat the code: it is as good as money."""
    found = next((rule.method for rule in CODE_RULES if rule.fits(shown)), None)
    if found is None:
        raise ShownCodeUnknown(
            "No wallet that we know shows such a code.",
            field="payer_code",
            hint="Let the payer open “Pay” in the app, and scan again.",
        )
    return found


def as_scanned(text: str) -> str:
    """What a scanner or a hand typed, without the spaces that people read codes with."""
    return "".join(text.split())[: LONGEST + 1]
