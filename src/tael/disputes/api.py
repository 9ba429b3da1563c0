"""The verbs of disputes: hear of one, save evidence, answer, look; and the janitor's rounds."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from tael.channels.api import Channels
from tael.channels.errors import ChannelBusy
from tael.channels.port import OutcomeState
from tael.disputes import store
from tael.disputes.errors import AnswerRefused, NoSuchDispute
from tael.disputes.model import (
    Dispute,
    DisputeFilter,
    DisputeState,
    Draft,
    EvidenceFile,
    News,
    StaffDisputeFilter,
)
from tael.disputes.schemas import DisputeBody, EvidenceFileBody, dispute_answer, dispute_body, file_body
from tael.disputes.usecases.answer import Desk, GiveAnswer, SaveEvidence, give_answer, save_evidence
from tael.disputes.usecases.ask_channels import Asked, ChannelDesk
from tael.disputes.usecases.files import AddFile, RemoveFile, add_file, open_file, remove_file
from tael.disputes.usecases.record_news import Heard, record_news
from tael.foundation.calls import Answer, Call, Closing, Reply, refusal_answer
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Throttled
from tael.foundation.sealing import Sealer
from tael.payments.api import Payments
from tael.payments.events import DisputeReported

__all__ = [
    "AddFile",
    "DisputeFilter",
    "Disputes",
    "GiveAnswer",
    "RemoveFile",
    "SaveEvidence",
    "StaffDisputeFilter",
]

C = TypeVar("C", bound=msgspec.Struct)


class Disputes:
    """The disputes of one platform."""

    def __init__(
        self, database: Database, payments: Payments, channels: Channels, *, sealer: Sealer, clock: Clock
    ) -> None:
        self._database = database
        self._payments = payments
        self._money = payments.disputed_money
        self._clock = clock
        self._evidence = Desk(channels, sealer)
        self.desk = ChannelDesk(database, channels, self._money, self._evidence, clock)
        self._clerk = Clerk(database, clock)

    # Verbs for merchants.

    async def save_evidence(self, call: Call[SaveEvidence]) -> Answer:
        """Write texts into the draft."""

        async def verb(tx: Transaction, command: SaveEvidence) -> Dispute:
            return await save_evidence(tx, command, desk=self._evidence, now=self._clock.now())

        def reply(saved: Dispute) -> Reply:
            return Reply(object_id=saved.id, answer=dispute_answer(saved))

        return await self._clerk.answer_as(call, verb, reply)

    async def add_file(self, call: Call[AddFile]) -> Answer:
        """Put a file into the draft."""

        async def verb(tx: Transaction, command: AddFile) -> EvidenceFile:
            return await add_file(tx, command, desk=self._evidence, now=self._clock.now())

        return await self._clerk.answer(call, verb, shown=_shown_file, status=201)

    async def remove_file(self, call: Call[RemoveFile]) -> Answer:
        """Take a file out of the draft."""

        async def verb(tx: Transaction, command: RemoveFile) -> EvidenceFile:
            return await remove_file(tx, command, now=self._clock.now())

        return await self._clerk.answer(call, verb, shown=_shown_file, status=200)

    async def give_answer(self, call: Call[GiveAnswer]) -> Answer:
        """Hand the draft in, or give in; 202 while the channel has not confirmed it."""

        async def verb(tx: Transaction, command: GiveAnswer) -> Dispute:
            return await give_answer(tx, command, desk=self._evidence, now=self._clock.now())

        begun = await self._clerk.open(call, verb, lambda given: Reply(object_id=given.id, answer=None))
        if isinstance(begun, Answer):
            return begun

        def closing(asked: Asked) -> Closing:
            return Closing(owner=call.caller.owner, key=call.key, answer=_answer_to(asked))

        asked = await self.desk.follow_up(
            begun.object_id, source=call.caller.actor, first=begun.result is not None, closing=closing
        )
        return _answer_to(asked)

    async def get(self, dispute_id: str, *, merchant_id: str) -> Dispute:
        """One dispute of a merchant; refuses `NoSuchDispute`."""
        found = await self.get_any(dispute_id)
        if found.merchant_id != merchant_id:
            raise NoSuchDispute(f"There is no dispute {dispute_id}.", field="dispute_id")
        return found

    # For staff.

    async def get_any(self, dispute_id: str) -> Dispute:
        """One dispute, whosoever it is; refuses `NoSuchDispute`."""
        async with self._database.transaction() as tx:
            found = (await store.find(tx, [dispute_id])).get(dispute_id)
        if found is None:
            raise NoSuchDispute(f"There is no dispute {dispute_id}.", field="dispute_id")
        return found

    async def everybodys(self, wanted: StaffDisputeFilter) -> Sequence[Dispute]:
        """One page of all merchants' disputes, newest first; also of those whose payment nobody knows."""
        async with self._database.transaction() as tx:
            return await store.page_of_all(tx, wanted)

    async def counts_of_all(self) -> Mapping[DisputeState, int]:
        """How many disputes are in each state."""
        async with self._database.transaction() as tx:
            return await store.count_all(tx)

    # What pages and bodies are made of.

    async def draft(self, dispute: Dispute) -> Draft:
        """What the merchant says in it, and what its channel takes."""
        async with self._database.transaction() as tx:
            files = await store.files_of(tx, dispute.id)
        return Draft(
            texts=self._evidence.texts(dispute),
            files=files,
            text_fields=self._evidence.fields(dispute.channel),
            file_fields=self._evidence.file_fields(dispute.channel),
        )

    async def open_file(self, dispute: Dispute, file_id: str, *, actor: str) -> tuple[EvidenceFile, bytes]:
        """A file of evidence with its bytes; refuses `NoSuchFile`. Whoever opens it is in the audit trail."""
        async with self._database.transaction() as tx:
            return await open_file(
                tx, dispute.id, file_id, desk=self._evidence, actor=actor, now=self._clock.now()
            )

    async def list(self, wanted: DisputeFilter) -> Sequence[Dispute]:
        """One page of a merchant's disputes, newest first."""
        async with self._database.transaction() as tx:
            return await store.page(tx, wanted)

    async def counts(self, merchant_id: str) -> Mapping[DisputeState, int]:
        """How many of a merchant's disputes are in each state."""
        async with self._database.transaction() as tx:
            return await store.count_by_state(tx, merchant_id)

    async def unanswered(self, merchant_id: str, *, limit: int = 20) -> Sequence[Dispute]:
        """A merchant's disputes in which nobody has said anything, the nearest deadline first."""
        async with self._database.transaction() as tx:
            return await store.unanswered(tx, merchant_id, limit=limit)

    async def of_payments(self, payment_ids: Sequence[str]) -> Sequence[Dispute]:
        """The disputes of some payments, oldest first."""
        async with self._database.transaction() as tx:
            return await store.of_payments(tx, payment_ids)

    async def shown_of_payments(self, payment_ids: Sequence[str]) -> Mapping[str, Sequence[DisputeBody]]:
        """The disputes of some payments as the API shows them, by payment, oldest first."""
        shown: dict[str, list[DisputeBody]] = {}
        for dispute in await self.of_payments(payment_ids):
            shown.setdefault(dispute.payment_id or "", []).append(dispute_body(dispute))
        return shown

    async def shown_payments(self, disputes: Sequence[Dispute]) -> Mapping[str, msgspec.Struct]:
        """The payments that disputes are about, as the API shows them, by id."""
        ids = [dispute.payment_id for dispute in disputes if dispute.payment_id]
        async with self._database.transaction() as tx:
            return await self._payments.show(tx, ids)

    async def show(self, tx: Transaction, ids: Sequence[str]) -> Mapping[str, msgspec.Struct]:
        """Disputes as the API shows them in lists, by id."""
        return {id: dispute_body(dispute) for id, dispute in (await store.find(tx, ids)).items()}

    async def search(
        self, merchant_id: str, text: str, *, amounts_minor: Sequence[int], limit: int
    ) -> Sequence[Dispute]:
        """The disputes that a text may be about: an id, the channel's number, an amount; newest first."""
        async with self._database.transaction() as tx:
            return await store.search(tx, merchant_id, text, amounts_minor=amounts_minor, limit=limit)

    # What hears of facts.

    async def hear(self, tx: Transaction, facts: Sequence[DisputeReported]) -> None:
        """What channels say of disputes by themselves."""
        for fact in facts:
            heard = Heard(
                channel=fact.channel,
                number=fact.number,
                news=News(
                    state=fact.state,
                    warning=fact.warning,
                    amount_minor=fact.amount_minor,
                    currency=fact.currency,
                    reason=fact.reason,
                    respond_by=fact.respond_by,
                ),
                source=f"channel:{fact.channel}",
                payment_id=fact.payment_id,
                attempt_id=fact.attempt_id,
            )
            await record_news(tx, heard, money=self._money, now=self._clock.now())


def _shown_file(file: EvidenceFile) -> tuple[str, EvidenceFileBody]:
    return file.id, file_body(file)


def _answer_to(asked: Asked) -> Answer:
    """What a merchant hears: the dispute, or that the channel did not take the answer."""
    dispute, outcome = asked.dispute, asked.outcome
    if outcome.state is not OutcomeState.FAILED or dispute.answer is not None:
        return dispute_answer(dispute)
    if outcome.code == ChannelBusy.code:
        return refusal_answer(Throttled(outcome.message or "The channel is busy.", retry_after_seconds=5))
    refusal = AnswerRefused(
        f"The channel did not take it: {outcome.message or 'it does not say why'}.",
        hint="Your draft is still there.",
    )
    return refusal_answer(refusal)
