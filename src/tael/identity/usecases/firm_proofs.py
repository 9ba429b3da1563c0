"""Has somebody shown more than their telephone gives? Only then do they get or lose what confirms what they do with money.

A code comes to whoever has the number; with one they choose another password, and a day later nobody doubts them any more. So
what stands in for the owner's word is *firm*: the payment password, a passkey, the authenticator or a recovery code, shown in the
last minutes, or their face, which a source has compared with their document since the password was chosen. Whoever has none of
these and could lose little (`by_code` of the rule), and whoever sets up the first of them, needs no more than a fresh proof.
"""

from datetime import timedelta

from tael.foundation.db import Transaction
from tael.identity import store
from tael.identity.errors import CodeNotEnough
from tael.identity.model import Factor, Present
from tael.identity.rules.firm_proofs import is_firm, is_sent_code_enough
from tael.identity.usecases import sessions
from tael.identity.usecases.desk import Desk


async def check(desk: Desk, tx: Transaction, present: Present) -> None:
    """Refuses `ProofTooOld`, and `CodeNotEnough` where nothing but a code speaks for them."""
    await sessions.check_fresh(desk, present)
    if not await is_enough(desk, tx, present):
        raise CodeNotEnough(
            "A code that was sent to you is not enough for this.",
            field="code",
            hint="Show a passkey, your authenticator or, after the code, your payment password to `POST /v1/me/security/proof`; "
            "or your face to `POST /v1/me/verifications`. Then do this again.",
        )


async def has_shown(desk: Desk, tx: Transaction, present: Present, factor: Factor) -> None:
    """What somebody has just set up they have shown, too: the next thing does not ask for it again."""
    now = desk.now()
    await store.prove_session(tx, present.session.id, factor=factor, proven_at=now, now=now)


async def is_enough(desk: Desk, tx: Transaction, present: Present) -> bool:
    """Whether what somebody has shown in the last minutes is; see `check`."""
    if not sessions.is_fresh(desk, present):
        return False
    if is_firm(present.session.proven_with):
        return True
    rule, login = desk.step_up_rule(), present.login
    set_up = await store.set_up_of(tx, login.id)
    holder = await desk.about_holder(tx, login.id)
    if is_sent_code_enough(
        set_up,
        has_authenticator=login.has_second_factor,
        account_class=holder.account_class,
        by_code=rule.by_code,
    ):
        return True
    since = max(desk.now() - timedelta(hours=rule.face_hours), login.password_changed_at)
    return holder.face_shown_at is not None and holder.face_shown_at >= since
