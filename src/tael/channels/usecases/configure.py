"""How does a channel come to be, and how do its settings and secrets change? Proposed by one, approved by another."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from tael.channels import store
from tael.channels.errors import ChannelExists, NoSuchChannel, ProposalOvertaken, TakesTwo
from tael.channels.model import Proposed, SealedConfiguration
from tael.channels.usecases.equipment import (
    Equipment,
    equip_anew,
    equip_from,
    open_credentials,
    seal_credentials,
)
from tael.foundation import audit, proposals
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.proposals import Proposal
from tael.foundation.sealing import Sealer

KIND = "channels.configuration"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel shall be spoken to: the content of a proposal. The credentials in it are sealed."""

    connector: str
    settings: Mapping[str, Any]
    sealed: bytes
    replaces: int
    """The channel's newest configuration when this was written; 0 if there was none."""


async def propose(
    tx: Transaction,
    channel: str,
    *,
    connector: str,
    settings: Mapping[str, Any],
    credentials: Mapping[str, str],
    keep: bool,
    note: str,
    by: str,
    sealer: Sealer,
    now: datetime,
) -> Proposal:
    """Write down how a channel shall be spoken to from now on; refuses `ConnectorRefused` before anybody is asked.

    keep   whether credentials that are not named stay as they are
    """
    _check_name(channel)
    in_use = await store.newest_configuration(tx, channel)
    if keep and in_use is not None and in_use.connector == connector:
        credentials = {**open_credentials(sealer, channel, in_use.sealed), **credentials}
    equip_anew(connector, settings, credentials)
    wanted = Wanted(
        connector=connector,
        settings=settings,
        sealed=seal_credentials(sealer, channel, credentials),
        replaces=_number(in_use),
    )
    proposal = await proposals.propose(
        tx, kind=KIND, subject=channel, content=msgspec.json.encode(wanted), note=note, by=by, now=now
    )
    await audit.record(tx, [_trail("channels.propose_configuration", channel, by, now)])
    return proposal


async def look(
    tx: Transaction, proposal_id: str, *, sealer: Sealer, now: datetime
) -> tuple[Proposal, Proposed]:
    """A proposal, and what it would change as things are today; refuses `NoSuchProposal`."""
    proposal = await proposals.get(tx, proposal_id, now=now, kind=KIND)
    channel, wanted = proposal.subject, msgspec.json.decode(proposal.content, type=Wanted)
    before = await store.newest_configuration(tx, channel)
    replaced = _what_is_in_use(sealer, before)
    equipment, trouble = _what_comes_of(channel, wanted, sealer)
    return proposal, Proposed(
        channel=channel,
        connector=wanted.connector,
        replaces=wanted.replaces,
        overtaken=_number(before) != wanted.replaces,
        settings_before=before.settings if before is not None else {},
        settings=wanted.settings,
        credentials_changed=_changed(
            _opened(sealer, channel, before.sealed if before is not None else None),
            _opened(sealer, channel, wanted.sealed),
        ),
        credentials_known_before=replaced.known if replaced is not None else {},
        credentials_known=equipment.known if equipment is not None else {},
        addresses_before=replaced.addresses if replaced is not None else (),
        addresses=equipment.addresses if equipment is not None else (),
        simulated=equipment is not None and equipment.simulated,
        certificates=equipment.certificates if equipment is not None else (),
        trouble=trouble,
    )


async def decide(
    tx: Transaction,
    proposal_id: str,
    *,
    approve: bool,
    by: str,
    note: str,
    digest: str | None,
    sealer: Sealer,
    now: datetime,
) -> int | None:
    """Let what was proposed be so, everywhere within seconds, or not; gives the configuration's number if it is.

    Refuses `ProposalOvertaken` if the channel was told something else since, and `ConnectorRefused` if what was proposed
    cannot be used today. Then nothing is decided.
    """
    proposal = await proposals.decide(
        tx, proposal_id, approve=approve, by=by, note=note, digest=digest, now=now, kind=KIND
    )
    if not approve:
        await audit.record(tx, [_trail("channels.refuse_configuration", proposal.subject, by, now)])
        return None
    channel, wanted = proposal.subject, msgspec.json.decode(proposal.content, type=Wanted)
    equip_anew(wanted.connector, wanted.settings, open_credentials(sealer, channel, wanted.sealed))
    newest = _number(await _locked(tx, channel, wanted.connector, now=now))
    if newest != wanted.replaces:
        raise ProposalOvertaken(
            f"{channel} is at configuration {newest}; this was proposed when it was at {wanted.replaces}.",
            hint="Refuse it, and propose again what is still wanted of it.",
        )
    return await _write(tx, channel, wanted, proposed_by=proposal.proposed_by, approved_by=by, now=now)


