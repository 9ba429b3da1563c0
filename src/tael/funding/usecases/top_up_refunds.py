"""How does a top-up go back to where it came from? Out of the wallet first, then as a refund of its payment."""

from datetime import datetime

import msgspec
import structlog

from tael.foundation.calls import Call, Caller
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.foundation.rounds import for_each
from tael.funding import postings, rules, store
from tael.funding.errors import TopUpNotRefundable
from tael.funding.model import (
    PLATFORM_PAYEE,
    TopUp,
    TopUpRefund,
    TopUpRefundState,
    TopUpState,
)
from tael.funding.rules import RefundEvent
from tael.funding.usecases.ground import HEAD_START, Ground
from tael.identity.model import Confirmation, Strength
from tael.payments.api import CreateRefund
from tael.wallets.api import Act, Spending
from tael.wallets.model import SpendingKind

log = structlog.get_logger("tael.funding")

AT_A_TIME = 100
_NOT_NOW = (429, 503)
_PLATFORM = Caller(owner=PLATFORM_PAYEE, actor="platform")


class RefundTopUp(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to have a top-up back, with the refund's id chosen beforehand."""

    id: str
    top_up_id: str
    user_id: str
    login_id: str
    amount_minor: int | None
    """None: all that is left of it."""
    confirmation_id: str | None


class _Said(msgspec.Struct, frozen=True):
    """What a repeat of the call repeats."""

    refund_id: str


async def begin_refund(tx: Transaction, ground: Ground, command: RefundTopUp) -> TopUpRefund:
    """The refund, with its money out of the wallet; refuses `TopUpNotRefundable`, and what refuses a withdrawal."""
    now = ground.clock.now()
    await store.lock_user(tx, command.user_id)
    top_up = await store.get_top_up(tx, command.top_up_id, user_id=command.user_id, lock=True)
    wanted = _wanted(top_up, command.amount_minor)
    refund = new_refund(top_up, id=command.id, amount_minor=wanted.minor, now=now)
    wish = Spending(
        act=_act_of(refund),
        login_id=command.login_id,
        entry=postings.refund_reserved(refund),
        accounts=(postings.payee_pending(refund.currency),),
        confirmation_id=command.confirmation_id,
        about=rules.about_of_refund(top_up, wanted, await store.paid_with(tx, top_up)),
    )
    [spent] = await ground.wallets.spend(tx, [wish])
    if isinstance(spent, Refusal):
        raise spent
    refund = msgspec.structs.replace(refund, strength=spent.strength)
    await store.insert_refund(tx, refund)
    changed = msgspec.structs.replace(top_up, refunded_minor=top_up.refunded_minor + wanted.minor)
    await store.update_top_up(tx, changed)
    return refund


async def ask_confirmation(
    tx: Transaction,
    ground: Ground,
    top_up_id: str,
    minor: int | None,
    *,
    user_id: str,
    session: tuple[str, str],
    strength: Strength,
) -> Confirmation:
    """Ask the user whether this is what they want back; refuses `TopUpNotRefundable`. session: of login and session, their ids."""
    top_up = await store.get_top_up(tx, top_up_id, user_id=user_id)
    wanted, to = _wanted(top_up, minor), await store.paid_with(tx, top_up)
    login_id, session_id = session
    return await ground.identity.ask_confirmation(
        tx,
        login_id=login_id,
        session_id=session_id,
        about=rules.about_of_refund(top_up, wanted, to),
        factors=ground.identity.factors_for(strength),
        words={
            "kind": rules.ABOUT_REFUND,
            "amount": wanted.decimal(),
            "currency": wanted.currency,
            "to": to,
        },
    )


def _wanted(top_up: TopUp, minor: int | None) -> Money:
    """How much goes back: so much, or all that is left."""
    left = top_up.credited_minor - top_up.refunded_minor
    wanted = left if minor is None else minor
    if top_up.state is not TopUpState.CREDITED or not 0 < wanted <= left:
        raise TopUpNotRefundable(
            f"{Money(left, top_up.currency)} of this top-up can go back.",
            field="amount_minor",
            left_minor=left,
        )
    return Money(wanted, top_up.currency)


def new_refund(top_up: TopUp, *, id: str, amount_minor: int, now: datetime) -> TopUpRefund:
    """A refund as it begins."""
    return TopUpRefund(
        id=id,
        top_up_id=top_up.id,
        user_id=top_up.user_id,
        amount_minor=amount_minor,
        currency=top_up.currency,
        refund_id=new_id("rfd"),
        state=TopUpRefundState.PROCESSING,
        strength=Strength.NONE,
        reason="",
        created_at=now,
        sent_at=None,
        ended_at=None,
    )


def _act_of(refund: TopUpRefund) -> Act:
    """What of it counts in limits: it leaves the wallet as a withdrawal does."""
    return Act(
        user_id=refund.user_id, kind=SpendingKind.WITHDRAWAL, amount=refund.amount, at=refund.created_at
    )


async def send_refund(ground: Ground, refund: TopUpRefund, *, payment_id: str) -> None:
    """Have the payment give it back; safe to do again: the key is the refund's, and it is kept for ever.

    While the same call is at work elsewhere, or was turned away for now, nothing is known: the next round asks again.
    """
    command = CreateRefund(
        payment_id=payment_id,
        merchant_id=PLATFORM_PAYEE,
        refund_id=refund.refund_id,
        amount_minor=refund.amount_minor,
        note="",
    )
    answer = await ground.payments.refund(
        Call(
            caller=_PLATFORM,
            action="payments.refund",
            key=refund.id,
            request=_Said(refund.id),
            command=command,
        )
    )
    if answer.retry_after_seconds is not None or answer.status in _NOT_NOW:
        return
    async with ground.database.transaction() as tx:
        kept = await store.lock_refund(tx, refund.id)
        if kept is None or kept.sent_at is not None:
            return
        kept = msgspec.structs.replace(kept, sent_at=ground.clock.now())
        await store.update_refund(tx, kept)
        if 400 <= answer.status < 500 and rules.may(kept, RefundEvent.REFUSED):
            code = msgspec.json.decode(answer.body).get("code", "refused")
            await give_back(tx, ground, kept, reason=str(code))


async def give_back(tx: Transaction, ground: Ground, refund: TopUpRefund, *, reason: str) -> TopUpRefund:
    """It definitely did not go: in the wallet again, and its limits are free."""
    now = ground.clock.now()
    moved = rules.move(
        refund, RefundEvent.REFUSED, reason=reason, ended_at=now, reversals=refund.reversals + 1
    )
    await store.update_refund(tx, moved)
    top_up = await store.get_top_up(tx, refund.top_up_id, user_id=refund.user_id, lock=True)
    if top_up.state is TopUpState.CREDITED:
        less = msgspec.structs.replace(top_up, refunded_minor=top_up.refunded_minor - refund.amount_minor)
        await store.update_top_up(tx, less)
        await ground.wallets.give_back(tx, [(_act_of(refund), refund.strength)])
    of_fee = refund.fee_returned_minor if top_up.state is TopUpState.CREDITED else top_up.fee_minor
    await ground.book(
        tx,
        postings.refund_given_back(moved, kept=Money(of_fee, refund.currency)),
        postings.payee_pending(refund.currency),
        postings.wallet(refund.user_id, refund.currency),
    )
    return moved


async def send_due(ground: Ground) -> None:
    """Send what nobody lived to send."""
    now = ground.clock.now()
    async with ground.database.transaction() as tx:
        due = await store.refunds_to_send(tx, before=now - HEAD_START, limit=AT_A_TIME)
        paid_by = {
            refund.id: (await store.get_top_up(tx, refund.top_up_id, user_id=refund.user_id)).payment_id
            for refund in due
        }

    async def send(refund: TopUpRefund) -> None:
        await send_refund(ground, refund, payment_id=paid_by[refund.id])

    for error in await for_each(due, send):
        log.error("top_up_refund_not_sent", exc_info=error)
