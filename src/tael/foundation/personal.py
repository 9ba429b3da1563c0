"""How is what tells who somebody is kept? Sealed for reading, as a blind index for finding, masked for showing.

A *blind index* finds a row by a telephone number without the number lying there: HMAC-SHA-256 under a key of its own, in
`home/keys` beside those that seal. The same text under the same key has one index for ever, so a copy of the database
without the key tells neither the text nor allows to try all numbers. Its first byte is the number of the key: a new one
(`add_index_key`) counts from now on, and `resealing` makes the old indexes anew. Until it is done a row may lie under any
of them, so whoever looks asks for all (`indexes_of`).
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from tael.foundation.files import write_unless_there
from tael.foundation.sealing import SealBroken, Sealer

PHONE = "phone"
NAME = "name"
IDENTITY_DOCUMENT = "identity_document"
BANK_CARD = "bank_card"
_KEY_BYTES, _MOST_KEYS = 32, 255


class Personal:
    """Keeps the personal fields of one installation."""

    def __init__(self, sealer: Sealer, keys_folder: Path) -> None:
        self._sealer = sealer
        self._folder = keys_folder
        self._keys: dict[int, bytes] = {}

    # Reading.

    def seal(self, text: str, *, about: str) -> bytes:
        """`text`, for nobody to read without the key; `about` (which row, which field) must be said again to open it."""
        return self._sealer.seal(text.encode(), about=about)

    def open(self, sealed: bytes, *, about: str) -> str:
        """What was sealed; raises `SealBroken`."""
        return self._sealer.open(sealed, about=about).decode()

    # Finding.

    def index_of(self, kind: str, text: str) -> bytes:
        """The blind index of a normalised text, to be kept: under the newest key.

        kind   what the text is (`phone`, `name`, `identity_document`, `bank_card`): one text of two kinds has two indexes
        """
        return self._index(self.newest_index_key(), kind, text)

    def indexes_of(self, kind: str, text: str) -> Sequence[bytes]:
        """Under which indexes a text may lie, the newest first; more than one only after the key was changed."""
        return [self._index(number, kind, text) for number in range(self.newest_index_key(), 0, -1)]

    def print_key(self) -> bytes:
        """The key of what is kept of requests to know their repeats (`idempotency.fingerprint`). It is never changed."""
        if 1 not in self._keys:
            self.newest_index_key()
        return hmac.new(self._key(1), b"fingerprints of calls", hashlib.sha256).digest()

    def newest_index_key(self) -> int:
        """The number of the key that makes indexes now; the first is made when it is first needed."""
        numbers = [int(file.stem.rpartition("-")[2]) for file in self._folder.glob("index-[0-9]*.key")]
        return max(numbers, default=0) or self._make(1)

    def add_index_key(self) -> int:
        """A new key for indexes from now on."""
        number = self.newest_index_key() + 1
        if number > _MOST_KEYS:
            raise SealBroken(f"{_MOST_KEYS} keys of indexes are the most.")
        return self._make(number)

    def _index(self, number: int, kind: str, text: str) -> bytes:
        said = f"{kind}\x00{text}".encode()
        return bytes([number]) + hmac.new(self._key(number), said, hashlib.sha256).digest()

    def _make(self, number: int) -> int:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_unless_there(self._file(number), (secrets.token_hex(_KEY_BYTES) + "\n").encode())
        return number

    def _key(self, number: int) -> bytes:
        if number not in self._keys:
            try:
                key = bytes.fromhex(self._file(number).read_text("ascii").strip())
            except (OSError, ValueError) as error:
                raise SealBroken(
                    f"The key {self._file(number)} is missing or unreadable.",
                    hint="Put it back from its backup: without it nobody is found by telephone number or document.",
                ) from error
            if len(key) != _KEY_BYTES:
                raise SealBroken(f"The key {self._file(number)} has not {_KEY_BYTES} bytes.")
            self._keys[number] = key
        return self._keys[number]

    def _file(self, number: int) -> Path:
        return self._folder / f"index-{number:04}.key"

    def __repr__(self) -> str:
        return f"Personal({self._folder})"


# Showing. What is masked may stand on pages, in logs and in tables.

_HIDDEN = "*"


def mask_name(name: str) -> str:
    """`张*`, `李*明`, `欧**娜`; `A** M*****` for names that are written in words."""
    words = name.split()
    if len(words) > 1 or name.isascii():
        return " ".join(_ends(word, first=1, last=0) for word in words)
    return _ends(name.strip(), first=1, last=0 if len(name.strip()) < 3 else 1)


def mask_payee(name: str) -> str:
    """A payee's name as a payer sees it, to know them again: `*三`, `*小明`, `**亮`, `**娜娜`; `A** M*****` in letters."""
    hidden, words = hidden_of_payee(name), name.split()
    if not hidden:
        return " ".join(_ends(word, first=1, last=0) for word in words)
    return _HIDDEN * len(hidden) + "".join(words)[len(hidden) :]


def hidden_of_payee(name: str) -> str:
    """What `mask_payee` hides of a name in Chinese characters, or such: the family name, and all but the last two characters.

    Of a name in letters nothing: of that each word shows its first.
    """
    whole = "".join(name.split())
    if not whole or any(ord(each) < _FIRST_IDEOGRAPH and each.isalpha() for each in whole):
        return ""
    family = 2 if len(whole) > 2 and whole[:2] in _FAMILY_NAMES_OF_TWO else 1
    return whole[: max(family, len(whole) - 2)]


_FIRST_IDEOGRAPH = 0x2E80
_FAMILY_NAMES_OF_TWO = frozenset(
    "欧阳 歐陽 上官 司马 司馬 司徒 司空 诸葛 諸葛 尉迟 尉遲 皇甫 慕容 公孙 公孫 令狐 东方 東方 南宫 南宮 夏侯 长孙 長孫 宇文 "
    "端木 百里 呼延 轩辕 軒轅 独孤 獨孤 澹台 澹臺 申屠 钟离 鍾離 闻人 聞人 东郭 東郭 西门 西門 公冶 赫连 赫連 淳于 单于 單于 太史 "
    "濮阳 濮陽 拓跋 纳兰 納蘭".split()
)
"""Of three characters the first alone would give such a name away: 诸葛亮 is `**亮`."""


def mask_document(number: str) -> str:
    """`110***********1234`; of a shorter number its first character and its last two."""
    return _ends(number, first=3, last=4) if len(number) >= 15 else _ends(number, first=1, last=2)


def mask_phone(phone: str) -> str:
    """`138****1234` for a number of mainland China, `+44 ****6789` for any other; with or without its `+86`."""
    mainland = re.fullmatch(r"(?:\+?86)?(1\d{2})(\d{4})(\d{4})", phone)
    if mainland:
        return f"{mainland[1]}****{mainland[3]}"
    return (
        f"{phone[:3] + ' ' if phone.startswith('+') else ''}****{phone[-4:]}" if len(phone) >= 8 else "****"
    )


def mask_card(number: str) -> str:
    """`622202******1234`."""
    return _ends(number, first=6, last=4) if len(number) >= 12 else _HIDDEN * len(number)


def mask_email(email: str) -> str:
    """`a***@example.com`."""
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}" if at and local else "***"


def _ends(text: str, *, first: int, last: int) -> str:
    """The ends of a text, the rest hidden; at least one character of it is."""
    hidden = len(text) - first - last
    if hidden < 1:
        return text[:first] + _HIDDEN if len(text) > first else _HIDDEN * max(len(text), 1)
    return text[:first] + _HIDDEN * hidden + (text[-last:] if last else "")
