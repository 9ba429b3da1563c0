"""Which bytes prove that a row was in the books? Leaves, trees, chained heads: hashing alone, no signature.

A *leaf* is the hash of a row's text. The leaves of a block are joined in a Merkle tree as in RFC 6962: leaves and
nodes are hashed with different first bytes, and a level's odd one moves up as it is. A block's *head* is the hash of
its header, which holds the tree's root and the head before: whoever knows one head knows everything before it.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives import hashes

from tael.ledger.model import number_at

LEAF, NODE, HEAD = b"\x00", b"\x01", b"\x02"
"""First bytes that keep the three kinds of hashes apart."""
FIRST_HEAD = bytes(32)
"""What the first block has for a head before it."""
FORMAT = "tael.block.1"

Digest = Callable[[bytes], bytes]


def sha256(content: bytes) -> bytes:
    """SHA-256 (FIPS 180-4)."""
    return hashlib.sha256(content).digest()


def sm3(content: bytes) -> bytes:
    """SM3 (GB/T 32905-2016)."""
    state = hashes.Hash(hashes.SM3())
    state.update(content)
    return state.finalize()


def digest_for(key: str) -> Digest:
    """The hash that goes with a key: SM3 with `sm2:…`, SHA-256 with the others."""
    return sm3 if key.startswith("sm2:") else sha256


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a block says of itself, and its signature signs."""

    no: int
    """1, 2, 3 …"""
    sealed_table: str
    first_no: int
    last_no: int
    """The rows sealed are all those of the table with numbers from `first_no` to `last_no`."""
    row_count: int
    root: bytes
    previous_head: bytes
    sealed_at: datetime
    key: str
    """Algorithm and public key, as `ed25519:<hex>`."""

    @property
    def text(self) -> str:
        """The header in its one way of being written."""
        return json.dumps(
            [
                FORMAT,
                self.no,
                self.sealed_table,
                self.first_no,
                self.last_no,
                self.row_count,
                self.root.hex(),
                self.previous_head.hex(),
                number_at(self.sealed_at),
                self.key,
            ]
        )

    @property
    def head(self) -> bytes:
        """The hash of the header: what is signed, and what the next block repeats."""
        return digest_for(self.key)(HEAD + self.text.encode())


def leaves_of(texts: Sequence[str], digest: Digest) -> list[bytes]:
    """The leaf of each row's text."""
    return [digest(LEAF + text.encode()) for text in texts]


def split_leaves(joined: bytes) -> list[bytes]:
    """Leaves as they are kept: 32 bytes each, one after the other."""
    return [joined[at : at + 32] for at in range(0, len(joined), 32)]


def root_of(leaves: Sequence[bytes], digest: Digest) -> bytes:
    """The root of the tree over some leaves, at least one."""
    level = list(leaves)
    while len(level) > 1:
        level = _level_above(level, digest)
    return level[0]


def path_of(leaves: Sequence[bytes], position: int, digest: Digest) -> list[bytes]:
    """What has to be hashed with the leaf at `position`, from the leaf up, to get the root."""
    path = []
    level = list(leaves)
    while len(level) > 1:
        beside = position ^ 1
        if beside < len(level):
            path.append(level[beside])
        level = _level_above(level, digest)
        position //= 2
    return path


def _level_above(level: Sequence[bytes], digest: Digest) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [digest(NODE + left + right) for left, right in pairs]
    return [*above, level[-1]] if len(level) % 2 else above


def root_along(
    leaf: bytes, position: int, row_count: int, path: Sequence[bytes], digest: Digest
) -> bytes | None:
    """The root that a leaf at `position` among `row_count` leads to along a path; `None` if the path does not fit."""
    if not 0 <= position < row_count:
        return None
    hashed, last, rest = leaf, row_count - 1, list(path)
    while last:
        if position % 2 or position < last:
            if not rest:
                return None
            beside = rest.pop(0)
            hashed = digest(NODE + beside + hashed) if position % 2 else digest(NODE + hashed + beside)
        position, last = position // 2, last // 2
    return None if rest else hashed


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What convinces an outsider that a row is in the books. `examples/verify_proof.py` says how."""

    leaf: str
    """The row's text."""
    position: int
    """Its place among the rows of its block, from 0."""
    path: list[str]
    """The hashes beside it, from the leaf up to the root, in hexadecimal."""
    header: str
    """The text of the block's header."""
    signature: str
    """Of the header's hash, in hexadecimal."""


def proof_of(leaves: Sequence[bytes], position: int, text: str, header: Header, signature: bytes) -> Proof:
    """The proof of the row with that text, at a position among the leaves of its block."""
    digest = digest_for(header.key)
    return Proof(
        leaf=text,
        position=position,
        path=[beside.hex() for beside in path_of(leaves, position, digest)],
        header=header.text,
        signature=signature.hex(),
    )
