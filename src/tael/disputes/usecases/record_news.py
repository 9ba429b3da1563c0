"""Record news: the one way in which a notice, an answer or an inquiry changes a dispute, the money and the books."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from tael.channels.port import Dispute as DisputeSaid
from tael.disputes import rules, store
from tael.disputes.events import DisputeEvent, DisputeLost, DisputeOpened, DisputeUpdated, DisputeWon
from tael.disputes.model import Dispute, DisputeState, MoneyState, News
from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.payments.api import DisputedMoney
from tael.payments.model import DisputeBooking, DisputeHolding, Payment

log = structlog.get_logger("tael.disputes")

_LOST = (DisputeState.LOST, DisputeState.ACCEPTED)


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """News of a dispute, from whom, and which payment it is about, as far as that is known."""

    channel: str
    number: str
    news: News
    source: str
    payment_id: str | None = None
    attempt_id: str | None = None


def news_of(said: DisputeSaid, *, asked_at: datetime | None) -> News:
    """What a channel's outcome says, as news."""
    return News(
        state=said.state,
        warning=said.warning,
        amount_minor=said.amount.minor,
        currency=said.amount.currency,
        reason=said.reason,
        respond_by=said.respond_by,
        asked_at=asked_at,
    )


async def record_news(tx: Transaction, heard: Heard, *, money: DisputedMoney, now: datetime) -> Dispute:
    """The dispute after the news. The payment is locked first, then the dispute, last the books."""
    known = await store.by_number(tx, heard.channel, heard.number)
    payment_id = known.payment_id if known is not None and known.payment_id else heard.payment_id
    payments = await money.lock(tx, [payment_id] if payment_id else [])
    id, new = await store.insert_if_new(
        tx, id=new_id("dsp"), channel=heard.channel, number=heard.number, news=heard.news, now=now
    )
    before = (await store.lock(tx, [id]))[id]
    found = before.payment_id is None and payment_id is not None
    after = before
    if found and payment_id is not None:
        after = msgspec.structs.replace(
            before,
            payment_id=payment_id,
            attempt_id=heard.attempt_id,
            merchant_id=payments[payment_id].merchant_id,
        )
    after = rules.hear(after, heard.news, now=now)
    payment = payments.get(after.payment_id or "")
    if payment is not None:
        after = await _move(tx, after, payment, money, now)
    await store.update(tx, after)
    await outbox.publish(tx, facts_of(before, after, opened=found, now=now))
    if new or rules.changes_of(before, after):
        await audit.record(tx, [_trail(heard, after, now)])
    return after


async def _move(
    tx: Transaction, dispute: Dispute, payment: Payment, money: DisputedMoney, now: datetime
) -> Dispute:
    """The money follows, once what was paid is in the books."""
    moves = rules.moves_to_make(dispute)
    if not moves:
        return dispute
    if dispute.currency != payment.currency:
        log.error("dispute_in_other_currency", dispute=dispute.id, currency=dispute.currency)
        return dispute
    attempt_id = dispute.attempt_id or ""
    if not await money.settled_attempts(tx, [attempt_id]):
        return msgspec.structs.replace(dispute, next_inquiry_at=now + rules.PAUSES[0])
    for move in moves:
        holding = DisputeHolding(
            amount_minor=dispute.held_minor or dispute.amount_minor,
            charged_minor=dispute.charged_minor,
            pending_minor=dispute.pending_minor,
        )
        booking = DisputeBooking(
            dispute_id=dispute.id,
            nth=dispute.moves + 1,
            move=move,
            payment_id=payment.id,
            attempt_id=attempt_id,
            holding=holding,
        )
        holding = await money.move(tx, dispute.channel, booking)
        if rules.AFTER[move] is MoneyState.FREE:
            holding = DisputeHolding(amount_minor=0)
        dispute = msgspec.structs.replace(
            dispute,
            money=rules.AFTER[move],
            held_minor=holding.amount_minor,
            charged_minor=holding.charged_minor,
            pending_minor=holding.pending_minor,
            moves=booking.nth,
        )
    return dispute


def facts_of(before: Dispute, after: Dispute, *, opened: bool, now: datetime) -> Sequence[DisputeEvent]:
    """What others are told: that it began, how it ended, and whatever else a merchant would notice."""
    kinds: list[type[DisputeEvent]] = [DisputeOpened] if opened else []
    if after.state is not before.state and after.state is DisputeState.WON:
        kinds.append(DisputeWon)
    elif after.state is not before.state and after.state in _LOST:
        kinds.append(DisputeLost)
    elif not opened and rules.changes_of(before, after):
        kinds.append(DisputeUpdated)
    if after.payment_id is None or after.merchant_id is None:
        return []
    return [
        kind(
            object_id=after.payment_id,
            happened_at=now,
            dispute_id=after.id,
            merchant_id=after.merchant_id,
            state=after.state,
            warning=after.warning,
            amount_minor=after.amount_minor,
            currency=after.currency,
            reason=after.reason,
            respond_by=after.respond_by,
        )
        for kind in kinds
    ]


def _trail(heard: Heard, dispute: Dispute, now: datetime) -> AuditEvent:
    return AuditEvent(
        happened_at=now,
        actor=heard.source,
        action="disputes.record_news",
        object_id=dispute.id,
        result=dispute.state,
    )
