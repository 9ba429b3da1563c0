"""How is the bank's mailbox asked, and what does it answer?

`GET` with `leave` (nothing is taken away), `after` (the last message that we know), `about` (a transfer's name or a
virtual account), `type` and `limit`; the answer is a JSON list, oldest first. A mailbox may ignore all of these: we pick
out of the list what we asked for.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from tael.channels.port import HttpResponse

PAGE = 100
LARGEST_LIST = 20_000_000


class MailboxUnreadable(Exception):
    """The mailbox's answer is no list of messages."""


class Message(msgspec.Struct, frozen=True):
    """A message of the bank."""

    id: int | str
    type: str
    """`camt.054.001.08`."""
    body: str

    @property
    def key(self) -> str:
        """The bank's number of the message."""
        return str(self.id)[:100]

    @property
    def content(self) -> bytes:
        """The XML, in UTF-8 whatever its first line says."""
        text = self.body.lstrip()
        if text.startswith("<?xml"):
            text = text.partition("?>")[2]
        return text.encode("utf-8", "replace")


_DECODER = msgspec.json.Decoder(list[Message])


def address(mailbox_url: str, asked: Mapping[str, str]) -> str:
    """The mailbox's address with a question."""
    query = urlencode({"leave": "1", "limit": str(PAGE), **asked})
    return f"{mailbox_url}{'&' if '?' in mailbox_url else '?'}{query}"


def read_list(response: HttpResponse) -> Sequence[Message]:
    """The messages; raises `MailboxUnreadable`."""
    if response.status != 200:
        raise MailboxUnreadable(f"The bank's mailbox answered with HTTP status {response.status}.")
    if len(response.body) > LARGEST_LIST:
        raise MailboxUnreadable(f"The bank's mailbox gave more than {LARGEST_LIST} bytes.")
    try:
        return _DECODER.decode(response.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise MailboxUnreadable("The bank's mailbox gave no list of messages.") from None


def after(messages: Sequence[Message], cursor: str) -> Sequence[Message]:
    """Those that follow the last one that we know; all of them if it is not in the list."""
    for position, message in enumerate(messages):
        if cursor and message.key == cursor:
            return messages[position + 1 :]
    return messages
