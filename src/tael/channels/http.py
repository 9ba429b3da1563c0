"""How do those who operate channels look at them? For the internal listener only."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.channels.api import Channels
from tael.channels.errors import (
    ChannelBusy,
    ChannelExists,
    ConnectorRefused,
    NoSuchChannel,
    NotOffered,
    ProposalOvertaken,
)
from tael.channels.model import ExchangeFilter, ExchangeKind, Trouble
from tael.channels.schemas import (
    ChannelBody,
    ConfigurationBody,
    ConfigurationProposalBody,
    DecidedBody,
    ExchangeBody,
    ProbedBody,
    ProposeConfigurationRequest,
    ProposedBody,
    channel_body,
    configuration_body,
    exchange_body,
    proposal_body,
    proposed_body,
    unusable_channel_body,
)
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.http.four_eyes import REFUSED, DecideRequest, ProposalId
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.parameters import read_moment
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.proposals import (
    NoSuchProposal,
    ProposalState,
)

AnyRequest = Request[Any, Any, Any]
READ = "channels.read"
CHANGE, APPROVE = "channels.change", "channels.approve"
ChannelName = Annotated[
    str, PathParameter(pattern=r"^[a-z][a-z0-9_]{1,31}$", description="The channel's name")
]
Number = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Our number of an attempt or a payout: what a support clerk looks for",
    ),
]
OfChannel = Annotated[
    str | None,
    QueryParameter(pattern=r"^[a-z][a-z0-9_]{1,31}$", description="Only with this channel"),
]
OfKind = Annotated[ExchangeKind | None, QueryParameter(description="Only on this occasion")]
InState = Annotated[
    str | None,
    QueryParameter(
        name="state", pattern=r"^[a-z]{1,16}$", description="Only what came to this: an outcome, or `refused`"
    ),
]
Since = Annotated[
    str | None, QueryParameter(max_length=40, description="Only what was said at this moment or later")
]
Until = Annotated[
    str | None, QueryParameter(max_length=40, description="Only what was said before this moment")
]


def channel_routes(channels: Channels, database: Database, clock: Clock) -> list[HTTPRouteHandler]:
    """What each channel can do, how it is spoken to, what was said, and how it went."""
    return [
        _list(channels),
        _get(channels),
        _configurations(channels, database),
        _exchanges(channels, database),
        _measures(channels, database, clock),
        _propose(channels, database),
        _proposals(channels, database),
        _proposed(channels, database),
        _decide(channels, database),
        _probe(channels),
    ]


def _list(channels: Channels) -> HTTPRouteHandler:
    @get("/v1/channels", opt={"permission": READ}, tags=["Channels"])
    async def list_channels() -> list[ChannelBody]:
        """List channels. With all that each can do: the capability matrix; and what is wrong with any."""
        return _bodies(channels)

    return list_channels


def _get(channels: Channels) -> HTTPRouteHandler:
    @get("/v1/channels/{channel:str}", opt={"permission": READ, REFUSES: [NoSuchChannel]}, tags=["Channels"])
    async def get_channel(channel: ChannelName) -> ChannelBody:
        """Get a channel. What it can do, how it is spoken to, and when its certificates end."""
        found = [body for body in _bodies(channels) if body.name == channel]
        return found[0] if found else _body(channels, channel, None)

    return get_channel


def _configurations(channels: Channels, database: Database) -> HTTPRouteHandler:
    @get(
        "/v1/channels/{channel:str}/configurations",
        opt={"permission": READ, REFUSES: [NoSuchChannel]},
        tags=["Channels"],
    )
    async def list_configurations(channel: ChannelName, limit: Limit = 50) -> list[ConfigurationBody]:
        """List configurations of a channel. Newest first: who proposed and who approved each; no secrets."""
        async with database.transaction() as tx:
            found = await channels.configurations(tx, channel, limit=limit)
        if not found:
            raise NoSuchChannel(f"There is no channel {channel[:32]!r}.", field="channel")
        return [configuration_body(each) for each in found]

    return list_configurations


def _exchanges(channels: Channels, database: Database) -> HTTPRouteHandler:
    @get("/v1/exchanges", opt={"permission": READ}, tags=["Channels"])
    async def list_exchanges(
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        number: Number = None,
        channel: OfChannel = None,
        kind: OfKind = None,
        exchange_state: InState = None,
        since: Since = None,
        until: Until = None,
    ) -> Page[ExchangeBody]:
        """List exchanges. What was said to and by channels, masked, newest first: about one attempt or payout, or all."""
        wanted = ExchangeFilter(
            numbers=None if number is None else [number],
            channel=channel,
            kind=kind,
            state=exchange_state,
            since=read_moment(since, field="since"),
            until=read_moment(until, field="until"),
            before=id_in(cursor, prefix="exch"),
            limit=limit + 1,
        )
        async with database.transaction() as tx:
            found = await channels.exchanges(tx, wanted)
        return page_of([exchange_body(each) for each in found], limit)

    return list_exchanges


def _measures(channels: Channels, database: Database, clock: Clock) -> HTTPRouteHandler:
    @get("/v1/channels/{channel:str}/measures", opt={"permission": READ}, tags=["Channels"])
    async def list_measures(
        channel: ChannelName,
        hours: Annotated[int, QueryParameter(ge=1, le=168, description="How far to look back")] = 24,
    ) -> list[dict[str, Any]]:
        """List measures of a channel. How its operations went, hour by hour."""
        now = clock.now()
        async with database.transaction() as tx:
            found = await channels.measures(
                tx, since=now - timedelta(hours=hours), until=now, channel=channel
            )
        return [
            {
                "operation": each.operation,
                "hour": each.hour,
                "calls": each.calls,
                "by_state": each.by_state,
                "by_error": each.by_error,
                "latency": list(each.latency),
            }
            for each in found
        ]

    return list_measures


def _propose(channels: Channels, database: Database) -> HTTPRouteHandler:
    @post(
        "/v1/channels/{channel:str}/proposals",
        opt={"permission": CHANGE, REFUSES: [ConnectorRefused]},
        tags=["Channels"],
        responses={
            201: ResponseSpec(
                ConfigurationProposalBody, description="The proposal, which waits for somebody else"
            )
        },
    )
    async def propose_configuration(
        request: AnyRequest, channel: ChannelName, data: JSONBody[ProposeConfigurationRequest]
    ) -> ConfigurationProposalBody:
        """Propose how a channel shall be spoken to. Its credentials are sealed at once; somebody else has to approve."""
        async with database.transaction() as tx:
            proposal = await channels.propose(
                tx,
                channel,
                connector=data.connector,
                settings=data.settings,
                credentials=data.credentials,
                keep=data.keep_credentials,
                note=data.note,
                by=caller_of(request).actor,
            )
        return proposal_body(proposal)

    return propose_configuration


def _proposals(channels: Channels, database: Database) -> HTTPRouteHandler:
    @get("/v1/channel_proposals", opt={"permission": READ}, tags=["Channels"])
    async def list_proposals(
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        proposal_state: Annotated[
            ProposalState | None, QueryParameter(name="state", description="Only those that are so")
        ] = None,
    ) -> Page[ConfigurationProposalBody]:
        """List proposals about channels. Newest first; what they would tell a channel stays sealed."""
        before = id_in(cursor, prefix="prop")
        async with database.transaction() as tx:
            found = await channels.proposals(tx, state=proposal_state, before=before, limit=limit + 1)
        return page_of([proposal_body(each) for each in found], limit)

    return list_proposals


def _proposed(channels: Channels, database: Database) -> HTTPRouteHandler:
    @get(
        "/v1/channel_proposals/{proposal_id:str}",
        opt={"permission": READ, REFUSES: [NoSuchProposal]},
        tags=["Channels"],
    )
    async def get_proposal(proposal_id: ProposalId) -> ProposedBody:
        """Get a proposal about a channel. What it would change, as things are now: to be read before it is approved."""
        proposal_id = check_id(proposal_id, prefix="prop", field="proposal_id")
        async with database.transaction() as tx:
            return proposed_body(*await channels.look_at(tx, proposal_id))

    return get_proposal


def _decide(channels: Channels, database: Database) -> HTTPRouteHandler:
    @post(
        "/v1/channel_proposals/{proposal_id:str}/decision",
        status_code=200,
        opt={
            "permission": APPROVE,
            REFUSES: [
                *REFUSED,
                ProposalOvertaken,
                ChannelExists,
                ConnectorRefused,
            ],
        },
        tags=["Channels"],
        responses={200: ResponseSpec(DecidedBody, description="What came of it")},
    )
    async def decide_about_configuration(
        request: AnyRequest, proposal_id: ProposalId, data: JSONBody[DecideRequest]
    ) -> DecidedBody:
        """Approve or refuse what somebody else proposed. Approved, every process speaks so within seconds."""
        proposal_id = check_id(proposal_id, prefix="prop", field="proposal_id")
        decide = channels.approve if data.approve else channels.refuse
        async with database.transaction() as tx:
            number = await decide(
                tx, proposal_id, by=caller_of(request).actor, note=data.note, digest=data.digest
            )
        return DecidedBody(proposal_id=proposal_id, approved=data.approve, configuration=number)

    return decide_about_configuration


def _probe(channels: Channels) -> HTTPRouteHandler:
    @post(
        "/v1/channels/{channel:str}/probe",
        status_code=200,
        opt={"permission": CHANGE, REFUSES: [NoSuchChannel, NotOffered, ChannelBusy]},
        tags=["Channels"],
        responses={200: ResponseSpec(ProbedBody, description="What the channel answered")},
    )
    async def probe_channel(channel: ChannelName) -> ProbedBody:
        """Probe a channel. Something harmless is asked now: does it answer, and does it believe us?"""
        outcome = await channels.probe(channel)
        if outcome is None:
            raise NotOffered(f"{channel} has nothing harmless that could be asked.", field="channel")
        return ProbedBody(
            state=outcome.state, error_class=outcome.error_class, code=outcome.code, message=outcome.message
        )

    return probe_channel


def _bodies(channels: Channels) -> list[ChannelBody]:
    """Every channel in alphabetical order, also those that cannot be used."""
    names, troubles = channels.names(), {trouble.channel: trouble for trouble in channels.troubles()}
    return [
        _body(channels, name, troubles.get(name)) if name in names else unusable_channel_body(troubles[name])
        for name in sorted({*names, *troubles})
    ]


def _body(channels: Channels, name: str, trouble: Trouble | None) -> ChannelBody:
    return channel_body(
        channels.configuration(name),
        channels.capabilities(name),
        simulated=channels.moves_no_real_money(name),
        certificates=channels.certificates(name),
        trouble=trouble,
    )
