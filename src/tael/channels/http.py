"""How do those who operate channels look at them? For the internal listener only."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from tael.channels.api import Channels
from tael.channels.errors import NoSuchChannel
from tael.channels.schemas import (
    ChannelBody,
    ConfigurationBody,
    ExchangeBody,
    channel_body,
    configuration_body,
    exchange_body,
)
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Limit

AnyRequest = Request[Any, Any, Any]
READ = "channels.read"
ChannelName = Annotated[str, FromPath]
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


def _body(channels: Channels, name: str) -> ChannelBody:
    return channel_body(
        channels.configuration(name),
        channels.capabilities(name),
        simulated=channels.moves_no_real_money(name),
    )
