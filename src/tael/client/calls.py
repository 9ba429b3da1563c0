"""What goes over the wire? A call as a value: what is asked, and the type of what comes back."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, BinaryIO, Generic, Self, TypeVar
from urllib.parse import quote

import msgspec

T = TypeVar("T")

_KEY = re.compile(r"[!-~]{1,128}")
JSON = "application/json"


class Noun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that the API speaks of. What a newer server says besides is passed over."""


class Word(StrEnum):
    """One of a few words. A word that is newer than this client is taken as it is, not refused."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_, word._value_ = value.upper(), value
        return word


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Some items of a list, and where the next page begins."""

    items: list[T]
    next_cursor: str | None = None
    """Hand it in as `cursor` for the next page; `None` on the last one."""


class Call(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One call as it goes over the wire, and the type of its answer; `bytes` are given as they are."""

    method: str
    path: str
    answer: type[T]
    query: Mapping[str, str | list[str]] = {}
    body: bytes | None = None
    idempotency_key: str | None = None
    """The name of this one wish. Whoever sends the same value again, sends the same key."""
    into: BinaryIO | None = None
    """Where to write the answer's bytes, instead of keeping them."""

    def page_after(self, cursor: str) -> "Call[T]":
        """The call for the next page."""
        return msgspec.structs.replace(self, query={**self.query, "cursor": cursor})


def read(path: str, answer: type[T], said: Mapping[str, Any]) -> Call[T]:
    """A call that changes nothing. What is said and not part of the path is asked in the query."""
    rest = _said(said)
    filled = _fill(path, rest)
    return Call(method="GET", path=filled, answer=answer, query=_query(rest))


def change(
    path: str,
    answer: type[T],
    said: Mapping[str, Any],
    *,
    method: str = "POST",
    keyed: bool = True,
    query: Sequence[str] = (),
    body: str | None = None,
) -> Call[T]:
    """A call that changes something. What is said is its body, but for the parts of its path.

    keyed   whether it goes under an Idempotency-Key: the one that is said, or a new one
    query   what of it is asked in the query
    body    what of it is the whole body
    """
    rest = _said(said)
    key = rest.pop("idempotency_key", None)
    if key is None and keyed:
        key = new_key()
    if key is not None and not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no Idempotency-Key: it has 1 to 128 visible ASCII characters.")
    filled = _fill(path, rest)
    asked = _query({name: rest.pop(name) for name in query if name in rest})
    written = msgspec.json.encode(rest if body is None else rest[body])
    return Call(method=method, path=filled, answer=answer, query=asked, body=written, idempotency_key=key)


def new_key() -> str:
    """An Idempotency-Key that nobody else has."""
    return f"py-{secrets.token_hex(16)}"


def _said(said: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, by its name on the wire: `from_` is `from`, which Python keeps for itself."""
    return {name.rstrip("_"): value for name, value in said.items() if name != "self" and value is not None}


def _fill(path: str, rest: dict[str, Any]) -> str:
    """The path with its names filled in; they are taken out of the rest."""
    names = [name for name in rest if f"{{{name}}}" in path]
    return path.format(**{name: quote(str(rest.pop(name)), safe="") for name in names})


def _query(asked: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """As texts: `metadata[shop]=north` for each text under a name, a list by commas where the API has it so."""
    query: dict[str, str | list[str]] = {}
    for name, value in asked.items():
        match value:
            case Mapping():
                query |= {f"{name}[{key}]": str(text) for key, text in value.items()}
            case list() | tuple():
                texts = [str(each) for each in value]
                query[name] = ",".join(texts) if name == "expand" else texts
            case datetime() | date() | bool():
                query[name] = msgspec.json.encode(value).decode().strip('"')
            case _:
                query[name] = str(value)
    return query
