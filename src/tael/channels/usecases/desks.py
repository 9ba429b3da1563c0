"""Which channels are in use here? Each with its connector, made from its newest configuration."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog

from tael.channels.conversations import Signer
from tael.channels.errors import ConnectorRefused, NoSuchChannel
from tael.channels.model import Configuration, SealedConfiguration
from tael.channels.port import Connector, ConnectorKind
from tael.channels.registry import KEYRINGS, connector_kinds
from tael.channels.rules import moves_no_real_money
from tael.channels.signer import SealedSigner
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.errors import Refusal
from tael.foundation.sealing import Sealer

log = structlog.get_logger("tael.channels")


class Desk(msgspec.Struct, kw_only=True, eq=False):
    """A channel as this process speaks to it."""

    configuration: Configuration
    connector: Connector
    simulated: bool
    """Whether it moves no real money: every address that it is told lies in our own network."""
    signer: Signer | None = None
    turns: asyncio.Semaphore
    """How many calls more may be under way."""


class Desks:
    """All channels of this process."""

    def __init__(self, database: Database, clock: Clock, sealer: Sealer, *, calls_at_once: int) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._calls_at_once = calls_at_once
        self._desks: dict[str, Desk] = {}

    def names(self) -> list[str]:
        """In alphabetical order."""
        return sorted(self._desks)

    def get(self, channel: str) -> Desk:
        """One of them; refuses `NoSuchChannel`."""
        try:
            return self._desks[channel]
        except KeyError:
            offered = ", ".join(self.names()) or "none"
            raise NoSuchChannel(
                f"The channel {channel[:32]!r} is not offered here.",
                field="channel",
                hint=f"Offered: {offered}.",
            ) from None

    def numbers(self) -> dict[str, int]:
        """Which configuration of each channel is in use here."""
        return {name: desk.configuration.number for name, desk in self._desks.items()}

    def set_up(self, configurations: Sequence[SealedConfiguration]) -> None:
        """Use these from now on. One that cannot be used leaves its channel as it was, and is logged."""
        for given in configurations:
            known = self._desks.get(given.channel)
            if known is not None and known.configuration.number == given.number:
                continue
            try:
                credentials = open_credentials(self._sealer, given)
                connector = make_connector(given.connector, given.settings, credentials)
            except Refusal as refusal:
                log.warning("channel_unusable", channel=given.channel, reason=refusal.message)
                continue
            shown = msgspec.convert(given, Configuration, from_attributes=True)
            turns = known.turns if known is not None else asyncio.Semaphore(self._calls_at_once)
            self._desks[given.channel] = Desk(
                configuration=shown,
                connector=connector,
                simulated=moves_no_real_money({**given.settings, **credentials}),
                signer=self._signer(given, credentials),
                turns=turns,
            )

    def _signer(self, given: SealedConfiguration, credentials: Mapping[str, str]) -> Signer | None:
        """Who signs transactions, for channels that have some."""
        if given.connector not in KEYRINGS:
            return None
        typed = msgspec.convert(dict(credentials), kind_of(given.connector).credentials)
        keyring = KEYRINGS[given.connector](typed)
        if keyring is None:
            return None
        return SealedSigner(self._database, keyring, channel=given.channel, clock=self._clock)


def kind_of(connector: str) -> ConnectorKind:
    """A connector by its name; refuses `ConnectorRefused`."""
    kinds = connector_kinds()
    if connector not in kinds:
        raise ConnectorRefused(
            f"There is no connector {connector[:32]!r}.",
            field="connector",
            hint=f"There are: {', '.join(kinds)}.",
        )
    return kinds[connector]


def make_connector(connector: str, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> Connector:
    """A connector that can speak; refuses `ConnectorRefused` without telling a secret."""
    kind = kind_of(connector)
    try:
        return kind.make(
            msgspec.convert(dict(settings), kind.settings, strict=False),
            msgspec.convert(dict(credentials), kind.credentials),
        )
    except (ValueError, msgspec.ValidationError) as error:
        raise ConnectorRefused(f"{connector} cannot be used like this: {error}.", field="settings") from None


def seal_credentials(sealer: Sealer, channel: str, credentials: Mapping[str, str]) -> bytes:
    """Credentials as they are kept."""
    return sealer.seal(msgspec.json.encode(credentials), about=_about(channel))


def open_credentials(sealer: Sealer, configuration: SealedConfiguration) -> dict[str, str]:
    """Credentials as the connector needs them; raises `SealBroken`."""
    opened = sealer.open(configuration.sealed, about=_about(configuration.channel))
    return msgspec.json.decode(opened, type=dict[str, str])


def _about(channel: str) -> str:
    return f"the credentials of the channel {channel}"
