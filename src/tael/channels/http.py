"""How do those who operate channels look at them? For the internal listener only."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from tael.channels.api import Channels
from tael.channels.errors import ChannelExists, ConnectorRefused, NoSuchChannel
from tael.channels.schemas import (
    ChannelBody,
    ConfigurationBody,
    DecidedBody,
    DecideRequest,
    ExchangeBody,
    ProposalBody,
    ProposeConfigurationRequest,
    channel_body,
    configuration_body,
    exchange_body,
    proposal_body,
)
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Limit
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.proposals import (
    NoSuchProposal,
    ProposalDiffers,
    ProposalEnded,
    ProposalState,
    SameEyes,
)

AnyRequest = Request[Any, Any, Any]
READ = "channels.read"
CHANGE, APPROVE = "channels.change", "channels.approve"
ChannelName = Annotated[
    str, PathParameter(pattern=r"^[a-z][a-z0-9_]{1,31}$", description="The channel's name")
]
ProposalId = Annotated[str, PathParameter(description="`prop_` and 26 characters, as the API gave it")]
Number = Annotated[
    str,
    QueryParameter(
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Our number of an attempt or a payout: what a support clerk looks for",
    ),
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
        _decide(channels, database),
    ]


def _list(channels: Channels) -> HTTPRouteHandler:
    @get("/v1/channels", opt={"permission": READ}, tags=["Channels"])
    async def list_channels() -> list[ChannelBody]:
        """List channels. With all that each can do: the capability matrix."""
        return [_body(channels, name) for name in channels.names()]

    return list_channels


def _get(channels: Channels) -> HTTPRouteHandler:
    @get("/v1/channels/{channel:str}", opt={"permission": READ, REFUSES: [NoSuchChannel]}, tags=["Channels"])
    async def get_channel(channel: FromPath[str]) -> ChannelBody:
        """Get a channel. What it can do, and how it is spoken to."""
        return _body(channels, channel)

    return get_channel


def _configurations(channels: Channels, database: Database) -> HTTPRouteHandler:
    @get(
        "/v1/channels/{channel:str}/configurations",
        opt={"permission": READ, REFUSES: [NoSuchChannel]},
        tags=["Channels"],
    )
    async def list_configurations(channel: FromPath[str], limit: Limit = 50) -> list[ConfigurationBody]:
        """List configurations of a channel. Newest first: who proposed and who approved each; no secrets."""
        async with database.transaction() as tx:
            found = await channels.configurations(tx, channel, limit=limit)
        if not found:
            raise NoSuchChannel(f"There is no channel {channel[:32]!r}.", field="channel")
        return [configuration_body(each) for each in found]

    return list_configurations


def _exchanges(channels: Channels, database: Database) -> HTTPRouteHandler:
    @get("/v1/exchanges", opt={"permission": READ}, tags=["Channels"])
    async def list_exchanges(number: Number, limit: Limit = 50) -> list[ExchangeBody]:
        """List exchanges. All that was said to and by channels about one attempt or payout, masked, in order."""
        async with database.transaction() as tx:
            return [exchange_body(each) for each in await channels.exchanges(tx, [number], limit=limit)]

    return list_exchanges


def _measures(channels: Channels, database: Database, clock: Clock) -> HTTPRouteHandler:
    @get("/v1/channels/{channel:str}/measures", opt={"permission": READ}, tags=["Channels"])
    async def list_measures(
        channel: FromPath[str],
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
            201: ResponseSpec(ProposalBody, description="The proposal, which waits for somebody else")
        },
    )
    async def propose_configuration(
        request: AnyRequest, channel: ChannelName, data: JSONBody[ProposeConfigurationRequest]
    ) -> ProposalBody:
        """Propose how a channel shall be spoken to. Its credentials are sealed at once; somebody else has to approve."""
        async with database.transaction() as tx:
            proposal = await channels.propose(
                tx,
                channel,
                connector=data.connector,
                settings=data.settings,
                credentials=data.credentials,
                note=data.note,
                by=caller_of(request).actor,
            )
        return proposal_body(proposal)

    return propose_configuration


def _proposals(channels: Channels, database: Database) -> HTTPRouteHandler:
    @get("/v1/channel_proposals", opt={"permission": READ}, tags=["Channels"])
    async def list_proposals(
        limit: Limit = 50,
        proposal_state: Annotated[
            ProposalState | None, QueryParameter(name="state", description="Only those that are so")
        ] = None,
    ) -> list[ProposalBody]:
        """List proposals about channels. Newest first; what they would tell a channel stays sealed."""
        async with database.transaction() as tx:
            found = await channels.proposals(tx, state=proposal_state, limit=limit)
        return [proposal_body(each) for each in found]

    return list_proposals


def _decide(channels: Channels, database: Database) -> HTTPRouteHandler:
    @post(
        "/v1/channel_proposals/{proposal_id:str}/decision",
        status_code=200,
        opt={
            "permission": APPROVE,
            REFUSES: [NoSuchProposal, SameEyes, ProposalEnded, ProposalDiffers, ChannelExists],
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


def _body(channels: Channels, name: str) -> ChannelBody:
    return channel_body(
        channels.configuration(name),
        channels.capabilities(name),
        simulated=channels.moves_no_real_money(name),
    )
