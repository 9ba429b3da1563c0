"""What would be otherwise if a proposal were approved? Names with what they say now and what they would say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """One thing that would be otherwise; an empty text is nothing at all."""

    name: str
    before: str
    after: str
    is_secret: bool = False
    """Then what it was and will be is not told, but what anybody may know of it."""
    words: str = ""
    """The table of words in which each name in it is looked up, the names divided by ", ": `permission_of`."""

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        if not self.before:
            return "added"
        return "changed" if self.after else "removed"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What differs between two documents, by the path to it, in the order of the second."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    names = [*new, *(name for name in old if name not in new)]
    return [
        Difference(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def pretty(content: bytes) -> str:
    """JSON for people; a remark if it is none."""
    try:
        return msgspec.json.format(content, indent=2).decode()
    except msgspec.DecodeError:
        return f"{len(content)} bytes"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, Sequence) and not isinstance(value, str) and _holds_documents(value):
        for place, inner in enumerate(value, start=1):
            yield from _leaves(inner, f"{path}.{place}")
    else:
        yield path, _text(value)


def _holds_documents(value: Sequence[Any]) -> bool:
    return any(isinstance(each, Mapping) for each in value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return msgspec.json.format(msgspec.json.encode(value), indent=0).decode() if value else ""
    return "" if value is None else str(value)