async def install(
    tx: Transaction,
    channel: str,
    *,
    connector: str,
    settings: Mapping[str, Any],
    credentials: Mapping[str, str],
    by: str,
    sealer: Sealer,
    now: datetime,
) -> int:
    """Set up a channel that moves no real money, without a second person; refuses `TakesTwo` if it does, or did so far."""
    _check_name(channel)
    if not equip_anew(connector, settings, credentials).simulated:
        raise _takes_two(f"{channel} could move real money: what it is told takes two people.")
    in_use = await _locked(tx, channel, connector, now=now)
    if in_use is not None and not _is_simulated(sealer, in_use):
        raise _takes_two(f"{channel} moves real money now: taking it away from there takes two people.")
    wanted = Wanted(
        connector=connector,
        settings=settings,
        sealed=seal_credentials(sealer, channel, credentials),
        replaces=_number(in_use),
    )
    return await _write(tx, channel, wanted, proposed_by=by, approved_by=by, now=now)


def _check_name(channel: str) -> None:
    if not _NAME.fullmatch(channel):
        raise Malformed(
            f"{channel[:40]!r} is no name for a channel.",
            field="channel",
            hint="Small letters, digits and _, 2 to 32 of them, a letter first.",
        )


async def _locked(
    tx: Transaction, channel: str, connector: str, *, now: datetime
) -> SealedConfiguration | None:
    """The channel's newest configuration, which stays the newest until the end of the transaction."""
    await store.insert_channel(tx, name=channel, connector=connector, created_at=now)
    kept = await store.lock_channel(tx, channel)
    if kept is None:
        raise NoSuchChannel(f"There is no channel {channel}.", field="channel")
    if kept != connector:
        raise ChannelExists(
            f"The channel {channel} speaks through {kept}, and cannot change to {connector}.",
            field="connector",
            hint="Give the new one another name.",
        )
    return await store.newest_configuration(tx, channel)


async def _write(
    tx: Transaction, channel: str, wanted: Wanted, *, proposed_by: str, approved_by: str, now: datetime
) -> int:
    number = await store.insert_configuration(
        tx,
        channel=channel,
        settings=wanted.settings,
        sealed=wanted.sealed,
        proposed_by=proposed_by,
        approved_by=approved_by,
        active_from=now,
    )
    await audit.record(tx, [_trail("channels.configure", f"{channel} {number}", approved_by, now)])
    return number


def _number(in_use: SealedConfiguration | None) -> int:
    return in_use.number if in_use is not None else 0


def _is_simulated(sealer: Sealer, in_use: SealedConfiguration) -> bool:
    """Of what cannot be opened or used any more nobody knows, so it is not."""
    equipment = _what_is_in_use(sealer, in_use)
    return equipment is not None and equipment.simulated


def _what_is_in_use(sealer: Sealer, in_use: SealedConfiguration | None) -> Equipment | None:
    try:
        return equip_from(sealer, in_use) if in_use is not None else None
    except Refusal:
        return None


def _what_comes_of(channel: str, wanted: Wanted, sealer: Sealer) -> tuple[Equipment | None, str | None]:
    try:
        credentials = open_credentials(sealer, channel, wanted.sealed)
        return equip_anew(wanted.connector, wanted.settings, credentials), None
    except Refusal as refusal:
        return None, refusal.message


def _opened(sealer: Sealer, channel: str, sealed: bytes | None) -> Mapping[str, str]:
    try:
        return open_credentials(sealer, channel, sealed) if sealed is not None else {}
    except Refusal:
        return {}


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _takes_two(message: str) -> TakesTwo:
    return TakesTwo(message, hint="Propose it (`tael channels propose`), and let somebody else approve it.")


def _trail(action: str, object_id: str, actor: str, now: datetime) -> AuditEvent:
    return AuditEvent(happened_at=now, actor=actor, action=action, object_id=object_id, result="done")
