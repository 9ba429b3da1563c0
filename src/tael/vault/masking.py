"""How does a card get into a message, and how is it kept out of the answer?"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from tael.vault.errors import MessageRefused
from tael.vault.model import ChannelAnswer

_PLACEHOLDER = re.compile(r"\{\{card:[a-z_]{1,32}\}\}")
_SECURITY_CODE = re.compile(
    rb"""((?:cv[vcn]2?|security_?code)["']?\s{0,8}[=:]\s{0,8}["']?)[0-9]{3,4}(?![0-9])""", re.IGNORECASE
)
_DEEPEST = 16
Values = Mapping[str, str]
"""By placeholder; what is empty or not there leaves its field out."""


def fill_in(body: bytes, *, content_type: str, values: Values) -> bytes:
    """The body with the card in it; refuses `MessageRefused` for what is neither a form nor JSON, or asks for something
    that no card has.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return _fill_form(body.decode("ascii"), values)
        if kind == "application/json":
            return msgspec.json.encode(_fill_tree(msgspec.json.decode(body), values, _DEEPEST))
    except (ValueError, RecursionError):
        raise MessageRefused("The body is not what its content type says.", field="body") from None
    raise MessageRefused("Only forms and JSON can be filled in with a card.", field="headers.content-type")


def _fill_form(text: str, values: Values) -> bytes:
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True)
    filled = [(name, _value(value, values)) for name, value in pairs]
    return urlencode([(name, value) for name, value in filled if value is not None]).encode()


def _fill_tree(tree: Any, values: Values, deeper: int) -> Any:
    if not deeper:
        raise MessageRefused("The body is nested too deeply.", field="body")
    if isinstance(tree, dict):
        filled = {name: _fill_tree(part, values, deeper - 1) for name, part in tree.items()}
        return {name: part for name, part in filled.items() if part is not None or tree[name] is None}
    if isinstance(tree, list):
        return [_fill_tree(part, values, deeper - 1) for part in tree]
    return _value(tree, values) if isinstance(tree, str) else tree


def _value(text: str, values: Values) -> str | None:
    """The text itself, what a placeholder stands for, or `None` if the card has nothing of that."""
    if not _PLACEHOLDER.fullmatch(text):
        return text
    if text not in values:
        raise MessageRefused(f"No card has {text}.", field="body")
    return values[text] or None


def without_the_card(answer: ChannelAnswer, number: str) -> ChannelAnswer:
    """The answer, with the card cut down to its first six and last four digits wherever it stands, also with blanks."""
    spaced = re.compile(rb"[ -]?".join(bytes([digit]) for digit in number.encode()))
    shown = masked_number(number).encode()

    def mask(text: bytes) -> bytes:
        return _SECURITY_CODE.sub(rb"\1***", spaced.sub(shown, text))

    return ChannelAnswer(
        status=answer.status,
        headers={name: _in_text(mask, value) for name, value in answer.headers.items()},
        body=mask(answer.body),
    )


def _in_text(mask: Callable[[bytes], bytes], text: str) -> str:
    return mask(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def masked_number(number: str) -> str:
    """`424242******4242`."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"
