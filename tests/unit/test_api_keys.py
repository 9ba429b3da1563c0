"""What is an API key, and what is kept of it?"""

import pytest

from tael.foundation.api_keys import hash_of, is_hash_of, make_secret, prefix_of

KEY = "tael_abcdefgh27_" + "a" * 40


def test_a_key_shows_its_prefix_only() -> None:
    assert prefix_of(KEY) == "tael_abcdefgh27"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tael_",
        KEY[:-1],
        KEY + "a",
        KEY + "\n",
        KEY.upper(),
        " " + KEY,
        KEY.replace("a", "1"),
        KEY.replace("_", "-"),
        "x" * 5_000,
    ],
)
def test_what_is_not_a_key_has_no_prefix(text: str) -> None:
    assert prefix_of(text) is None


def test_a_hash_says_nothing_about_the_key_and_everything_about_sameness() -> None:
    assert len(hash_of(KEY)) == 32
    assert KEY.encode() not in hash_of(KEY)
    assert hash_of(KEY) == hash_of(KEY) != hash_of(KEY[:-1] + "b")


@pytest.mark.parametrize("word", ["tael", "tael_ledger"])
def test_a_new_key_has_its_word_and_is_like_no_other(word: str) -> None:
    made, other = make_secret(word), make_secret(word)
    assert made.prefix == prefix_of(made.secret) != other.prefix
    assert made.prefix.startswith(f"{word}_")
    assert made.secret not in repr(made)
    assert is_hash_of(made.secret, hash_of(made.secret))
    assert not is_hash_of(other.secret, hash_of(made.secret))
