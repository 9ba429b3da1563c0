"""What do channels look like on the wire, for those who operate them?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from tael.channels.model import CertificateInUse, Configuration, Exchange, ExchangeKind, Proposed, Trouble
from tael.channels.port import BillKind, Capabilities, ErrorClass, Operation, OutcomeState, Product
from tael.foundation.printable import PRINTABLE
from tael.foundation.proposals import Proposal

B = TypeVar("B")
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
    keep_credentials: Annotated[
        bool, Meta(description="Whether credentials that are not named stay as they are")
    ] = False


class AmountsBody(msgspec.Struct, frozen=True, kw_only=True):
    """From how much to how much at a time, in minor units."""

    smallest_minor: int
    largest_minor: int


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """What one of the channel's codes means."""

    error_class: ErrorClass
    definite: Annotated[bool, Meta(description="Whether it proves that no money moved and none will")]


class CapabilitiesBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do."""

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
    account_kind: Annotated[
        str,
        Meta(
            description="The kind of account that it tells money came from and pays out to; empty if no other channel could read it",
            examples=["bank_account"],
        ),
    ]
    notices: bool
    feed_seconds: int | None
    bills: Annotated[dict[BillKind, str], Meta(description="The format of each")]
    signatures: Annotated[dict[str, str], Meta(description="Of requests, answers and notices")]
    notice_window_seconds: int
    error_codes: dict[str, ErrorBody]


class CertificateBody(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate among what a channel is told, as it says itself."""

    field: Annotated[str, Meta(description="Of the settings or credentials", examples=["authorities"])]
    subject: str
    serial: Annotated[str, Meta(description="In hexadecimal digits")]
    fingerprint: Annotated[str, Meta(description="Its SHA-256")]
    starts_at: datetime
    ends_at: datetime


class TroubleBody(msgspec.Struct, frozen=True, kw_only=True):
    """Why a channel's newest configuration is not in use."""

    number: Annotated[int, Meta(description="Of that configuration", examples=[4])]
    reason: str
    tried_at: datetime


class ChannelBody(msgspec.Struct, frozen=True, kw_only=True):
    """A channel: what it can do, how it is spoken to, and what is wrong with it."""

    name: Annotated[str, Meta(examples=["lantern_main"])]
    connector: Annotated[str, Meta(examples=["lantern"])]
    configuration: Annotated[
        int | None, Meta(description="The number of the one in use; none if none can be used", examples=[3])
    ]
    active_from: datetime | None
    settings: dict[str, Any]
    simulated: Annotated[bool, Meta(description="Whether it moves no real money")]
    certificates: Annotated[list[CertificateBody], Meta(description="The first to end first")]
    trouble: Annotated[
        TroubleBody | None, Meta(description="Why its newest configuration is not in use, if it is not")
    ]
    capabilities: Annotated[
        CapabilitiesBody | None, Meta(description="None if no configuration of it can be used")
    ]


class ConfigurationBody(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel was spoken to."""

    number: int
    settings: dict[str, Any]
    proposed_by: str
    approved_by: str
    active_from: datetime


class ExchangeBody(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a conversation with a channel, masked."""

    id: Annotated[str, Meta(examples=["exch_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    at: datetime
    channel: str
    kind: Annotated[ExchangeKind, Meta(description="On what occasion it was said")]
    operation: str
    number: str
    state: str
    error_class: str | None
    code: str | None
    message: str | None
    milliseconds: int
    said: str
    heard: str


class ConfigurationProposalBody(msgspec.Struct, frozen=True, kw_only=True):
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
    end_note: Annotated[str | None, Meta(description="What whoever ended it had to say")]


class ProposedBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal would change, as things are now. Its secrets stay sealed."""

    proposal: ConfigurationProposalBody
    connector: str
    replaces: Annotated[
        int, Meta(description="The newest configuration when it was proposed; 0: the channel was new")
    ]
    overtaken: Annotated[
        bool, Meta(description="Whether a newer configuration has come since: it cannot be approved any more")
    ]
    settings_before: Annotated[dict[str, Any], Meta(description="Of the newest configuration now")]
    settings: dict[str, Any]
    credentials_changed: Annotated[
        list[str], Meta(description="The names of those that are new, other or gone")
    ]
    credentials_known_before: Annotated[
        dict[str, list[str]], Meta(description="What anybody may know of those in use now, by their names")
    ]
    credentials_known: Annotated[
        dict[str, list[str]],
        Meta(description="The same of those that are proposed: fingerprints of public keys, addresses"),
    ]
    addresses_before: Annotated[
        list[str], Meta(description="Where the channel leads now: schemes and hosts, and networks")
    ]
    addresses: Annotated[list[str], Meta(description="Where it would lead")]
    simulated: Annotated[bool, Meta(description="Whether it would move no real money")]
    certificates: list[CertificateBody]
    trouble: Annotated[str | None, Meta(description="Why it cannot be used today, if so")]


class DecidedBody(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a proposal."""

    proposal_id: str
    approved: bool
    configuration: Annotated[int | None, Meta(description="The number of the configuration that it became")]


class ProbedBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel answered to something harmless."""

    state: Annotated[
        OutcomeState,
        Meta(description="`succeeded`: it answered and believes us; `failed`: it refuses our keys"),
    ]
    error_class: ErrorClass | None
    code: Annotated[str | None, Meta(description="The channel's own code")]
    message: Annotated[str | None, Meta(description="The channel's own words, or ours about what is wrong")]


def channel_body(
    configuration: Configuration,
    can: Capabilities,
    *,
    simulated: bool,
    certificates: Sequence[CertificateInUse],
    trouble: Trouble | None,
) -> ChannelBody:
    """A channel as operations see it."""
    return ChannelBody(
        name=configuration.channel,
        connector=configuration.connector,
        configuration=configuration.number,
        active_from=configuration.active_from,
        settings=dict(configuration.settings),
        simulated=simulated,
        certificates=[_like(each, CertificateBody) for each in certificates],
        trouble=_like(trouble, TroubleBody) if trouble is not None else None,
        capabilities=_capabilities(can),
    )


def unusable_channel_body(trouble: Trouble) -> ChannelBody:
    """A channel of which no configuration can be used."""
    return ChannelBody(
        name=trouble.channel,
        connector=trouble.connector,
        configuration=None,
        active_from=None,
        settings={},
        simulated=False,
        certificates=[],
        trouble=_like(trouble, TroubleBody),
        capabilities=None,
    )


def _capabilities(can: Capabilities) -> CapabilitiesBody:
    return CapabilitiesBody(
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
        account_kind=can.account_kind,
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
    return _like(configuration, ConfigurationBody)


def exchange_body(exchange: Exchange) -> ExchangeBody:
    """One turn of a conversation as operations see it."""
    return _like(exchange, ExchangeBody)


def proposal_body(proposal: Proposal) -> ConfigurationProposalBody:
    """A proposal as those see it who are to decide."""
    return _like(proposal, ConfigurationProposalBody)


def proposed_body(proposal: Proposal, proposed: Proposed) -> ProposedBody:
    """A proposal with what it would change."""
    plain = msgspec.to_builtins(proposed) | {"proposal": proposal_body(proposal)}
    return msgspec.convert(plain, ProposedBody)


def _like(thing: object, body: type[B]) -> B:
    return msgspec.convert(thing, body, from_attributes=True)


def _convert(table: Mapping[str, object], body: type[B]) -> dict[str, B]:
    return {name: _like(each, body) for name, each in sorted(table.items())}
