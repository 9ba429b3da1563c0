"""What does a connector do? It turns our words into a channel's messages, and its answers into ours.

A connector is stateless and does no input or output. Whoever sends the bytes (`channels.transport`), keeps the
records and draws the consequences is not its concern.

The one rule: **never guess**. An outcome is definite only if the channel said so in a message that carries its valid
signature and our own order number and amount; everything else is `UNKNOWN`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from tael.channels.errors import NoticeRefused, NotOffered
from tael.channels.port.bills import Bill, BillWanted
from tael.channels.port.matrix import Capabilities
from tael.channels.port.messages import Conversation, FeedPage, InboundNotice, Notice, NoticeReply
from tael.channels.port.orders import Request
from tael.channels.port.outcomes import Outcome


class Connector(Protocol):
    """The code that speaks to one channel. `BaseConnector` has answers for what a channel does not offer."""

    capabilities: Capabilities

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Ask for one operation; `UNKNOWN` if the answer is malformed, unsigned or about something else."""
        ...

    def read_notice(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """What a message says that the channel sent by itself; raises `NoticeRefused` if it cannot be believed."""
        ...

    def accept_notice(self) -> NoticeReply:
        """The reply that ends the channel's repetitions."""
        ...

    def refuse_notice(self, reason: str) -> NoticeReply:
        """The reply that makes the channel send the notice again."""
        ...

    def fetch_notices(self, cursor: str, *, now: datetime) -> Conversation[FeedPage]:
        """What the channel has told since `cursor` (empty at first), for channels with `feed_seconds`."""
        ...

    def fetch_bill(self, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
        """A day's record; raises `BillNotReady`, or `BillRefused` if it cannot be believed."""
        ...


class BaseConnector:
    """What a channel says that sends no notices, needs no fetching and has no bills. Override what it does offer."""

    def read_notice(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """It sends none, so whatever comes is not from it."""
        raise NoticeRefused("This channel sends no notices.")

    def accept_notice(self) -> NoticeReply:
        """Plain `200`."""
        return NoticeReply(status=200, content_type="text/plain", body=b"ok")

    def refuse_notice(self, reason: str) -> NoticeReply:
        """Plain `400`, with the reason."""
        return NoticeReply(status=400, content_type="text/plain", body=reason.encode())

    def fetch_notices(self, cursor: str, *, now: datetime) -> Conversation[FeedPage]:
        """Nothing has to be fetched."""
        raise NotOffered("This channel's notices need not be fetched.")

    def fetch_bill(self, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
        """There are no bills."""
        raise NotOffered(f"This channel has no bill of {wanted.kind}.")


def _says_nothing(_settings: Any, _credentials: Any) -> Sequence[str]:
    return ()


def _tells_nothing(_credentials: Any) -> Mapping[str, Sequence[str]]:
    return {}


class ConnectorKind(msgspec.Struct, frozen=True, kw_only=True):
    """A connector as it is offered for use: what it must be told, and how it is made.

    Built in (`channels.registry`) or from a package that names it under the entry point `tael.connectors`.
    """

    name: str
    """One word of small letters and digits: `alipay`."""
    title: str
    title_zh: str
    settings: type[msgspec.Struct]
    """What may be shown: addresses, account numbers, options."""
    credentials: type[msgspec.Struct]
    """What is sealed at rest and changed by two people: keys, ours and the channel's. All its fields are text."""
    make: Callable[[Any, Any], Connector]
    """From settings and credentials; raises `ValueError` with words for people if they cannot be used."""
    addresses: Callable[[Any, Any], Sequence[str]] = _says_nothing
    """Whom it will talk to, from settings and credentials with their defaults: every URL, and the name of the network behind
    one that is only a door to it (`eip155:1`). A channel is taken for a simulated one only if all of them are this machine's;
    one whose connector says none never is."""
    known_of: Callable[[Any], Mapping[str, Sequence[str]]] = _tells_nothing
    """What anybody may know of credentials, by their names: fingerprints of the channel's public keys (`fingerprint_of`), an
    address that receives. Whoever approves compares it with what the channel says. Certificates in PEM are shown anyway."""
