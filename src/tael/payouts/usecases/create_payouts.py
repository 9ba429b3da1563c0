"""Create payouts: another context's wish is written down in its own transaction; no channel is called and no money moves."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.sealing import Sealer
from tael.payouts import rules, store
from tael.payouts.errors import PayoutDiffers
from tael.payouts.model import Destination, NewPayout, Payout, PayoutState

HEAD_START = timedelta(seconds=5)
"""Whoever made a payout may send it at once; after this long the janitor does."""
_SAME = ("owner", "purpose", "reference", "amount_minor", "currency", "account_kind", "shown", "funded_by")


async def create_payouts(
    tx: Transaction, wanted: Sequence[NewPayout], *, sealer: Sealer, now: datetime
) -> list[Payout | Refusal]:
    """Each payout as it was written, now or before; refuses `PayoutMalformed`, `PayoutDiffers`."""
    refusals = [rules.why_malformed(each) for each in wanted]
    made = {
        each.id: _payout(each, sealer=sealer, now=now)
        for each, refusal in zip(wanted, refusals, strict=True)
        if refusal is None
    }
    await store.insert(tx, list(made.values()))
    written = await store.find(tx, made)
    return [
        refusal or _same_or_refusal(made[each.id], written[each.id])
        for each, refusal in zip(wanted, refusals, strict=True)
    ]


def destination_of(sealer: Sealer, payout: Payout) -> Destination:
    """Where a payout goes; raises `SealBroken`."""
    return msgspec.json.decode(sealer.open(payout.payee_sealed, about=about(payout.id)), type=Destination)


def about(payout_id: str) -> str:
    """What a sealed destination is bound to."""
    return f"the payee of {payout_id}"


def _payout(wanted: NewPayout, *, sealer: Sealer, now: datetime) -> Payout:
    return Payout(
        id=wanted.id,
        owner=wanted.owner,
        purpose=wanted.purpose,
        reference=wanted.reference,
        amount_minor=wanted.amount.minor,
        currency=wanted.amount.currency,
        account_kind=wanted.to.kind,
        payee_sealed=sealer.seal(msgspec.json.encode(wanted.to), about=about(wanted.id)),
        shown=wanted.shown,
        statement=wanted.statement,
        funded_by=wanted.funded_by,
        state=PayoutState.CREATED,
        legs=0,
        paid_by=None,
        reason=None,
        error_class=None,
        created_at=now,
        ended_at=None,
        waits=0,
        next_leg_at=now + HEAD_START,
    )


def _same_or_refusal(wanted: Payout, written: Payout) -> Payout | PayoutDiffers:
    if all(getattr(wanted, field) == getattr(written, field) for field in _SAME):
        return written
    return PayoutDiffers(f"{written.id} was made before, and is another payout.", field="id")
