"""What counts for nothing while somebody else may be in? What they could have made since: with codes alone, in the last day.

A telephone number can be taken over. With its codes comes another password, with that another payment password and a new passkey,
and with these all money. So for as long as acts are confirmed more strongly (`wary_hours` of the rule), the password that was
chosen lately opens no payment password, and passkeys that are no older confirm nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from tael.foundation.db import Transaction
from tael.identity.errors import PasskeyTooYoung, TooSoonAfterReset
from tael.identity.model import Present, Strength
from tael.identity.store import payment_passwords as store
from tael.identity.usecases.desk import Desk


def since(desk: Desk) -> datetime:
    """What is younger may be somebody else's."""
    return desk.now() - timedelta(hours=desk.step_up_rule().wary_hours)


async def doubted(desk: Desk, tx: Transaction, login_ids: Sequence[str]) -> Collection[str]:
    """Of which of these it is not sure that it is they: one question, however many they are."""
    return await store.to_be_wary_of(tx, login_ids, since=since(desk))


async def check_password(desk: Desk, present: Present) -> None:
    """Refuses `TooSoonAfterReset` where the password was chosen lately, by whoever reads their messages."""
    login = present.login
    if login.password_changed_at <= since(desk):
        return
    async with desk.database.transaction() as tx:
        in_doubt = await doubted(desk, tx, [login.id])
    if in_doubt:
        raise TooSoonAfterReset(
            "So soon after a new password no payment password is set without the old one.",
            field="payment_password",
            hint=f"Come again {desk.step_up_rule().wary_hours} hours after the password was changed.",
        )


async def check_passkey(desk: Desk, tx: Transaction, passkey_id: str) -> None:
    """Refuses `PasskeyTooYoung` of a passkey that was made lately, while its holder is doubted."""
    if await store.is_made_in_doubt(tx, passkey_id, since=since(desk)):
        raise PasskeyTooYoung(
            "So soon after a new password or number this passkey confirms nothing: it is too young.",
            field="proof",
            hint="Take one that you had before, or another factor.",
        )


async def raised(desk: Desk, tx: Transaction, login_id: str, plain: Strength) -> Strength:
    """How strongly somebody confirms what is no amount of money: so, or as the rule says of whoever may be somebody else."""
    in_doubt = await doubted(desk, tx, [login_id])
    return desk.step_up_rule().in_doubt(plain) if in_doubt else plain


async def begin(desk: Desk, login_id: str) -> None:
    """Be wary of somebody from now on: they have shown no more than a password and something that reaches them."""
    async with desk.database.transaction() as tx:
        await store.be_wary(tx, login_id, now=desk.now())
