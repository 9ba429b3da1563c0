"""Which channels are in use here? Each with its connector, made from its newest configuration."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import structlog

from tael.channels.conversations import Signer
from tael.channels.errors import NoSuchChannel
from tael.channels.model import CertificateInUse, Configuration, SealedConfiguration, Trouble
from tael.channels.port import Connector
from tael.channels.signer import SealedSigner
from tael.channels.usecases.equipment import equip_from
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.errors import Refusal
from tael.foundation.sealing import Sealer
from tael.foundation.telemetry import CERTIFICATE_ENDS

log = structlog.get_logger("tael.channels")

TRY_AGAIN = timedelta(seconds=60)
"""After this long a configuration that could not be used is tried once more: a key file may have come back."""


class Desk(msgspec.Struct, kw_only=True, eq=False):
    """A channel as this process speaks to it."""

    configuration: Configuration
    connector: Connector
    simulated: bool
    """Whether it moves no real money: it can reach nobody but this machine."""
    certificates: tuple[CertificateInUse, ...] = ()
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
        self._troubles: dict[str, Trouble] = {}

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
                hint="What it is told cannot be used; operations see why."
                if channel in self._troubles
                else f"Offered: {offered}.",
            ) from None

    def troubles(self) -> list[Trouble]:
        """What keeps newest configurations from being used here, by channel in alphabetical order."""
        return [trouble for _, trouble in sorted(self._troubles.items())]

    def numbers(self) -> dict[str, int]:
        """Which configuration of each channel was tried here; not those that are to be tried again now."""
        until = self._clock.now() - TRY_AGAIN
        tried = {name: trouble.number for name, trouble in self._troubles.items() if trouble.tried_at > until}
        return {name: desk.configuration.number for name, desk in self._desks.items()} | tried

    def set_up(self, configurations: Sequence[SealedConfiguration]) -> bool:
        """Use these from now on; whether anything is other than before.

        One that cannot be used leaves its channel as it was, and all others alone; `troubles` says why.
        """
        tried = self.numbers()
        done = [self._try(given) for given in configurations if tried.get(given.channel) != given.number]
        return any(done)

    def _try(self, given: SealedConfiguration) -> bool:
        try:
            desk = self._make(given)
        except Refusal as refusal:
            reason = refusal.message
        except (
            Exception
        ) as error:  # whatever is wrong with one channel, the others have to be kept up to date
            log.exception("channel_unusable", channel=given.channel)
            reason = f"It cannot be set up: {type(error).__name__}."
        else:
            self._desks[given.channel] = desk
            self._troubles.pop(given.channel, None)
            return True
        before = self._troubles.get(given.channel)
        self._troubles[given.channel] = Trouble(
            channel=given.channel,
            connector=given.connector,
            number=given.number,
            reason=reason,
            tried_at=self._clock.now(),
        )
        if before is None or (before.number, before.reason) != (given.number, reason):
            log.error("channel_unusable", channel=given.channel, configuration=given.number, reason=reason)
        return False

    def _make(self, given: SealedConfiguration) -> Desk:
        equipment = equip_from(self._sealer, given)
        known = self._desks.get(given.channel)
        signer = (
            SealedSigner(self._database, equipment.keyring, channel=given.channel, clock=self._clock)
            if equipment.keyring is not None
            else None
        )
        if equipment.certificates or (known is not None and known.certificates):
            ends = [each.ends_at.timestamp() for each in equipment.certificates]
            CERTIFICATE_ENDS.labels(given.channel).set(min(ends, default=float("inf")))
        return Desk(
            configuration=msgspec.convert(given, Configuration, from_attributes=True),
            connector=equipment.connector,
            simulated=equipment.simulated,
            certificates=equipment.certificates,
            signer=signer,
            turns=known.turns if known is not None else asyncio.Semaphore(self._calls_at_once),
        )
