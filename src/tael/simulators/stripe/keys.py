"""Which secrets does the account have? Made once in the simulator's folder."""

import secrets
from pathlib import Path

import msgspec

from tael.simulators.base import prepare_folder, write_private


class AccountKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What proves who is who."""

    secret_key: str
    webhook_secret: str

    def __repr__(self) -> str:
        """Without the secrets."""
        return "AccountKeys(hidden)"


def prepare_keys(folder: Path) -> AccountKeys:
    """The account's keys, made first if they are missing."""
    prepare_folder(folder)
    file = folder / "stripe_keys.json"
    if not file.exists():
        keys = AccountKeys(
            secret_key=f"sk_test_{secrets.token_hex(16)}", webhook_secret=f"whsec_{secrets.token_hex(16)}"
        )
        write_private(file, msgspec.json.encode(keys))
    return msgspec.json.decode(file.read_bytes(), type=AccountKeys)
