"""What do channels look like on the wire, for those who operate them?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tael.channels.model import Configuration, Exchange
from tael.channels.port import BillKind, Capabilities, ErrorClass, Operation, Product
from tael.foundation.printable import PRINTABLE
from tael.foundation.proposals import Proposal

ConnectorName = Annotated[
    str, Meta(min_length=2, max_length=32, pattern=r"^[a-z][a-z0-9_]*$", examples=["lantern"])
]
Note = Annotated[
    str, Meta(min_length=1, max_length=1000, pattern=PRINTABLE, examples=["Keys of the new contract"])
]


class ProposeConfigurationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a channel shall be spoken to from now on. Nothing changes until somebody else approves."""

    connector: Annotated[ConnectorName, Meta(description="Which connector speaks to it")]
    settings: Annotated[dict[str, Any], Meta(description="What may be shown: addresses, numbers, options")]
    credentials: Annotated[
        dict[str, Annotated[str, Meta(max_length=65_536)]],
        Meta(description="What is sealed at once and never shown again: keys"),
    ]
    note: Annotated[Note, Meta(description="Why, for whoever decides")]


class DecideRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody else says to a proposal."""

    approve: Annotated[bool, Meta(description="Whether it shall be so")]
    digest: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-f]{64}$(?!\n)",
            description="The digest of the proposal that you have read",
            examples=["0" * 64],
        ),
    ]
    note: Annotated[
        str, Meta(max_length=1000, pattern=PRINTABLE, examples=["Compared with the contract"])
    ] = ""


class AmountsBody(msgspec.Struct, frozen=True, kw_only=True):
    """From how much to how much at a time, in minor units."""

    smallest_minor: int
    largest_minor: int


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """What one of the channel's codes means."""

    error_class: ErrorClass
    definite: Annotated[bool, Meta(description="Whether it proves that no money moved and none will")]


class ChannelBody(msgspec.Struct, frozen=True, kw_only=True):
    """A channel: what it can do, and how it is spoken to."""

    name: Annotated[str, Meta(examples=["lantern_main"])]
    connector: Annotated[str, Meta(examples=["lantern"])]
    configuration: Annotated[int, Meta(description="Its number: the highest is in use", examples=[3])]
    active_from: datetime
    settings: dict[str, Any]
    simulated: Annotated[bool, Meta(description="Whether it moves no real money")]
    method: Annotated[str, Meta(description="What payers know it as", examples=["lantern"])]
    operations: list[Operation]
    products: list[Product]
    amounts: Annotated[dict[str, AmountsBody], Meta(description="By currency")]
    refund_window_days: int
    refunds_per_order: int
    partial_refunds: bool
    partial_captures: bool
    capture_later: list[Product]
    splits: bool
    payer_sets_amount: bool
    notices: bool
    feed_seconds: int | None
    bills: Annotated[dict[BillKind, str], Meta(description="The format of each")]
    signatures: Annotated[dict[str, str], Meta(description="Of requests, answers and notices")]
    notice_window_seconds: int
    error_codes: dict[str, ErrorBody]


class ConfigurationBody(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel was spoken to."""

    number: int
    settings: dict[str, Any]
    proposed_by: str
    approved_by: str
    active_from: datetime


class ExchangeBody(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a conversation with a channel, masked."""

    at: datetime
    channel: str
    kind: Annotated[str, Meta(description="`call`, `notice`, `feed` or `bill`", examples=["call"])]
    operation: str
    number: str
    state: str
    error_class: str | None
    code: str | None
    message: str | None
    milliseconds: int
    said: str
    heard: str


class ProposalBody(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for a second person. Its content is sealed."""

    id: Annotated[str, Meta(examples=["prop_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    kind: str
    subject: str
    digest: Annotated[str, Meta(description="SHA-256 of what is proposed")]
    note: str
    state: str
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    ended_by: str | None
    ended_at: datetime | None


class DecidedBody(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a proposal."""

    proposal_id: str
    approved: bool
    configuration: Annotated[int | None, Meta(description="The number of the configuration that it became")]


def channel_body(configuration: Configuration, can: Capabilities, *, simulated: bool) -> ChannelBody:
    """A channel as operations see it."""
    return ChannelBody(
        name=configuration.channel,
        connector=configuration.connector,
        configuration=configuration.number,
        active_from=configuration.active_from,
        settings=dict(configuration.settings),
        simulated=simulated,
        method=can.method,
        operations=[operation for operation in Operation if operation in can.operations],
        products=[product for product in Product if product in can.products],
        amounts=_convert(can.amounts, AmountsBody),
        refund_window_days=can.refund_window_days,
        refunds_per_order=can.refunds_per_order,
        partial_refunds=can.partial_refunds,
        partial_captures=can.partial_captures,
        capture_later=[product for product in Product if product in can.capture_later],
        splits=can.splits,
        payer_sets_amount=can.payer_sets_amount,
        notices=can.notices,
        feed_seconds=can.feed_seconds,
        bills={kind: terms.format for kind, terms in can.bills.items()},
        signatures={
            "requests": can.security.requests,
            "answers": can.security.answers,
            "notices": can.security.notices,
        },
        notice_window_seconds=can.security.notice_window_seconds,
        error_codes=_convert(can.error_codes, ErrorBody),
    )


def configuration_body(configuration: Configuration) -> ConfigurationBody:
    """How a channel was spoken to, as operations see it."""
    return msgspec.convert(configuration, ConfigurationBody, from_attributes=True)


def exchange_body(exchange: Exchange) -> ExchangeBody:
    """One turn of a conversation as operations see it."""
    return msgspec.convert(exchange, ExchangeBody, from_attributes=True)


def proposal_body(proposal: Proposal) -> ProposalBody:
    """A proposal as those see it who are to decide."""
    return msgspec.convert(proposal, ProposalBody, from_attributes=True)


def _convert(table: Mapping[str, object], body: type[Any]) -> dict[str, Any]:
    return {name: msgspec.convert(each, body, from_attributes=True) for name, each in sorted(table.items())}
