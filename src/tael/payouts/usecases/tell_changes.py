"""How do others hear what became of a payout? By one fact, and one line in the audit trail."""

from datetime import datetime
from typing import TypedDict

from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.payouts.events import PayoutFailed, PayoutReturned, PayoutSucceeded
from tael.payouts.model import Payout
from tael.payouts.rules import Fact


class _Common(TypedDict):
    """What every fact about a payout says."""

    object_id: str
    happened_at: datetime
    owner: str
    purpose: str
    reference: str
    amount_minor: int
    currency: str


async def tell(
    tx: Transaction, payout: Payout, fact: Fact, *, channel: str, nth: int, now: datetime, source: str
) -> None:
    """Tell of an end. `nth`: how often the channel had contradicted itself."""
    await outbox.publish(tx, [_event(payout, fact, channel=channel, nth=nth, now=now)])
    line = AuditEvent(
        happened_at=now,
        actor=source,
        action="payouts.record_outcome",
        object_id=payout.id,
        result=str(payout.state),
    )
    await audit.record(tx, [line])


def _event(
    payout: Payout, fact: Fact, *, channel: str, nth: int, now: datetime
) -> PayoutSucceeded | PayoutFailed | PayoutReturned:
    common = _Common(
        object_id=payout.id,
        happened_at=now,
        owner=payout.owner,
        purpose=payout.purpose,
        reference=payout.reference,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
    )
    reason = payout.reason or ""
    match fact:
        case Fact.SUCCEEDED:
            return PayoutSucceeded(**common, channel=channel)
        case Fact.FAILED:
            return PayoutFailed(**common, reason=reason)
        case Fact.RETURNED:
            return PayoutReturned(**common, reason=reason, nth=nth)
