"""Is a signature believed if and only if its key made it, and is a key kept where only its owner can read it?"""

from pathlib import Path

import pytest

from tael.foundation.signing import (
    Algorithm,
    KeyUnreadable,
    is_signed,
    key_in,
    make_key,
    trusted_keys_in,
)


@pytest.mark.parametrize("algorithm", ["ed25519", "sm2"])
def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path, algorithm: Algorithm) -> None:
    folder = tmp_path / "keys"
    key = key_in(folder, "ledger", algorithm)

    assert key_in(folder, "ledger", algorithm) == key
    [file] = folder.iterdir()
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    signature = key.sign(b"so be it")
    assert is_signed(b"so be it", signature, by=key.name)
    assert not is_signed(b"so be it?", signature, by=key.name)
    assert not is_signed(b"so be it", signature[:-1], by=key.name)
    assert not is_signed(b"so be it", signature, by=make_key(algorithm).name)
    assert key.private.hex() not in repr(key)


@pytest.mark.parametrize("name", ["", "ed25519", "ed25519:zz", "ed25519:00", "sm2:00", "rsa:00"])
def test_a_key_that_makes_no_sense_has_signed_nothing(name: str) -> None:
    assert not is_signed(b"x", bytes(64), by=name)


def test_keys_out_of_use_and_public_keys_are_still_believed(tmp_path: Path) -> None:
    old = key_in(tmp_path, "ledger", "ed25519")
    (tmp_path / "ledger.ed25519").rename(tmp_path / "ledger-2025.ed25519")
    new = key_in(tmp_path, "ledger", "ed25519")
    elsewhere = make_key("sm2")
    (tmp_path / "ledger-other-site.pub").write_text(elsewhere.name + "\n")

    assert old != new
    assert trusted_keys_in(tmp_path, "ledger") == {old.name, new.name, elsewhere.name}


def test_a_file_without_a_key_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger.ed25519").write_text("nothing")
    with pytest.raises(KeyUnreadable, match="does not hold a key"):
        key_in(tmp_path, "ledger", "ed25519")
    assert (tmp_path / "ledger.ed25519").read_text() == "nothing"
