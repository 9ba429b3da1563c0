"""What does a merchant-presented code of EMVCo say, and how is it written?

EMV QR Code Specification for Payment Systems, Merchant-Presented Mode. A code is a chain of data objects: two digits of
id, two digits of length (in characters), the value. 00 comes first, 63 last: the checksum over the UTF-8 bytes of all
that stands before it and of its own id and length.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tael.checkout.errors import CodeUnreadable
from tael.checkout.model import MerchantCode

STATIC, DYNAMIC = "11", "12"
LONGEST_VALUE = 99
LONGEST_CODE = 512
"""What a QR code of this kind holds at most, in characters."""
_FORMAT, _CHECKSUM = "01", "63"
_ACCOUNTS = range(2, 52)
_TEMPLATES = (*range(26, 52), 62, 64, *range(80, 100))
_SINGLE = {
    "initiation": "01",
    "category": "52",
    "currency": "53",
    "amount": "54",
    "tip_indicator": "55",
    "tip_fixed": "56",
    "tip_percent": "57",
    "country": "58",
    "name": "59",
    "city": "60",
    "postal_code": "61",
}
_LENGTHS = {"52": 4, "53": 3, "55": 2, "58": 2, "01": 2}
_MOST = {"54": 13, "56": 13, "57": 5, "59": 25, "60": 15, "61": 10}
_MANDATORY = ("52", "53", "58", "59", "60")


def checksum(text: str) -> str:
    """CRC-16/CCITT-FALSE (polynomial 1021, begun with FFFF) over the UTF-8 bytes, in four capital hexadecimal digits."""
    crc = 0xFFFF
    for byte in text.encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return f"{crc:04X}"


def write(code: MerchantCode) -> str:
    """The code's text, ready for a QR code; refuses `CodeUnreadable` for what would not fit."""
    objects: dict[str, str] = {
        each: value if isinstance(value, str) else _template(value)
        for each, value in (*code.accounts.items(), *code.others.items())
    }
    for field, each in _SINGLE.items():
        value = getattr(code, field)
        if value is not None:
            objects[each] = value
    for each, template in (("62", code.additional), ("64", code.local)):
        if template:
            objects[each] = _template(template)
    text = _object("00", _FORMAT) + "".join(_object(each, objects[each]) for each in sorted(objects))
    text = f"{text}{_CHECKSUM}04"
    text += checksum(text)
    read(text)
    return text


def read(text: str) -> MerchantCode:
    """What a code says; refuses `CodeUnreadable` for whatever is not exactly as it should be."""
    if len(text) > LONGEST_CODE:
        raise _unreadable(f"is longer than {LONGEST_CODE} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _unreadable("holds what is no character") from None
    body, sign, stated = text[:-8], text[-8:-4], text[-4:]
    if sign != f"{_CHECKSUM}04":
        raise _unreadable("does not end with a checksum")
    if stated.upper() != checksum(body + sign):
        raise _unreadable("has a wrong checksum")
    objects = dict(_unique(_objects(body)))
    if next(iter(objects.items()), None) != ("00", _FORMAT):
        raise _unreadable("does not begin with 000201")
    _check(objects)
    read_in = {each: _inside(each, value) for each, value in objects.items()}
    singles = {field: objects.get(each) for field, each in _SINGLE.items()}
    known = {"00", "62", "64", *_SINGLE.values()}
    return msgspec.convert(
        {
            **singles,
            "accounts": {each: value for each, value in read_in.items() if int(each) in _ACCOUNTS},
            "additional": read_in.get("62", {}),
            "local": read_in.get("64", {}),
            "others": {
                each: value
                for each, value in read_in.items()
                if each not in known and int(each) not in _ACCOUNTS
            },
        },
        MerchantCode,
    )


def _check(objects: Mapping[str, str]) -> None:
    missing = [each for each in _MANDATORY if each not in objects]
    if missing or not any(int(each) in _ACCOUNTS for each in objects):
        raise _unreadable(f"lacks {', '.join(missing) or 'merchant account information'}")
    for each, value in objects.items():
        if len(value) != _LENGTHS.get(each, len(value)) or len(value) > _MOST.get(each, LONGEST_VALUE):
            raise _unreadable(f"has a value of a wrong length under {each}")
    if objects.get("01", STATIC) not in (STATIC, DYNAMIC):
        raise _unreadable("is neither static nor dynamic")
    for each in ("52", "53"):
        if not (objects[each].isascii() and objects[each].isdigit()):
            raise _unreadable(f"has no number under {each}")
    for each in ("54", "56", "57"):
        if each in objects and not _is_number(objects[each]):
            raise _unreadable(f"has no number under {each}")
    tip = objects.get("55")
    if tip not in (None, "01", "02", "03"):
        raise _unreadable("has a tip of an unknown kind")
    if ("56" in objects) != (tip == "02") or ("57" in objects) != (tip == "03"):
        raise _unreadable("says of a tip what does not fit its kind")


def _is_number(text: str) -> bool:
    whole, _, decimals = text.partition(".")
    return text.isascii() and whole.isdigit() and (not decimals or decimals.isdigit())


def _object(identity: str, value: str) -> str:
    if not 1 <= len(value) <= LONGEST_VALUE:
        raise _unreadable(f"has no room for the value of {identity}")
    return f"{identity}{len(value):02}{value}"


def _template(objects: Mapping[str, str]) -> str:
    return "".join(_object(each, objects[each]) for each in sorted(objects))


def _inside(identity: str, value: str) -> str | dict[str, str]:
    return dict(_unique(_objects(value))) if int(identity) in _TEMPLATES else value


def _objects(text: str) -> Iterator[tuple[str, str]]:
    """The data objects of a text, one after the other."""
    place = 0
    while place < len(text):
        head = text[place : place + 4]
        if len(head) < 4 or not (head.isascii() and head.isdigit()):
            raise _unreadable(f"has no id and length at character {place}")
        end = place + 4 + int(head[2:])
        value = text[place + 4 : end]
        if len(value) < int(head[2:]) or not value:
            raise _unreadable(f"has a value of a wrong length under {head[:2]}")
        yield head[:2], value
        place = end


def _unique(objects: Iterator[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    found = list(objects)
    if len({each for each, _ in found}) < len(found):
        raise _unreadable("says something twice")
    return found


def _unreadable(what: str) -> CodeUnreadable:
    return CodeUnreadable(f"This is no merchant-presented code of EMVCo: it {what}.", field="payload")
