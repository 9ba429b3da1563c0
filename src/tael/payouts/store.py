"""Where do payouts lie? The context's only SQL: many rows in, many rows out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, columns, queries
from tael.foundation.resealing import SealedColumn
from tael.payouts.model import Leg, Payout, PayoutFilter

SQL = queries("tael.payouts")
SEALED = (SealedColumn(place="payouts.payouts", field="payee_sealed", about="the payee of {id}"),)
"""What is sealed anew when the keys change."""


async def insert(tx: Transaction, payouts: Sequence[Payout]) -> None:
    """Write new payouts; those that are there stay as they are."""
    if payouts:
        await tx.run(
            SQL.insert_payouts,
            **columns(
                payouts,
                "id owner purpose reference amount_minor currency account_kind payee_sealed shown statement "
                "funded_by created_at next_leg_at",
            ),
        )


async def find(tx: Transaction, ids: Iterable[str]) -> dict[str, Payout]:
    """The payouts as they stand."""
    return {each.id: each for each in await tx.rows(SQL.find_payouts, Payout, ids=list(ids))}


async def lock(tx: Transaction, ids: Iterable[str]) -> dict[str, Payout]:
    """The payouts, locked with their legs until the transaction ends."""
    return {each.id: each for each in await tx.rows(SQL.lock_payouts, Payout, ids=list(ids))}


async def update(tx: Transaction, payouts: Sequence[Payout]) -> None:
    """Write what changed; each payout at most once per call."""
    if payouts:
        await tx.run(
            SQL.update_payouts,
            **columns(payouts, "id state legs paid_by reason error_class ended_at waits next_leg_at"),
        )


async def legs_of(tx: Transaction, ids: Iterable[str]) -> dict[str, list[Leg]]:
    """The legs of each payout, oldest first."""
    grouped: dict[str, list[Leg]] = {id: [] for id in ids}
    for leg in await tx.rows(SQL.legs_of, Leg, ids=list(grouped)):
        grouped[leg.payout_id].append(leg)
    return grouped


async def insert_legs(tx: Transaction, legs: Sequence[Leg]) -> None:
    """Write new legs."""
    if legs:
        await tx.run(SQL.insert_legs, **columns(legs, "payout_id nth channel state begun_at next_inquiry_at"))


async def update_legs(tx: Transaction, legs: Sequence[Leg]) -> None:
    """Write what changed; each leg at most once per call."""
    if legs:
        await tx.run(
            SQL.update_legs,
            **columns(
                legs,
                "payout_id nth state channel_reference channel_code error_class ended_at inquiries next_inquiry_at "
                "doubted_at reversals unowed",
            ),
        )


async def channels_with_work(tx: Transaction, *, now: datetime) -> list[str]:
    """The channels that are to be asked about something."""
    return [channel for (channel,) in await tx.tuples(SQL.channels_with_legs_due, now=now)]


async def claim_due_legs(
    tx: Transaction, channel: str, *, now: datetime, lease_until: datetime, limit: int
) -> list[tuple[str, int]]:
    """Payout and number of the legs to ask about, taken from other janitors until `lease_until`."""
    claimed = await tx.tuples(
        SQL.claim_due_legs, channel=channel, now=now, lease_until=lease_until, limit=limit
    )
    return [(id, nth) for id, nth in claimed]


async def to_begin(tx: Transaction, *, now: datetime, limit: int) -> list[str]:
    """Ids of payouts for which a channel is to be sought."""
    return [id for (id,) in await tx.tuples(SQL.payouts_to_begin, now=now, limit=limit)]


async def payees_of(tx: Transaction, owner: str) -> list[str]:
    """Ids of an owner's payouts that have ended and name somebody."""
    return [id for (id,) in await tx.tuples(SQL.payees_of, owner=owner)]


async def forget_payees(tx: Transaction, sealed: Mapping[str, bytes]) -> None:
    """Name nobody there any more: by payout, what stands in the place of the destination."""
    await tx.run(SQL.forget_payees, ids=list(sealed), sealed=list(sealed.values()))


async def page(tx: Transaction, wanted: PayoutFilter) -> list[Payout]:
    """One page of payouts, newest first."""
    await tx.plan_for_what_is_asked()
    listing = SQL.list_payouts if wanted.channel is None else SQL.list_payouts_of_channel
    return await tx.rows(listing, Payout, **msgspec.structs.asdict(wanted))
