"""Which codes do users show, and what do we read in one that somebody scans?"""

import hashlib
import re
from datetime import datetime

from tael.wallets.errors import CodeNotForRemote, NoSuchCode, WalletMalformed
from tael.wallets.model.codes import PersonalCode, PersonalCodeKind

PAYMENT_CODE_DIGITS = 18
PERSONAL_CODE_PATH = "/wallet/to/"
"""Where the address of a personal code leads: to the page of whoever pays."""
_CODE = re.compile(r"[a-z2-7]{16}")


def payment_code_hash(code: str) -> bytes:
    """How a payment code is kept."""
    return hashlib.blake2b(code.encode(), digest_size=16, person=b"tael payment cod").digest()


def address_of(code: str, *, public_url: str) -> str:
    """What a personal code says to a camera: an address of ours, so that any camera opens the right page."""
    return f"{public_url.rstrip('/')}{PERSONAL_CODE_PATH}{code}"


def personal_code_in(text: str) -> str | None:
    """The code in what was scanned or typed; `None` if there is none. A parser of addresses would refuse what is none at all."""
    path, *_ = re.split(r"[?#]", text, maxsplit=1)
    found = path.rpartition("/")[2]
    return found if _CODE.fullmatch(found) else None


def why_not_good(code: PersonalCode, now: datetime) -> NoSuchCode | None:
    """Why a code says nothing any more, not even whose it was."""
    if code.revoked_at is None and (code.expires_at is None or now < code.expires_at):
        return None
    return NoSuchCode(
        "There is no such code, or its time is over.", field="payee", hint="Let the payee show a new one."
    )


def why_not_by_code(
    code: PersonalCode, *, amount_minor: int, currency: str, scanned: bool, now: datetime
) -> NoSuchCode | CodeNotForRemote | WalletMalformed | None:
    """Why a payee is not paid by a code. scanned: read by a camera where the payee is."""
    over = why_not_good(code, now)
    if over is not None:
        return over
    if code.kind is PersonalCodeKind.STATIC and not scanned:
        return CodeNotForRemote(
            "A printed code is for whoever stands in front of it.",
            field="payee",
            hint="Pay by the payee's telephone number, or let them send a code with the amount.",
        )
    if code.amount_minor is not None and (code.amount_minor, code.currency) != (amount_minor, currency):
        return WalletMalformed(
            "The code asks for another amount.", field="amount_minor", hint="Scan it again."
        )
    return None
