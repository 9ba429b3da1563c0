"""Answer a dispute: write a draft, hand it in once, or give in. What the channel made of it is recorded like any news."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from tael.channels.api import Channels
from tael.channels.errors import NoSuchChannel
from tael.disputes import rules, store
from tael.disputes.errors import EvidenceMalformed, NoSuchDispute
from tael.disputes.model import AnswerKind, Dispute
from tael.disputes.rules import DisputeEvent
from tael.disputes.usecases.record_news import facts_of
from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.sealing import Sealer

LEASE = timedelta(seconds=30)
"""For so long whoever handed an answer in may be speaking with the channel; then the janitor takes over."""


class SaveEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Write texts into the draft."""

    dispute_id: str
    merchant_id: str
    texts: Mapping[str, str]


class GiveAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Hand the draft in, or give in."""

    dispute_id: str
    merchant_id: str
    kind: AnswerKind


class Desk(msgspec.Struct, frozen=True):
    """What answering needs to know besides disputes."""

    channels: Channels
    sealer: Sealer

    def fields(self, channel: str) -> frozenset[str]:
        """The texts that a channel takes; none if it is not there."""
        try:
            return self.channels.capabilities(channel).evidence_fields
        except NoSuchChannel:
            return frozenset()

    def file_fields(self, channel: str) -> frozenset[str]:
        """The files that a channel takes; none if it is not there."""
        try:
            return self.channels.capabilities(channel).evidence_files
        except NoSuchChannel:
            return frozenset()

    def texts(self, dispute: Dispute) -> dict[str, str]:
        """What the draft says."""
        if dispute.evidence_sealed is None:
            return {}
        plain = self.sealer.open(dispute.evidence_sealed, about=_about(dispute))
        return msgspec.json.decode(plain, type=dict[str, str])

    def sealed(self, dispute: Dispute, texts: Mapping[str, str]) -> bytes:
        """A draft as it is kept."""
        return self.sealer.seal(msgspec.json.encode(texts), about=_about(dispute))


async def save_evidence(tx: Transaction, command: SaveEvidence, *, desk: Desk, now: datetime) -> Dispute:
    """The dispute with its draft; raises why not."""
    dispute = await locked_dispute(tx, command.dispute_id, command.merchant_id)
    texts = rules.merged(desk.texts(dispute), command.texts)
    refusal = rules.why_not(dispute, DisputeEvent.SAVE, now) or rules.why_unfit(
        {**command.texts, **texts}, desk.fields(dispute.channel)
    )
    if refusal is not None:
        raise refusal
    drafted = msgspec.structs.replace(dispute, evidence_sealed=desk.sealed(dispute, texts))
    await store.update(tx, drafted)
    return drafted


async def give_answer(tx: Transaction, command: GiveAnswer, *, desk: Desk, now: datetime) -> Dispute:
    """The dispute with its answer committed, before its channel hears of it; raises why not."""
    before = await locked_dispute(tx, command.dispute_id, command.merchant_id)
    accepts = command.kind is AnswerKind.ACCEPT
    refusal = rules.why_not(before, DisputeEvent.ACCEPT if accepts else DisputeEvent.SUBMIT, now)
    if refusal is not None:
        raise refusal
    if not accepts and not desk.texts(before) and not await store.files_of(tx, before.id):
        raise EvidenceMalformed(
            "There is no evidence yet.", field="texts", hint="Save some under …/evidence first."
        )
    after = msgspec.structs.replace(before, answer=command.kind, inquiries=0, next_inquiry_at=now + LEASE)
    await store.update(tx, after)
    await outbox.publish(tx, facts_of(before, after, opened=False, now=now))
    return after


async def locked_dispute(tx: Transaction, dispute_id: str, merchant_id: str) -> Dispute:
    """A merchant's dispute, locked until the transaction ends; raises `NoSuchDispute`."""
    dispute = (await store.lock(tx, {dispute_id})).get(dispute_id)
    if dispute is None or dispute.merchant_id != merchant_id:
        raise NoSuchDispute(f"There is no dispute {dispute_id}.", field="dispute_id")
    return dispute


def _about(dispute: Dispute) -> str:
    return f"disputes.evidence:{dispute.id}"
