"""How does a channel come to be, and how do its settings and secrets change? Proposed by one, approved by another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from tael.channels import rules, store
from tael.channels.errors import ChannelExists, NoSuchChannel, TakesTwo
from tael.channels.usecases.desks import kind_of, make_connector, seal_credentials
from tael.foundation import audit, proposals
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.proposals import Proposal
from tael.foundation.sealing import Sealer

KIND = "channels.configuration"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel shall be spoken to: the content of a proposal. The credentials in it are sealed."""

    connector: str
    settings: Mapping[str, Any]
    sealed: bytes


async def propose(
    tx: Transaction,
    channel: str,
    *,
    connector: str,
    settings: Mapping[str, Any],
    credentials: Mapping[str, str],
    note: str,
    by: str,
    sealer: Sealer,
    now: datetime,
) -> Proposal:
    """Write down how a channel shall be spoken to from now on; refuses `ConnectorRefused` before anybody is asked."""
    make_connector(connector, settings, credentials)
    wanted = Wanted(
        connector=connector, settings=settings, sealed=seal_credentials(sealer, channel, credentials)
    )
    proposal = await proposals.propose(
        tx, kind=KIND, subject=channel, content=msgspec.json.encode(wanted), note=note, by=by, now=now
    )
    await audit.record(tx, [_trail("channels.propose_configuration", channel, by, now)])
    return proposal


async def decide(
    tx: Transaction,
    proposal_id: str,
    *,
    approve: bool,
    by: str,
    note: str,
    digest: str | None,
    now: datetime,
) -> int | None:
    """Let what was proposed be so, everywhere within seconds, or not; gives the configuration's number if it is."""
    proposal = await proposals.decide(
        tx, proposal_id, approve=approve, by=by, note=note, digest=digest, now=now, kind=KIND
    )
    if not approve:
        await audit.record(tx, [_trail("channels.refuse_configuration", proposal.subject, by, now)])
        return None
    wanted = msgspec.json.decode(proposal.content, type=Wanted)
    return await _write(
        tx, proposal.subject, wanted, proposed_by=proposal.proposed_by, approved_by=by, now=now
    )


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
    """Set up a channel that moves no real money, without a second person; refuses `TakesTwo` for any other."""
    if not rules.moves_no_real_money({**settings, **credentials}):
        raise TakesTwo(
            f"{channel} could move real money: what it is told takes two people.",
            hint="Propose it (`tael channels propose`), and let somebody else approve it.",
        )
    make_connector(connector, settings, credentials)
    wanted = Wanted(
        connector=connector, settings=settings, sealed=seal_credentials(sealer, channel, credentials)
    )
    return await _write(tx, channel, wanted, proposed_by=by, approved_by=by, now=now)


async def _write(
    tx: Transaction, channel: str, wanted: Wanted, *, proposed_by: str, approved_by: str, now: datetime
) -> int:
    kind_of(wanted.connector)
    await store.insert_channel(tx, name=channel, connector=wanted.connector, created_at=now)
    kept = await store.lock_channel(tx, channel)
    if kept is None:
        raise NoSuchChannel(f"There is no channel {channel}.", field="channel")
    if kept != wanted.connector:
        raise ChannelExists(
            f"The channel {channel} speaks through {kept}, and cannot change to {wanted.connector}.",
            field="connector",
            hint="Give the new one another name.",
        )
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


def _trail(action: str, object_id: str, actor: str, now: datetime) -> AuditEvent:
    return AuditEvent(happened_at=now, actor=actor, action=action, object_id=object_id, result="done")
