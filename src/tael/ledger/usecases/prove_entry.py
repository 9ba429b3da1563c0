"""Prove an entry: its text, the way up to the root of its block, and the block's signed header."""

from tael.foundation.db import Transaction
from tael.ledger.blocks import block_of_row, leaves_in, texts_of
from tael.ledger.errors import NoSuchEntry, NotSealedYet
from tael.ledger.proofs import Proof, proof_of
from tael.ledger.store import find_numbers


async def prove_entry(tx: Transaction, entry_id: str) -> Proof:
    """The proof of an entry; raises `NoSuchEntry`, `NotSealedYet`."""
    no = (await find_numbers(tx, [entry_id])).get(entry_id)
    rows = [] if no is None else await texts_of(tx, "entries", first_no=no, last_no=no)
    if no is None or not rows:
        raise NoSuchEntry(f"No entry {entry_id[:200]} is in the books.", field="id")
    block = await block_of_row(tx, "entries", no)
    if block is None:
        raise NotSealedYet(
            f"Entry {entry_id} is booked and not sealed yet.", hint="Ask again in some seconds."
        )
    numbers, leaves = await leaves_in(tx, block.header.no)
    return proof_of(leaves, numbers.index(no), rows[0][1], block.header, block.signature)
