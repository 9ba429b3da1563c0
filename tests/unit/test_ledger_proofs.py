"""Do leaves, trees and heads prove what they say, and nothing else?"""

from datetime import UTC, datetime

import msgspec
import pytest

from tael.ledger.proofs import (
    FIRST_HEAD,
    Digest,
    Header,
    digest_for,
    leaves_of,
    path_of,
    root_along,
    root_of,
    sha256,
    sm3,
    split_leaves,
)

HEADER = Header(
    no=1,
    sealed_table="entries",
    first_no=0,
    last_no=9,
    row_count=3,
    root=sha256(b"root"),
    previous_head=FIRST_HEAD,
    sealed_at=datetime(2026, 3, 1, 4, 0, tzinfo=UTC),
    key="ed25519:00",
)


def test_the_tree_is_that_of_rfc_6962() -> None:
    """Roots of the RFC's reference tree over the first inputs of its test vectors."""
    inputs = [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43"]
    leaves = [sha256(b"\x00" + content) for content in inputs]

    assert root_of(leaves[:1], sha256).hex().startswith("6e340b9cffb37a98")
    assert root_of(leaves[:2], sha256).hex().startswith("fac54203e7cc696c")
    assert root_of(leaves[:3], sha256).hex().startswith("aeb6bcfe274b70a1")


def test_sm3_is_that_of_the_standard() -> None:
    """GB/T 32905-2016, annex A.1."""
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@pytest.mark.parametrize("digest", [sha256, sm3])
def test_every_leaf_of_every_tree_leads_to_the_root(digest: Digest) -> None:
    for size in range(1, 40):
        leaves = leaves_of([f"row {n}" for n in range(size)], digest)
        root = root_of(leaves, digest)
        for position, leaf in enumerate(leaves):
            path = path_of(leaves, position, digest)
            assert root_along(leaf, position, size, path, digest) == root
            for wrong in (position - 1, position + 1, size):
                assert root_along(leaf, wrong, size, path, digest) != root


def test_a_path_that_is_too_short_or_too_long_leads_nowhere() -> None:
    leaves = leaves_of(["a", "b", "c"], sha256)
    path = path_of(leaves, 0, sha256)

    assert root_along(leaves[0], 0, 3, path[:-1], sha256) is None
    assert root_along(leaves[0], 0, 3, [*path, leaves[2]], sha256) is None


def test_a_node_never_passes_for_a_leaf() -> None:
    left, right = leaves_of(["a", "b"], sha256)

    assert root_of([left, right], sha256) not in leaves_of([(left + right).hex(), "ab"], sha256)


def test_trees_over_other_rows_have_other_roots() -> None:
    roots = {
        root_of(leaves_of(texts, sha256), sha256)
        for texts in (["a"], ["b"], ["a", "b"], ["b", "a"], ["a", "b", "b"], ["a", "b", "b", "b"])
    }

    assert len(roots) == 6


def test_every_field_of_a_header_is_in_its_head() -> None:
    others = [
        msgspec.structs.replace(HEADER, **{field: value})
        for field, value in {
            "no": 2,
            "sealed_table": "accounts",
            "first_no": 1,
            "last_no": 10,
            "row_count": 4,
            "root": sha256(b"other"),
            "previous_head": sha256(b"other"),
            "sealed_at": datetime(2026, 3, 1, 4, 0, 0, 1, tzinfo=UTC),
            "key": "ed25519:01",
        }.items()
    ]

    assert len(others) == len(Header.__struct_fields__)
    assert len({header.head for header in [HEADER, *others]}) == len(others) + 1


def test_a_key_brings_its_hash_along() -> None:
    assert digest_for("sm2:00") is sm3
    assert digest_for("ed25519:00") is sha256


def test_leaves_are_kept_as_one_row_of_bytes() -> None:
    leaves = leaves_of(["a", "b", "c"], sha256)

    assert split_leaves(b"".join(leaves)) == leaves
