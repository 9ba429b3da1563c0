"""How is a secret kept? Sealed: AES-256-GCM under a key of this installation that lies outside the database.

Sealed bytes say which key sealed them, and are bound to what they are about: moved to another row they do not open.
The keys are files in `home/keys`, numbered; the newest seals, all of them open. A copy of the database alone tells
nothing; without the keys nobody can open what was sealed, so they need a backup of their own.
"""

import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tael.foundation.clock import unix_milliseconds
from tael.foundation.errors import Conflict
from tael.foundation.files import write_unless_there

_VERSION = 1
_KEY_BYTES, _NONCE_BYTES = 32, 12
_HEAD_BYTES = 3 + _NONCE_BYTES
_SETTLED_MILLISECONDS = 2_000
"""A folder that changed longer ago than this has another time if it changes again."""


class SealBroken(Conflict):
    """What was sealed cannot be opened: changed, moved, or its key is missing."""

    code = "seal_broken"


class Sealer:
    """Seals and opens with the keys in a folder; the first key is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[int, AESGCM] = {}
        self._seen: tuple[int, int] | None = None
        """When the folder had changed last, and which key was the newest then."""

    def seal(self, plain: bytes, *, about: str) -> bytes:
        """`plain`, for nobody to read without the key; `about` must be said again to open it."""
        number = self.newest_key()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        head = bytes([_VERSION]) + number.to_bytes(2) + nonce
        return head + self._key(number).encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, *, about: str) -> bytes:
        """What was sealed; raises `SealBroken`."""
        if len(sealed) < _HEAD_BYTES or sealed[0] != _VERSION:
            raise SealBroken(f"What is kept of {about} was not sealed by us.")
        try:
            return self._key(self.key_of(sealed)).decrypt(
                sealed[3:_HEAD_BYTES], sealed[_HEAD_BYTES:], about.encode()
            )
        except InvalidTag:
            raise SealBroken(
                f"What is kept of {about} does not open: it was changed, moved, or sealed by another installation."
            ) from None

    def key_of(self, sealed: bytes) -> int:
        """The number of the key that sealed it."""
        return int.from_bytes(sealed[1:3])

    def newest_key(self) -> int:
        """The number of the key that seals now."""
        return self._newest_in_folder() or self._make(1)

    def add_key(self) -> int:
        """A new key, which seals from now on; what older ones sealed still opens."""
        return self._make(self.newest_key() + 1)

    def _newest_in_folder(self) -> int:
        """0 if there is none. The folder is only read when it has changed since, or has just changed."""
        try:
            changed_ns = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0
        if self._seen is not None and self._seen[0] == changed_ns:
            return self._seen[1]
        numbers = [int(file.stem.rpartition("-")[2]) for file in self._folder.glob("sealing-[0-9]*.key")]
        newest = max(numbers, default=0)
        settled = unix_milliseconds() - changed_ns // 1_000_000 > _SETTLED_MILLISECONDS
        self._seen = (changed_ns, newest) if settled else None
        return newest

    def _make(self, number: int) -> int:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = secrets.token_hex(_KEY_BYTES) + "\n"
        write_unless_there(self._file(number), text.encode())
        return number

    def _key(self, number: int) -> AESGCM:
        if number not in self._keys:
            try:
                key = bytes.fromhex(self._file(number).read_text("ascii").strip())
                self._keys[number] = AESGCM(key)
            except (OSError, ValueError) as error:
                raise SealBroken(
                    f"The key {self._file(number)} is missing or unreadable.",
                    hint="Put it back from its backup: without it what it sealed is lost.",
                ) from error
        return self._keys[number]

    def _file(self, number: int) -> Path:
        return self._folder / f"sealing-{number:04}.key"

    def __repr__(self) -> str:
        return f"Sealer({self._folder})"
