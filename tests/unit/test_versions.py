"""Is an older caller answered in its own words, and nobody else?"""

from typing import Any

import msgspec
import pytest
from litestar.types import Message

from tael.foundation.http.versions import Change, UnknownVersion, Versions


def _unpack(order: dict[str, Any]) -> None:
    order["amount"] = order.pop("amount_minor")


def _without_tip(order: dict[str, Any]) -> None:
    del order["tip"]


VERSIONS = Versions(
    "2026-01-01",
    [
        Change(version="2026-02-01", kind="ord", says="`amount` is `amount_minor`", undo=_unpack),
        Change(version="2026-03-01", kind="ord", says="`tip` is new", undo=_without_tip),
    ],
)
TODAY: dict[str, Any] = {
    "items": [{"id": "ord_1", "amount_minor": 5, "tip": 1, "metadata": {"id": "ord_2", "tip": "mine"}}],
    "other": {"id": "shp_1", "tip": 2},
}


def older(version: str) -> Any:
    value = msgspec.json.decode(msgspec.json.encode(TODAY))
    VERSIONS.older(value, version=version)
    return value


def test_the_newest_version_is_left_as_it_is() -> None:
    assert VERSIONS.newest == "2026-03-01"
    assert older("2026-03-01") == TODAY


def test_each_older_version_lacks_what_came_after_it_and_nothing_else() -> None:
    assert older("2026-02-01")["items"][0] == {
        "id": "ord_1",
        "amount_minor": 5,
        "metadata": {"id": "ord_2", "tip": "mine"},
    }
    first = older("2026-01-01")
    assert first["items"][0]["amount"] == 5
    assert "amount_minor" not in first["items"][0]
    assert first["other"] == TODAY["other"]


def test_an_unknown_version_is_refused_with_the_list() -> None:
    for version in ("2026-01-02", "", "newest", "2026-03-01 "):
        with pytest.raises(UnknownVersion) as refused:
            VERSIONS.check(version)
        assert "2026-01-01, 2026-02-01, 2026-03-01" in (refused.value.hint or "")
    assert VERSIONS.check("2026-02-01") == "2026-02-01"


async def sent_as(version: str, *messages: Message) -> list[Any]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    sending = VERSIONS.sending(send, version=version)
    for message in messages:
        await sending(message)
    return sent


def start(kind: bytes, length: int) -> Message:
    return {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", kind), (b"content-length", b"%d" % length)],
    }


async def test_json_goes_out_in_older_words_with_its_own_length_however_it_was_cut() -> None:
    body = msgspec.json.encode(TODAY)
    first, last = await sent_as(
        "2026-02-01",
        start(b"application/json", len(body)),
        {"type": "http.response.body", "body": body[:9], "more_body": True},
        {"type": "http.response.body", "body": body[9:], "more_body": False},
    )
    assert msgspec.json.decode(last["body"]) == older("2026-02-01")
    assert dict(first["headers"])[b"content-length"] == b"%d" % len(last["body"])


async def test_what_is_not_json_goes_out_byte_for_byte() -> None:
    messages: list[Message] = [
        start(b"text/csv", 3),
        {"type": "http.response.body", "body": b"a,b", "more_body": False},
    ]
    assert await sent_as("2026-01-01", *messages) == messages
    problem: list[Message] = [
        start(b"application/problem+json", 2),
        {"type": "http.response.body", "body": b"{}", "more_body": False},
    ]
    assert await sent_as("2026-01-01", *problem) == problem
