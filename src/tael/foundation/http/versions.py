"""In which words does the API answer? In those of the version that the caller was written for.

A version is the date of a change that a program could stumble over. Inside there is only the newest one: each change
brings a small function that turns an object of today into what it was before, and the functions of all later changes
run, newest first, over what goes out to an older caller. Objects are known by the kind of their `id`. A caller that is
up to date costs nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar.types import Message, Send

from tael.foundation.errors import Malformed

HEADER = "Tael-Version"
_NOT_OURS = frozenset({"metadata"})
"""Fields whose content is the caller's own."""


class UnknownVersion(Malformed):
    """There is no version of that date."""

    code = "unknown_version"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What an object was before a version."""

    version: str
    """The first version with the change: its date."""
    kind: str
    """Which objects: the prefix of their ids, such as `pay`."""
    says: str
    """What changed, for the reference."""
    undo: Callable[[dict[str, Any]], None]
    """Makes the object what it was."""


class Versions:
    """Every version that is answered, and what changed with each."""

    def __init__(self, first: str, changes: Sequence[Change] = ()) -> None:
        self.changes = sorted(changes, key=lambda change: change.version, reverse=True)
        self.known = tuple(sorted({first, *(change.version for change in changes)}))

    @property
    def newest(self) -> str:
        """The version of today."""
        return self.known[-1]

    def check(self, version: str, *, field: str = HEADER) -> str:
        """`version`, if it is answered; refuses `UnknownVersion` with the list."""
        if version not in self.known:
            raise UnknownVersion(
                f"There is no version {version[:32]!r}.",
                field=field,
                hint=f"Versions are: {', '.join(self.known)}.",
            )
        return version

    def older(self, value: Any, *, version: str) -> None:
        """Turn what is written in today's words, objects in objects too, into the words of `version`."""
        undone = [change for change in self.changes if change.version > version]
        for change in undone:
            _undo(value, change)

    def sending(self, send: Send, *, version: str) -> Send:
        """`send` for a caller of an older version: JSON is rewritten, everything else passes."""
        start: list[Message] = []
        parts: list[bytes] = []

        async def rewritten(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_json(message["headers"]):
                start.append(message)
                return
            if message["type"] != "http.response.body" or not start:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts)
            if body:
                value = msgspec.json.decode(body)
                self.older(value, version=version)
                body = msgspec.json.encode(value)
            first = start.pop()
            if first["type"] == "http.response.start":
                kept = [(name, text) for name, text in first["headers"] if name != b"content-length"]
                first["headers"] = [*kept, (b"content-length", b"%d" % len(body))]
            await send(first)
            await send({"type": "http.response.body", "body": body, "more_body": False})

        return rewritten


def _is_json(headers: Any) -> bool:
    return any(
        name.lower() == b"content-type" and text.startswith(b"application/json") for name, text in headers
    )


def _undo(value: Any, change: Change) -> None:
    if isinstance(value, list):
        for item in value:
            _undo(item, change)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _NOT_OURS:
                _undo(inner, change)
        identity = value.get("id")
        if isinstance(identity, str) and identity.startswith(f"{change.kind}_"):
            change.undo(value)
