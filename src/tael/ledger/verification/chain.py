"""Are the blocks one chain, signed, and does it reach as far as we once saw it?"""

from collections.abc import Iterator

from tael.foundation.signing import is_signed
from tael.ledger.blocks import SealedBlock
from tael.ledger.proofs import FIRST_HEAD
from tael.ledger.verification.evidence import FINDINGS_LIMIT, Evidence

_ONE_CHAIN = "the blocks are one chain without a gap"
_SIGNED = "every block is signed by a key of this ledger"
_EXPORTED = "every exported head is in the chain"


class Chain:
    """What is wrong with the blocks as such, found while they pass by in order."""

    def __init__(self, evidence: Evidence | None) -> None:
        self._evidence = evidence
        self._no, self._head = 0, FIRST_HEAD
        self._sealed_until: dict[str, int] = {}
        self._still_to_come = dict(evidence.exported) if evidence is not None else {}
        self.faults: dict[str, list[str]] = {_ONE_CHAIN: []}
        if evidence is not None:
            self.faults[_SIGNED] = []
            self.faults[_EXPORTED] = []

    def add(self, block: SealedBlock) -> None:
        """Look at the next block."""
        header = block.header
        for fault in self._breaks(block):
            self._report(_ONE_CHAIN, f"block {header.no} {fault}")
        if self._evidence is not None:
            self._look_outside(block, self._evidence)
        self._no, self._head = header.no, block.head
        self._sealed_until[header.sealed_table] = header.last_no

    def _breaks(self, block: SealedBlock) -> Iterator[str]:
        header = block.header
        if header.no != self._no + 1:
            yield f"does not follow block {self._no}: what was between them is gone"
        elif header.previous_head != self._head:
            yield f"does not build on block {self._no} as that stands now"
        if block.head != header.head:
            yield "was altered: its head is not the hash of what it says"
        expected = self._sealed_until.get(header.sealed_table, -1) + 1
        if header.first_no != expected:
            yield f"begins with no. {header.first_no} of {header.sealed_table}, and no. {expected} would be next"

    def _look_outside(self, block: SealedBlock, evidence: Evidence) -> None:
        header = block.header
        if header.key not in evidence.keys or not is_signed(
            block.header.head, block.signature, by=header.key
        ):
            self._report(
                _SIGNED,
                f"block {header.no} is not signed, or not by a key that is believed",
            )
        for head in self._still_to_come.pop(header.no, ()):
            if head != block.head:
                self._report(
                    _EXPORTED,
                    f"block {header.no} was exported with the head {head.hex()}, which is not its head: blocks were"
                    " cut off and replaced",
                )

    def end(self) -> None:
        """The last block has passed by."""
        if self._still_to_come:
            self._report(
                _EXPORTED,
                f"block {max(self._still_to_come)} was exported and is not in the chain, which ends with block"
                f" {self._no}: blocks were cut off or replaced",
            )

    def _report(self, check: str, fault: str) -> None:
        if len(self.faults[check]) < FINDINGS_LIMIT:
            self.faults[check].append(fault)
