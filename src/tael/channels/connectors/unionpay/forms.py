"""How are UnionPay's messages taken apart? Answers are bare `k=v&k=v`, notices are forms of a browser.

An answer is not percent-encoded; a value may hold `&` and `=` within braces (`{a=1&b=2}`). A name that comes twice is
refused in both: two readers could take one each.
"""

import re
from urllib.parse import unquote_to_bytes

LONGEST_NOTICE = 65_536
MOST_FIELDS = 200

_FIELD = re.compile(r"([A-Za-z0-9_]{1,64})=((?:[^&{]++|\{[^{}]*+\}|\{)*+)(?:&|\Z)")
"""A name, then a value. Nothing backtracks, so a body of any make is read in one pass."""


class Unreadable(Exception):
    """The message does not have the form of one of UnionPay's."""


def read_answer(body: bytes) -> dict[str, str]:
    """The fields of an answer; raises `Unreadable`."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Unreadable("it is not written in UTF-8") from None
    fields: dict[str, str] = {}
    position = 0
    text = text.strip()
    while position < len(text):
        field = _FIELD.match(text, position)
        if field is None:
            raise Unreadable("it is not a list of named fields")
        _add(fields, field[1], field[2])
        position = field.end()
    if not fields:
        raise Unreadable("it is empty")
    return fields


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a notice, percent-decoded; raises `Unreadable`."""
    if len(body) > LONGEST_NOTICE:
        raise Unreadable(f"it is longer than {LONGEST_NOTICE} bytes")
    fields: dict[str, str] = {}
    for pair in body.split(b"&", MOST_FIELDS + 1):
        raw_name, equals, raw_value = pair.replace(b"+", b" ").partition(b"=")
        try:
            name, value = unquote_to_bytes(raw_name).decode("ascii"), unquote_to_bytes(raw_value).decode()
        except UnicodeDecodeError:
            raise Unreadable("it is not written in UTF-8") from None
        if not equals or not name:
            raise Unreadable("it is not a form of named fields")
        _add(fields, name, value)
    return fields


def _add(fields: dict[str, str], name: str, value: str) -> None:
    if name in fields:
        raise Unreadable(f"it holds {name[:64]!r} twice")
    if len(fields) >= MOST_FIELDS:
        raise Unreadable(f"it has more than {MOST_FIELDS} fields")
    fields[name] = value
