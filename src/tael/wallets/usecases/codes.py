"""Codes that users show: to be paid (personal codes), and to pay (payment codes)."""

import base64
import secrets
from datetime import timedelta

import msgspec

from tael.foundation import outbox
from tael.foundation.clock import CHINA
from tael.foundation.db import Transaction
from tael.wallets import store
from tael.wallets.errors import CodeRefused, WalletMalformed
from tael.wallets.events import LooksLikeBusiness
from tael.wallets.model.codes import PaymentCode, PersonalCode, PersonalCodeKind
from tael.wallets.rules import codes, limits
from tael.wallets.store import orders as kept
from tael.wallets.usecases.ground import Ground

_CODES_KEPT = timedelta(days=1)
_TRIES = 5
_AT_A_TIME = 200


class MakePersonalCode(msgspec.Struct, frozen=True, kw_only=True):
    """A user wants to be paid by code."""

    user_id: str
    kind: PersonalCodeKind
    amount_minor: int | None = None
    currency: str = "CNY"
    note: str = ""


async def make_personal_code(tx: Transaction, ground: Ground, wish: MakePersonalCode) -> PersonalCode:
    """A new code; a new static one takes the place of the one before. Refuses `WalletMalformed`."""
    now = ground.clock.now()
    rule = ground.limits(now)
    if wish.currency not in rule.currencies:
        raise WalletMalformed(f"Wallets hold no {wish.currency[:12]}.", field="currency")
    static = wish.kind is PersonalCodeKind.STATIC
    if static and wish.amount_minor is not None:
        raise WalletMalformed("A printed code asks for no amount.", field="amount_minor")
    if static:
        await store.lock_wallets(tx, [wish.user_id], now=now)
        await kept.revoke_static_codes(tx, wish.user_id, now=now)
    code = PersonalCode(
        code=base64.b32encode(secrets.token_bytes(10)).decode().lower(),
        user_id=wish.user_id,
        kind=wish.kind,
        amount_minor=wish.amount_minor,
        currency=wish.currency,
        note=wish.note,
        created_at=now,
        expires_at=None if static else now + timedelta(seconds=rule.dynamic_code_seconds),
        revoked_at=None,
    )
    await kept.insert_personal_code(tx, code)
    return code


async def make_payment_code(tx: Transaction, ground: Ground, *, user_id: str, login_id: str) -> PaymentCode:
    """A number that pays once, soon: to be shown until it expires, and taken some seconds longer."""
    now = ground.clock.now()
    rule = ground.limits(now)
    shown = timedelta(seconds=rule.payment_code_seconds)
    digits = codes.PAYMENT_CODE_DIGITS - len(rule.payment_code_prefix)
    for _ in range(_TRIES):
        code = rule.payment_code_prefix + str(ground.dice(10**digits)).rjust(digits, "0")
        if await kept.insert_payment_code(
            tx,
            codes.payment_code_hash(code),
            user_id=user_id,
            login_id=login_id,
            made_at=now,
            accepted_until=now + shown + timedelta(seconds=rule.payment_code_grace_seconds),
        ):
            return PaymentCode(code=code, expires_at=now + shown)
    raise CodeRefused("No number is free.")


async def warn_of_business(tx: Transaction, ground: Ground) -> None:
    """Tell users who are paid by personal code as often as merchants are, once a day."""
    now = ground.clock.now()
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    warned = await store.warn_of_business(
        tx,
        day=limits.day_of(now),
        since=midnight,
        least=ground.limits(now).business_receipts_day,
        now=now,
    )
    await outbox.publish(
        tx,
        [
            LooksLikeBusiness(object_id=user_id, happened_at=now, payments=payments)
            for user_id, payments in warned
        ],
    )


async def forget_old(ground: Ground) -> None:
    """Close orders that nobody paid in time, and forget codes that are over."""
    now = ground.clock.now()
    while True:
        async with ground.database.transaction() as tx:
            if await kept.close_due_orders(tx, now=now, limit=_AT_A_TIME) < _AT_A_TIME:
                break
    async with ground.database.transaction() as tx:
        await kept.forget_payment_codes(tx, before=now - _CODES_KEPT)
        await kept.forget_personal_codes(tx, before=now - _CODES_KEPT)
