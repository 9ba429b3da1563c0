"""How does a process ask the sources of verification? By wires like those to channels; what is about a card goes by the vault."""

from tael.channels.errors import NoAnswer
from tael.channels.transport import Transport, VaultDoor
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database
from tael.foundation.personal import Personal
from tael.foundation.vouching import Voucher
from tael.foundation.wire import HttpRequest, HttpResponse
from tael.verification.api import Send, Silence, SourceFolder, Verification
from tael.verification.http import NOTICES
from tael.verification.model import SourceName

LONGEST_SECONDS = 30.0
"""As long as any source may take; each says itself how long it has."""


def wires_to_sources(settings: Settings, clock: Clock) -> Transport:
    """Connections to the sources, none of them open yet."""
    voucher = Voucher(settings.vault_key_file, clock, mode=settings.mode)
    return Transport(timeout_seconds=LONGEST_SECONDS, vault=VaultDoor(settings.vault_door_url, voucher))


def sending_by(wires: Transport) -> Send:
    """Sends each message once, over the wire of its source; that of the vault knows it as `verification.<source>`."""

    async def send(
        source: SourceName, request: HttpRequest, timeout_seconds: float
    ) -> HttpResponse | Silence:
        try:
            return await wires.of(wire_of(source)).send(request, timeout_seconds=timeout_seconds)
        except NoAnswer as error:
            return Silence(str(error))

    return send


def wire_of(source: SourceName) -> str:
    """By which name the vault knows where a source's messages go: `tael vault allow verification.bank_card https://…`."""
    return f"verification.{source}"


def make_verification(
    settings: Settings,
    database: Database,
    clock: Clock,
    personal: Personal,
    rules: DatedRules,
    *,
    wires: Transport,
) -> Verification:
    """The sources of an installation; they are known by the files in its folder."""
    return Verification(
        database,
        clock,
        personal,
        rules,
        sources=SourceFolder(settings.verification_home),
        send=sending_by(wires),
        notices_url=f"{settings.notices_url}{NOTICES}",
    )
