"""Where do payment passwords lie, who agreed to small amounts, and of whom is it not sure that it is they?"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.money import Money
from tael.identity.model import SmallAmounts
from tael.identity.store import SQL


class _KeptSmallAmounts(msgspec.Struct, frozen=True, kw_only=True):
    login_id: str
    most_minor: int
    currency: str
    agreed_at: datetime


async def find(tx: Transaction, login_id: str) -> str | None:
    """The hash of somebody's payment password."""
    found = await tx.tuples(SQL.find_payment_password, login_id=login_id)
    return str(found[0][0]) if found else None


async def put(tx: Transaction, login_id: str, hash: str, *, now: datetime) -> None:
    """Write one in the place of the one before, if any."""
    await tx.run(SQL.set_payment_password, login_id=login_id, hash=hash, now=now)


async def small_amounts(tx: Transaction, login_ids: Sequence[str]) -> Mapping[str, SmallAmounts]:
    """Who of these agreed that small amounts are not confirmed, and up to how much."""
    found = await tx.rows(SQL.find_small_amounts, _KeptSmallAmounts, login_ids=list(login_ids))
    return {
        each.login_id: SmallAmounts(most=Money(each.most_minor, each.currency), agreed_at=each.agreed_at)
        for each in found
    }


async def agree(tx: Transaction, login_id: str, most: Money, *, now: datetime) -> None:
    """Write an agreement down, in the place of the one before."""
    await tx.run(
        SQL.set_small_amounts, login_id=login_id, most_minor=most.minor, currency=most.currency, now=now
    )


async def agree_no_longer(tx: Transaction, login_id: str) -> None:
    """Take it back."""
    await tx.run(SQL.forget_small_amounts, login_id=login_id)


async def to_be_wary_of(tx: Transaction, login_ids: Sequence[str], *, since: datetime) -> Collection[str]:
    """Of which of these it is not long ago that they had nothing but a weak proof."""
    found = await tx.tuples(SQL.logins_to_be_wary_of, login_ids=list(login_ids), since=since)
    return [id for (id,) in found]


async def is_made_in_doubt(tx: Transaction, passkey_id: str, *, since: datetime) -> bool:
    """Whether a passkey is younger than `since`, of somebody of whom it is not sure since then that it is they."""
    return bool(await tx.tuples(SQL.passkey_made_in_doubt, id=passkey_id, since=since))


async def be_wary(tx: Transaction, login_id: str, *, now: datetime) -> None:
    """Be wary of somebody from now on."""
    await tx.run(SQL.be_wary, login_id=login_id, now=now)
