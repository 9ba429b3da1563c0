"""Which keys does the vault have in its hands? Master keys from files or custodians, and the data keys that they seal.

AES-256-GCM throughout, each time with a new nonce, bound to what it is about: moved elsewhere it does not open. Keys of
files are in the vault's folder; keys of custodians are in this process's memory only, from the moment when enough of them
have given their shares until it ends.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from shamir_mnemonic import (  # type: ignore[import-untyped]
    MnemonicError,
    combine_mnemonics,
    generate_mnemonics,
)
from shamir_mnemonic.share import Share  # type: ignore[import-untyped]

from tael.foundation.files import write_unless_there
from tael.vault.errors import ShareRefused, VaultSealed
from tael.vault.model import DataKey, MasterKey, MasterKind

KEY_BYTES = 32
_NONCE_BYTES = 12
_MOST_SHARES = 64


def new_key() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, plain: bytes, *, about: str) -> bytes:
    """A new nonce, and `plain` for nobody to read without the key."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def unseal(key: bytes, sealed: bytes, *, about: str) -> bytes:
    """What was sealed; refuses `VaultSealed` if it was sealed by another key, changed, or moved."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError):
        raise VaultSealed(
            f"What is kept of {about} does not open: it was changed, moved, or its key is another."
        ) from None


def check_value(number: int, key: bytes) -> bytes:
    """Tells whether a key is the master key of that number, and nothing else of it."""
    return hmac.new(key, f"tael vault master key {number}".encode(), hashlib.sha256).digest()


def split(key: bytes, *, threshold: int, shares: int) -> list[str]:
    """A master key as words for custodians (SLIP-39): `threshold` of them make it again, one less tells nothing."""
    words: list[str] = generate_mnemonics(1, [(threshold, shares)], key)[0]
    return words


class Keyring:
    """The keys of one vault."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._masters: dict[int, bytes] = {}
        self._data: dict[str, bytes] = {}
        self._shares: dict[int, dict[int, str]] = {}
        """By the identifier of what was split, then by the number of the share."""

    # Master keys.

    def take_files(self, masters: Sequence[MasterKey]) -> None:
        """Have those master keys in hand that are files here."""
        for master in masters:
            if master.kind is MasterKind.FILE and master.number not in self._masters:
                key = self._read(master.number)
                if key is not None and _is(key, master):
                    self._masters[master.number] = key

    def keep_file(self, number: int, key: bytes) -> bytes:
        """Keep a master key as a file for its owner alone; gives the key that lies there, if one did already."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_unless_there(self._file(number), f"{key.hex()}\n".encode())
        kept = self._read(number)
        if kept is None:
            raise VaultSealed(
                f"{self._file(number)} is no master key.", hint="Move it away, and begin again."
            )
        return kept

    def hold(self, number: int, key: bytes) -> None:
        """Have a master key in hand."""
        self._masters[number] = key

    def drop(self, number: int) -> None:
        """Let go of a master key that seals nothing any more, and of its file."""
        self._masters.pop(number, None)
        self._file(number).unlink(missing_ok=True)

    def holds(self, number: int) -> bool:
        """Whether a master key is in hand."""
        return number in self._masters

    def take_share(self, words: str, masters: Sequence[MasterKey]) -> int | None:
        """A custodian's share; gives the number of the master key that it completed, if so.

        Refuses `ShareRefused` for words that are no share, or of a key that is not in use here.
        """
        try:
            share = Share.from_mnemonic(" ".join(words.split()))
        except (MnemonicError, ValueError):
            raise ShareRefused(
                "These words are no share: one is missing, added or misspelt.", field="share"
            ) from None
        given = self._shares.setdefault(share.identifier, {})
        given[share.index] = share.mnemonic()
        if len(given) > _MOST_SHARES or len(given) < share.member_threshold:
            return None
        del self._shares[share.identifier]
        try:
            key = combine_mnemonics(list(given.values())[: share.member_threshold])
        except MnemonicError:
            raise ShareRefused("These shares do not belong together.", field="share") from None
        for master in masters:
            if master.kind is MasterKind.CUSTODIANS and _is(key, master):
                self._masters[master.number] = key
                return master.number
        raise ShareRefused("These shares are of a key that is not in use here.", field="share")

    def shares_given(self) -> int:
        """How many shares wait for others."""
        return sum(len(given) for given in self._shares.values())

    # Data keys.

    def seal_data_key(self, id: str, key: bytes, *, master: int) -> bytes:
        """A data key as it is kept."""
        self._data[id] = key
        return seal(self._master(master), key, about=_about(id, master))

    def data_key(self, kept: DataKey) -> bytes:
        """A data key, opened; refuses `VaultSealed` while its master key is not in hand."""
        if kept.id not in self._data:
            self._data[kept.id] = unseal(
                self._master(kept.master), kept.sealed, about=_about(kept.id, kept.master)
            )
        return self._data[kept.id]

    def has_data_key(self, id: str) -> bytes | None:
        """A data key that was opened before."""
        return self._data.get(id)

    def forget_data_keys(self) -> None:
        """Open each anew from now on: some were destroyed."""
        self._data.clear()

    def _master(self, number: int) -> bytes:
        if number not in self._masters:
            raise VaultSealed(
                f"The vault is locked: master key {number} is not here.",
                hint="Its custodians unlock it with `tael vault unlock`; a key in a file has to be put back.",
            )
        return self._masters[number]

    def _read(self, number: int) -> bytes | None:
        try:
            return bytes.fromhex(self._file(number).read_text("ascii").strip())
        except (OSError, ValueError):
            return None

    def _file(self, number: int) -> Path:
        return self._folder / f"master-{number:04}.key"

    def __repr__(self) -> str:
        return f"Keyring({self._folder})"


def _is(key: bytes, master: MasterKey) -> bool:
    return hmac.compare_digest(check_value(master.number, key), master.check_value)


def _about(id: str, master: int) -> str:
    return f"data key {id} under master key {master}"
