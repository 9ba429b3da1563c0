"""Is what was sealed safe in a copy of the database, and can it be opened by whoever may?"""

import os
from pathlib import Path

import pytest

from tael.foundation.sealing import SealBroken, Sealer

ABOUT = "the credentials of the channel lantern"


def test_what_was_sealed_opens_again_and_shows_nothing(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path)
    sealed = sealer.seal(b"sk_live_very_secret", about=ABOUT)
    assert b"secret" not in sealed
    assert sealer.seal(b"sk_live_very_secret", about=ABOUT) != sealed, "a nonce is never used twice"
    assert Sealer(tmp_path).open(sealed, about=ABOUT) == b"sk_live_very_secret"


def test_one_changed_bit_anywhere_breaks_the_seal(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path)
    sealed = sealer.seal(b"secret", about=ABOUT)
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(SealBroken):
            sealer.open(bytes(changed), about=ABOUT)


def test_what_was_moved_to_another_row_does_not_open(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path)
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal(b"secret", about=ABOUT), about="the credentials of the channel other")


def test_an_older_key_still_opens_after_a_new_one_seals(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path)
    old = sealer.seal(b"old", about=ABOUT)
    assert sealer.add_key() == 2
    new = sealer.seal(b"new", about=ABOUT)
    assert (sealer.key_of(old), sealer.key_of(new)) == (1, 2)
    assert (sealer.open(old, about=ABOUT), sealer.open(new, about=ABOUT)) == (b"old", b"new")


def test_another_process_seals_with_a_new_key_as_soon_as_it_is_there(tmp_path: Path) -> None:
    mine, other = Sealer(tmp_path), Sealer(tmp_path)
    mine.seal(b"old", about=ABOUT)
    os.utime(tmp_path, (1, 1))  # long ago: nobody reads the folder again until it changes
    assert other.newest_key() == 1
    mine.add_key()
    assert other.key_of(other.seal(b"new", about=ABOUT)) == 2


def test_without_its_key_nothing_opens_and_the_message_says_which_is_missing(tmp_path: Path) -> None:
    sealed = Sealer(tmp_path).seal(b"secret", about=ABOUT)
    [key] = tmp_path.glob("sealing-*.key")
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    with pytest.raises(SealBroken, match="sealing-0001"):
        Sealer(tmp_path).open(sealed, about=ABOUT)
