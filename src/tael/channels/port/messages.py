"""What goes over the wire, and how does a connector take turns with whoever sends it?

A connector does no input or output. It writes a conversation as a generator: it yields what it wants done and is
sent what came of it, as often as it needs, and returns what it learnt.

    def converse(self, request, *, now):
        response = yield from ask(self._signed_message(request, now))
        return self._read(request, response)
"""

from collections.abc import Generator, Mapping
from typing import TypeVar

import msgspec

from tael.channels.port.outcomes import Outcome
from tael.foundation.wire import HttpRequest, HttpResponse


class SignOnce(msgspec.Struct, frozen=True, kw_only=True):
    """Let the channel's signer make a transaction; asked again under the same number, it gives the same bytes."""

    number: str
    """Ours: of the payout, the refund or the sweep."""
    transaction: Mapping[str, str | int]
    """In the signer's words."""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What the signer made."""

    raw: bytes
    transaction_id: str


Step = HttpRequest | SignOnce
Reply = HttpResponse | Signed
T = TypeVar("T")
Conversation = Generator[Step, Reply, T]
"""Yields steps, is sent what came of each, returns what was learnt."""


def ask(request: HttpRequest) -> Conversation[HttpResponse]:
    """One exchange of messages."""
    reply = yield request
    if not isinstance(reply, HttpResponse):
        raise TypeError("a message was asked for, something else was given")
    return reply


def sign_once(wanted: SignOnce) -> Conversation[Signed]:
    """One transaction of the signer."""
    reply = yield wanted
    if not isinstance(reply, Signed):
        raise TypeError("a signature was asked for, something else was given")
    return reply


class InboundNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel sent to our notice address, as it came. Names of headers are in small letters."""

    headers: Mapping[str, str]
    query: str
    body: bytes


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice whose signature, age and addressee are right."""

    notice_id: str
    """The channel's id of the notice; repeats carry the same one."""
    outcome: Outcome | None
    """None if it tells nothing that we need to know."""


class NoticeReply(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel wants to hear back."""

    status: int
    content_type: str
    body: bytes


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Notices that we fetched, and from where to go on."""

    notices: list[Notice]
    cursor: str
    """Kept only after the notices are recorded; the same page may come again."""
    more: bool = False
    """Whether there is another page right now."""
