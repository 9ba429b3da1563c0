"""When does a block come, what survives a crash, and what does a reorganisation take away?"""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.simulators.base import Drawer, Journal
from tael.simulators.erc20.evm import Evm, Mined
from tael.simulators.erc20.pool import Pool, Rejected, Waiting

BLOCK_MILLISECONDS = 500
"""A quick chain, so that nobody waits long for a demonstration."""
IDLE_SECONDS = 12
"""How often a block comes when there is nothing to put into it."""
CATCH_UP = 16
"""How many blocks are made at once after nobody has asked for a while."""


class KeptBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block as the journal has it: what it is made of."""

    timestamp: int
    raws: list[bytes]


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction that somebody handed to the node, and what they called it in their own books."""

    raw: bytes
    label: str


class Network:
    """One node and all who make blocks."""

    def __init__(self, journal: Journal, wei: Mapping[bytes, int]) -> None:
        self._blocks: Drawer[KeptBlock] = journal.drawer("block", KeptBlock)
        self._sent: Drawer[Sent] = journal.drawer("sent", Sent)
        self.evm = Evm(wei)
        self.pool = Pool(self.evm)
        self._asked_at: datetime | None = None
        for number in sorted(self._blocks.things, key=int):
            kept = self._blocks.things[number]
            self.evm.mine(kept.raws, timestamp=kept.timestamp)
        for sent in self._sent.things.values():
            self._again(sent.raw)

    def send(self, raw: bytes, label: str = "") -> bytes:
        """Take a transaction in; raises `Rejected`. Gives its hash."""
        waiting = self.pool.add(raw)
        self._sent.keep(waiting.hash.hex(), Sent(raw=raw, label=label))
        return waiting.hash

    def label_of(self, hash: bytes) -> str:
        """What the sender called a transaction."""
        sent = self._sent.things.get(hash.hex())
        return sent.label if sent is not None else ""

    def sent_as(self, label: str) -> list[bytes]:
        """The hashes of what was sent under a name."""
        return [bytes.fromhex(hash) for hash, sent in self._sent.things.items() if sent.label == label]

    @property
    def labels(self) -> list[str]:
        """What was ever sent, by the senders' names."""
        return [sent.label for sent in self._sent.things.values()]

    def waiting(self, hash: bytes) -> Waiting | None:
        """A transaction that no block holds yet."""
        return self.pool.find(hash)

    def include(self, raws: Sequence[bytes], *, now: datetime) -> Mined:
        """One block that begins with these transactions."""
        return self._mine([*raws, *self.pool.for_a_block()], now=now)

    def include_between(self, before: bytes, hashes: Sequence[bytes], after: bytes, *, now: datetime) -> bool:
        """One block, one of these transactions in it between two others; false if none of them can be in it."""
        raws = self.pool.for_a_block()
        place = next((at for at, raw in enumerate(raws) if self.evm.decode(raw).hash in hashes), None)
        if place is None:
            return False
        self._mine([*raws[:place], before, raws[place], after, *raws[place + 1 :]], now=now)
        return True

    def mine(self, blocks: int, *, now: datetime, empty: bool = False) -> None:
        """So many blocks, the waiting transactions in the first that can hold them."""
        for _ in range(blocks):
            self._mine([] if empty else self.pool.for_a_block(), now=now)

    def catch_up(self, now: datetime, *, shown: datetime, speed: float) -> None:
        """The blocks that have come since somebody last asked; `shown` is the time that they bear."""
        if self._asked_at is None:
            self._asked_at = now
        quiet = not self.pool.hashes and not any(block.transactions for block in self.evm.blocks[-2:])
        pause = timedelta(seconds=IDLE_SECONDS) if quiet else timedelta(milliseconds=BLOCK_MILLISECONDS)
        due = int((now - self._asked_at) * speed // pause)
        if due > 0:
            self._asked_at = now
            self.mine(min(due, CATCH_UP), now=shown)

    def reorganise(self, blocks: int, *, now: datetime, lose: bool) -> None:
        """Replace the newest blocks by as many and one more without their transactions.

        These wait again for a block, unless they are to be lost: then their senders have spent the money elsewhere.
        """
        gone = self.evm.rewind(blocks)
        self.mine(blocks + 1, now=now, empty=True)
        if not lose:
            for transaction in gone:
                self._again(transaction.raw)

    def _mine(self, raws: Sequence[bytes], *, now: datetime) -> Mined:
        block = self.evm.mine(raws, timestamp=int(now.timestamp()))
        done = [transaction.raw for transaction in block.transactions]
        self._blocks.keep(str(block.number), KeptBlock(timestamp=block.timestamp, raws=done))
        self.pool.tidy()
        return block

    def _again(self, raw: bytes) -> None:
        with contextlib.suppress(Rejected):  # it is in a block, or can never be in one
            self.pool.add(raw)
