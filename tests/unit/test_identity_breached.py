"""Is a password found in the operator's list, wherever it stands, and is a list refused in which it could be missed?"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tael.foundation.config import ConfigurationRefused
from tael.identity.proofs.breached import Breached

WORDS = [f"brass-lantern-{number}" for number in range(500)]


def sha1(word: str) -> str:
    return hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest().upper()


def a_list(folder: Path, lines: Sequence[str], *, end: str = "\n") -> Path:
    file = folder / "breached.txt"
    file.write_bytes(end.join([*lines, ""]).encode())
    return file


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("counts", ["", ":{}"])
def test_every_word_of_the_list_is_found_and_no_other(tmp_path: Path, counts: str, end: str) -> None:
    ordered = sorted(sha1(word) for word in WORDS)
    lines = [line + counts.format(3**place % 100_000) for place, line in enumerate(ordered)]
    breached = Breached(a_list(tmp_path, lines, end=end))
    assert all(breached.holds(word) for word in WORDS)
    assert not any(breached.holds(f"{word}!") for word in WORDS)


def test_small_letters_and_a_last_line_without_an_end_are_read_as_well(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text(sha1("brass-lantern-meadow").lower())
    assert Breached(file).holds("brass-lantern-meadow")
    assert not Breached(file).holds("violet-otter-umbrella")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["password", "letmein"], "no SHA-1"),
        (sorted((sha1(word) for word in WORDS), reverse=True), "not in the order"),
        ([], "is empty"),
    ],
)
def test_a_list_that_would_be_searched_in_vain_refuses_the_start(
    tmp_path: Path, lines: list[str], why: str
) -> None:
    file = a_list(tmp_path, lines) if lines else tmp_path / "empty.txt"
    file.touch()
    with pytest.raises(ConfigurationRefused) as refused:
        Breached(file)
    assert why in refused.value.message
    assert str(refused.value.hint).startswith("TAEL_BREACHED_PASSWORDS_FILE")


def test_a_list_that_is_not_there_refuses_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="cannot be read: No such file"):
        Breached(tmp_path / "nowhere.txt")
