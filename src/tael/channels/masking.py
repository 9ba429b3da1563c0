"""What of a message may be kept? Everything that helps support, and nothing that would help a thief.

Signatures, keys, codes that pay, card numbers and what tells who somebody is are cut down to their last characters,
by the names of fields, in JSON, forms, XML and addresses alike; card numbers also wherever else they stand.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import msgspec

from tael.channels.port import HttpRequest, HttpResponse, InboundNotice

_ACCOUNT = re.compile(r"(<Othr>\s{0,40}<Id>)([^<>]{1,70})(</Id>)")
"""Where ISO 20022 names an account that has no IBAN."""
LONGEST_KEPT = 16_384
"""Characters kept of one message."""
LONGEST_READ = 262_144
"""Bytes of JSON that are read to be masked: more would hold up everybody else."""
_LONGEST_LINE = 300
_DEEPEST = 8
_NAMES_REMEMBERED = 1_024
"""Of how many names is known whether they are sensitive: channels use the same ones again and again."""
_LONGEST_NAME = 64
"""Nobody's field is called longer than that: what such a one holds is not shown."""
_SENSITIVE = re.compile(
    r"sign$|^sign|signature|secret|password|passwd|authorization|token$|ciphertext|^nonce|cvc|cvv|cvn|pin$|"
    r"auth_?code|payer_?code|card|^number$|^exp_|name$|identity|^id_?n|cert|phone|mobile|openid|open_id|"
    r"buyer_(logon_)?id|buyer_user|buyer_open|account|^acct|iban|^raw|rawtransaction|fulltrack|email|^nm$|^ctrl|"
    r"file_?content",
    re.IGNORECASE,
)
_NOT_SENSITIVE = re.compile(
    r"^(sign_type|signmethod|file_?name|type_name|card_?type|card_?kind|account_type|cert_?id)$",
    re.IGNORECASE,
)
_PACKED = re.compile(r"^customer_?info$", re.IGNORECASE)
"""Fields that hold others in base64: its end would tell the end of what is in it."""
_SHOWN_HEADERS = re.compile(
    r"content-type|date|idempotency-key|retry-after|idempotent-replayed|.*request-id|.*-(version|serial|timestamp|trace-id)",
    re.IGNORECASE,
)
_CARD_NUMBER = re.compile(r"[0-9](?<![0-9]{2})(?:[ -]?[0-9]){12,18}(?![0-9])")
"""It begins with the digit, and then looks back: so all that is no digit is skipped quickly."""
_ELEMENT = re.compile(r"<((?:\w+:)?(\w+))((?:\s[^<>]*)?)>([^<>]*)</\1>")


def masked_request(request: HttpRequest) -> str:
    """A message of ours."""
    return _shown(
        lambda: f"{request.method} {_address(request.url)}{_headers(request.headers)}{_said(request)}"
    )


def masked_response(response: HttpResponse) -> str:
    """A channel's answer."""
    return _shown(lambda: f"{response.status}{_headers(response.headers)}{_body(response.body)}")


def masked_notice(inbound: InboundNotice) -> str:
    """What a channel sent by itself."""

    def write() -> str:
        query = f"?{_form(inbound.query)}" if inbound.query else ""
        return f"{query}{_headers(inbound.headers)}{_body(inbound.body)}".strip()

    return _shown(write)


def without_card_numbers(text: str) -> str:
    """`text` with what may be a card number cut down to its first six and last four digits."""
    return _CARD_NUMBER.sub(_cut_card, text)


def _said(request: HttpRequest) -> str:
    """The body of a message of ours; of one that carries files, only how long it is."""
    kinds = [text for name, text in request.headers.items() if name.lower() == "content-type"]
    with_files = any(kind.startswith("multipart/") for kind in kinds)
    return _named(request.body) if with_files else _body(request.body)


def _shown(write: Callable[[], str]) -> str:
    try:
        return _cut(write())
    except Exception as error:  # what cannot be shown must not harm the call that it belongs to
        return f"(cannot be shown: {type(error).__name__})"


def _cut(text: str) -> str:
    text = without_card_numbers(text.replace("\0", "�"))
    return text if len(text) <= LONGEST_KEPT else f"{text[:LONGEST_KEPT]}… ({len(text)} characters)"


