"""The verbs of payouts: create, send, hear, inquire, look; and the janitor's rounds."""

from collections.abc import Sequence

from tael.channels.api import Channels
from tael.channels.port import Outcome, Pauses
from tael.foundation.calls import Answer, Call, Reply, refusal_answer
from tael.foundation.clerk import Clerk, written
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.foundation.sealing import Sealer
from tael.ledger.api import Ledger
from tael.payouts import store
from tael.payouts.errors import NoSuchPayout, NowhereToInquire
from tael.payouts.model import Leg, NewPayout, Payout, PayoutFilter, PayoutStory
from tael.payouts.schemas import OnPayout, payout_body
from tael.payouts.usecases.ask_channels import ChannelDesk
from tael.payouts.usecases.create_payouts import about, create_payouts
from tael.payouts.usecases.janitor import Janitor
from tael.payouts.usecases.record_outcomes import RecordOutcome, Scene, record_outcomes
from tael.routing.api import Routing
from tael.routing.model import Decision, Purpose, Wanted

__all__ = ["SEALED", "Payouts"]

SEALED = store.SEALED
"""Its columns with sealed content."""


class Payouts:
    """Payouts of one database, with the lane in which they change."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        channels: Channels,
        routing: Routing,
        *,
        sealer: Sealer,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._routing = routing
        self._sealer = sealer
        self._clock = clock
        self._pauses = Pauses(unknown=settings.inquiry_seconds, waiting=settings.waiting_inquiry_seconds)
        self._outcomes: Lane[RecordOutcome, tuple[Payout, Leg]] = Lane(
            "payouts.outcomes",
            database,
            self._record,
            batch_limit=settings.lane_batch_limit,
            queue_limit=settings.lane_queue_limit,
            parallel=settings.lane_parallel,
        )
        self._desk = ChannelDesk(
            database,
            channels,
            routing,
            self._outcomes,
            clock,
            sealer=sealer,
            notices_url=settings.notices_url,
        )
        self._clerk = Clerk(database, clock)
        self.janitor = Janitor(database, self._desk, clock)

    def start(self) -> None:
        """Begin to take work."""
        self._outcomes.start()

    async def stop(self) -> None:
        """Finish what is in the lane."""
        await self._outcomes.stop()

    # Verbs for other contexts.

    async def create(self, tx: Transaction, wanted: Sequence[NewPayout]) -> Sequence[Payout | Refusal]:
        """Write payouts down, in the transaction that sets their money aside; refuses `PayoutMalformed`, `PayoutDiffers`.

        Nothing is sent before it commits: afterwards `send` does so at once, or the janitor after some seconds.
        """
        return await create_payouts(tx, wanted, sealer=self._sealer, now=self._clock.now())

    async def send(self, payout_id: str, *, actor: str) -> Payout:
        """Give a payout that was created to its channel, and tell how it stands; refuses `NoSuchPayout`."""
        await self._desk.send(payout_id, actor=actor)
        return (await self.get(payout_id)).payout

    def why_none(self, wanted: NewPayout) -> Refusal | None:
        """Why no channel would take such a payout now, or `None`; nothing is written."""
        sought = Wanted(
            subject=wanted.id,
            purpose=Purpose.PAY_OUT,
            amount=wanted.amount,
            merchant_id=wanted.owner,
            payee_kind=wanted.to.kind,
        )
        decision = self._routing.try_rules(sought)
        return None if isinstance(decision, Decision) else decision

    # Verbs for channels.

    async def hear(self, channel: str, outcome: Outcome) -> None:
        """Record what a channel says by itself; refuses `NoSuchPayout`, `PayoutMismatch`."""
        await self._outcomes.submit(
            RecordOutcome(outcome=outcome, channel=channel, source=f"channel:{channel}")
        )

    # Verbs for operations.

    async def get(self, payout_id: str) -> PayoutStory:
        """One payout with its legs; refuses `NoSuchPayout`."""
        async with self._database.transaction() as tx:
            payout = (await store.find(tx, [payout_id])).get(payout_id)
            legs = await store.legs_of(tx, [payout_id])
        if payout is None:
            raise NoSuchPayout(f"There is no payout {payout_id}.", field="payout_id")
        return PayoutStory(payout=payout, legs=legs[payout_id])

    async def find(self, tx: Transaction, ids: Sequence[str]) -> dict[str, Payout]:
        """Payouts by id; without those that there are not."""
        return await store.find(tx, ids)

    async def page(self, wanted: PayoutFilter) -> Sequence[PayoutStory]:
        """One page of payouts, newest first."""
        async with self._database.transaction() as tx:
            payouts = await store.page(tx, wanted)
            legs = await store.legs_of(tx, [payout.id for payout in payouts])
        return [PayoutStory(payout=payout, legs=legs[payout.id]) for payout in payouts]

    async def forget_payees(self, tx: Transaction, owner: str) -> None:
        """Keep no longer to whom an owner's payouts went: accounts and names."""
        ids = await store.payees_of(tx, owner)
        await store.forget_payees(tx, {id: self._sealer.seal(b"{}", about=about(id)) for id in ids})

    async def inquire(self, payout_id: str, *, actor: str) -> PayoutStory:
        """Ask the channel that had it last; refuses `NoSuchPayout`, `NowhereToInquire`. Safe at any time."""
        await self._desk.inquire(payout_id, actor=actor)
        return await self.get(payout_id)

    async def answer_inquiry(self, call: Call[OnPayout]) -> Answer:
        """The same as a call of staff's, under their key."""

        async def verb(tx: Transaction, command: OnPayout) -> str:
            if not await store.find(tx, [command.payout_id]):
                raise NoSuchPayout(f"There is no payout {command.payout_id}.", field="payout_id")
            return command.payout_id

        begun = await self._clerk.open(call, verb, lambda id: Reply(object_id=id, answer=None))
        if isinstance(begun, Answer):
            return begun
        try:
            answer = written(payout_body(await self.inquire(begun.object_id, actor=call.caller.actor)))
        except NowhereToInquire as refusal:
            answer = refusal_answer(refusal)
        return await self._clerk.close(call, answer)

    async def _record(
        self, tx: Transaction, commands: Sequence[RecordOutcome]
    ) -> Sequence[tuple[Payout, Leg] | Refusal]:
        scene = Scene(ledger=self._ledger, routing=self._routing, pauses=self._pauses, now=self._clock.now())
        return await record_outcomes(tx, commands, scene=scene)
