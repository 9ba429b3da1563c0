"""What does a person confirm? The act as they saw it: its digest belongs to one confirmation, and to no other act."""

import hashlib
from collections.abc import Mapping

import msgspec

from tael.foundation.money import Money
from tael.wallets.errors import WalletMalformed


def about_of(kind: str, amount: Money, to: str) -> bytes:
    """SHA-256 of an act. to: whom the money is for: a user's id, an order's number."""
    said = {"amount_minor": amount.minor, "currency": amount.currency, "kind": kind, "to": to}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()


def why_not_to(payee_id: str, *, payer_id: str) -> WalletMalformed | None:
    """Why a user sends somebody nothing, whoever they are, or `None`."""
    if payee_id != payer_id:
        return None
    return WalletMalformed("Nobody sends money to themselves.", field="payee")


def words_of(kind: str, amount: Money, to_shown: str) -> Mapping[str, str]:
    """What a person reads before they confirm."""
    return {"kind": kind, "amount": amount.decimal(), "currency": amount.currency, "to": to_shown}