def _cut_card(match: re.Match[str]) -> str:
    digits = [int(digit) for digit in match[0] if digit.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    if (sum(doubled) + sum(digits[-1::-2])) % 10:
        return match[0]
    text = "".join(map(str, digits))
    return f"{text[:6]}******{text[-4:]}"


def _address(url: str) -> str:
    parts = urlsplit(url)
    query = f"?{_form(parts.query)}" if parts.query else ""
    return (
        f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}{query}"
    )


def _headers(headers: Mapping[str, str]) -> str:
    shown = [
        f"\n{name}: {value}"
        for name, value in headers.items()
        if len(name) <= _LONGEST_NAME and _is_shown(name)
    ]
    return "".join(sorted(shown)) + "\n\n"


@lru_cache(maxsize=_NAMES_REMEMBERED)
def _is_shown(name: str) -> bool:
    return bool(_SHOWN_HEADERS.fullmatch(name))


def _body(body: bytes) -> str:
    if not body:
        return ""
    most = 4 * LONGEST_KEPT
    try:
        text = body[:most].decode("utf-8", errors="strict" if len(body) <= most else "replace")
    except UnicodeDecodeError:
        return _named(body)
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return _json(body)
    if start == "<":
        return _xml(_whole(text, "<", body, most))
    if "=" in text[:200]:
        return _form(_whole(text, "&", body, most))
    return _plain(text, body)


def _whole(text: str, mark: str, body: bytes, most: int) -> str:
    """`text` without the field in which it was cut: cut off from its end, a value would not be masked."""
    return text if len(body) <= most else f"{text.rpartition(mark)[0]}"


def _plain(text: str, body: bytes) -> str:
    """A short sentence as it is. In a file nothing tells what to mask: only its first line, if it names columns."""
    if len(text) <= _LONGEST_LINE:
        return text if text.isprintable() or "\n" in text else _named(body)
    first = text.split("\n", 1)[0].strip()[:_LONGEST_LINE]
    names = first.isprintable() and not any(map(str.isdigit, first))
    return f"{first if names else ''}… {_named(body)}"


def _named(body: bytes) -> str:
    return f"({len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()})"


def _json(body: bytes | str) -> str:
    if len(body) > LONGEST_READ:
        return _named(body if isinstance(body, bytes) else body.encode("utf-8", "replace"))
    try:
        content = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return f"({len(body)} bytes that are not JSON)"
    return msgspec.json.encode(_masked("", content, _DEEPEST)).decode()


def _masked(name: str, value: Any, deeper: int) -> Any:
    if isinstance(value, dict):
        return {key: _masked(key, part, deeper - 1) for key, part in value.items()} if deeper else "…"
    if isinstance(value, list):
        return [_masked(name, part, deeper - 1) for part in value] if deeper else "…"
    if isinstance(value, str) and value and _PACKED.match(name):
        return "***"
    if isinstance(value, str) and value[:1] == "{":
        return _json(value)
    if isinstance(value, str) and value.lstrip()[:1] == "<":
        return _xml(value)
    sensitive = len(name) > _LONGEST_NAME or _is_sensitive(name)
    return _hide(str(value)) if sensitive and value is not None and value != "" else value


@lru_cache(maxsize=_NAMES_REMEMBERED)
def _is_sensitive(name: str) -> bool:
    return bool(_SENSITIVE.search(name)) and not _NOT_SENSITIVE.match(name)


def _form(text: str) -> str:
    pairs = [pair.partition("=") for pair in text.split("&") if pair]
    named = [(_decoded(name), _decoded(value)) for name, _, value in pairs]
    return "&".join(f"{name}={_masked(name, value, _DEEPEST)}" for name, value in named)


def _decoded(text: str) -> str:
    """A name or a value of a form. In one piece: `parse_qsl` takes a third longer, and every call passes here."""
    spaced = text.replace("+", " ")
    return unquote_to_bytes(spaced).decode("utf-8", "replace") if "%" in spaced else spaced


def _xml(text: str) -> str:
    return _ACCOUNT.sub(_mask_account, _ELEMENT.sub(_mask_element, text))


def _mask_account(match: re.Match[str]) -> str:
    return f"{match[1]}{_hide(match[2])}{match[3]}"


def _mask_element(match: re.Match[str]) -> str:
    return f"<{match[1]}{match[3]}>{_masked(match[2], match[4], _DEEPEST)}</{match[1]}>"


def _hide(text: str) -> str:
    return f"***{text[-4:]}" if len(text) > 8 else "***"
