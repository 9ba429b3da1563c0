"""How do keys change while cards are used? In small steps, each of which leaves everything readable.

A new master key is made in memory, handed to its custodians, and used only after they have said that they have it: what
dies before has sealed nothing. Data keys are then sealed anew, a few at a time; the old master key is let go when it seals
nothing any more. A new data key seals new cards at once, and old ones a few at a time; one that seals nothing is destroyed.
"""

from collections.abc import Sequence

import msgspec

from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.vault import keyring, store
from tael.vault.errors import KeyHandoverOpen, NoKeyHandover
from tael.vault.model import AuditLine, MasterKey, MasterKind, Progress
from tael.vault.usecases.safe import CARDS, Safe

BATCH = 100


class Handover(msgspec.Struct, frozen=True):
    """A master key that nobody uses yet."""

    key: bytes
    kind: MasterKind
    threshold: int
    shares: int

    def __repr__(self) -> str:
        return "Handover(…)"


class Rotation:
    """Changes the keys of one vault."""

    def __init__(self, database: Database, clock: Clock, safe: Safe) -> None:
        self._database = database
        self._clock = clock
        self._safe = safe
        self.handover: Handover | None = None

    async def start(self) -> None:
        """Have in hand what lies in files; the very first master key is a file, and is made here."""
        async with self._database.transaction() as tx:
            if not await store.highest_master(tx):
                first = Handover(keyring.new_key(), MasterKind.FILE, 1, 1)
                await self._begin_to_use(tx, first, actor="vault")
            self._safe.keyring.take_files(await store.list_masters(tx))

    async def unlock(self, words: str, *, actor: str) -> int | None:
        """A custodian's share; the number of the master key that it completed, if so. Refuses `ShareRefused`."""
        async with self._database.transaction() as tx:
            opened = self._safe.keyring.take_share(words, await store.list_masters(tx))
            await self._record(tx, actor, "unlock", f"master key {opened}" if opened else "one share")
        return opened

    async def begin_handover(
        self, *, threshold: int, shares: int, again: bool = False, actor: str
    ) -> Sequence[str]:
        """A new master key: its shares for custodians, or nothing if it will be a file (`shares` = 0).

        again   even if another waits to be confirmed: that one is thrown away

        Refuses `KeyHandoverOpen`.
        """
        if self.handover is not None and not again:
            raise KeyHandoverOpen(
                "A new master key waits for its custodians already.", hint="Confirm it, or begin again."
            )
        key = keyring.new_key()
        kind = MasterKind.CUSTODIANS if shares else MasterKind.FILE
        words = keyring.split(key, threshold=threshold, shares=shares) if shares else []
        self.handover = Handover(key, kind, max(threshold, 1), max(shares, 1))
        async with self._database.transaction() as tx:
            await self._record(tx, actor, "begin_handover", f"{threshold} of {shares}" if shares else "file")
        return words

    async def confirm_handover(self, *, actor: str) -> int:
        """Use the new master key from now on; refuses `NoKeyHandover`."""
        if self.handover is None:
            raise NoKeyHandover("No new master key waits to be confirmed.")
        async with self._database.transaction() as tx:
            number = await self._begin_to_use(tx, self.handover, actor=actor)
        self.handover = None
        return number

    async def reseal_data_keys(self) -> Progress:
        """Seal some data keys by the newest master key; the older ones are let go when nothing is left."""
        ring = self._safe.keyring
        async with self._database.transaction() as tx:
            newest = (await store.list_masters(tx))[-1].number
            for kept in await store.lock_keys_of_other_masters(tx, newest, limit=BATCH):
                sealed = ring.seal_data_key(kept.id, ring.data_key(kept), master=newest)
                await store.reseal_data_key(tx, msgspec.structs.replace(kept, master=newest, sealed=sealed))
            left = await store.count_keys_of_other_masters(tx, newest)
            retired = await store.retire_masters(tx, now=self._clock.now())
        for number in retired:
            ring.drop(number)
        return Progress(left=left)

    async def new_data_key(self, *, actor: str) -> Progress:
        """Seal new cards by a new data key from now on; gives how many old ones are left to be sealed anew."""
        async with self._database.transaction() as tx:
            id = await self._safe.new_data_key(tx, CARDS, now=self._clock.now())
            await self._record(tx, actor, "new_data_key", id)
            return Progress(left=await store.count_cards(tx, not_by=id))

    async def reseal_cards(self) -> Progress:
        """Seal some cards by the newest data key; the older ones are destroyed when nothing is left."""
        async with self._database.transaction() as tx:
            newest = await store.newest_data_key(tx, CARDS)
            if newest is None:
                return Progress(left=0)
            for card in await store.lock_cards_of_other_keys(tx, newest.id, limit=BATCH):
                await store.reseal_card(tx, await self._safe.seal_anew(tx, card, data_key=newest.id))
            left = await store.count_cards(tx, not_by=newest.id)
            if not left:
                await store.delete_unused_data_keys(tx, newest=newest.id)
        return Progress(left=left)

    async def _begin_to_use(self, tx: Transaction, new: Handover, *, actor: str) -> int:
        """Write down a master key, and have it in hand. A file that a crash has left is taken as it is."""
        ring, number = self._safe.keyring, await store.highest_master(tx) + 1
        key = ring.keep_file(number, new.key) if new.kind is MasterKind.FILE else new.key
        master = MasterKey(
            number=number,
            kind=new.kind,
            threshold=new.threshold,
            shares=new.shares,
            check_value=keyring.check_value(number, key),
            made_at=self._clock.now(),
        )
        await store.insert_master(tx, master)
        await self._record(tx, actor, "new_master_key", f"master key {number}, {new.kind}")
        ring.hold(number, key)
        return number

    async def _record(self, tx: Transaction, actor: str, action: str, note: str) -> None:
        await store.record(tx, AuditLine(at=self._clock.now(), actor=actor, action=action, note=note))
