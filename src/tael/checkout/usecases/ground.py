"""What do all verbs of the checkout stand on? And how do they do with payments what a caller wants of them?

A call that needs a channel is open until the channel has spoken (`foundation.clerk`). What is done for it with a payment is
a call, too, under a key of our own: whoever takes an open call over from one that died finds what was done, and does it not
again. As long as that inner call is at work, or was turned away for now, nothing is known, so nothing is answered for good.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from tael.checkout.rules.charges import none_took
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.idempotency import StillRunning
from tael.foundation.ids import new_id
from tael.merchants.api import Merchants
from tael.merchants.model import Merchant
from tael.payments.api import Asked, CreatePayment, Means, Payments, RequestClose, StartAttempt
from tael.payments.model import Payment, PaymentState

C = TypeVar("C", bound=msgspec.Struct)
D = TypeVar("D", bound=msgspec.Struct)

_NOT_NOW = (429, 503)


class Ground(msgspec.Struct, frozen=True):
    """The parts."""

    database: Database
    payments: Payments
    merchants: Merchants
    clerk: Clerk
    clock: Clock
    public_url: str

    async def write(self, tx: Transaction, payment: Payment, merchant: Merchant) -> Payment:
        """A payment that something of ours is paid with, in its transaction; refuses what cannot be paid."""
        [made] = await self.payments.create_within(
            tx, [CreatePayment(payment=payment, exponent=None, merchant=merchant)]
        )
        if isinstance(made, Refusal):
            raise made
        return made

    async def begin(
        self, call: Call[C], payment: Payment, method: str, means: Means, *, codes: tuple[str, ...] = ()
    ) -> Answer:
        """Ask a channel for the payment of an open call; if none does it, nobody can pay it any more.

        Raises `StillRunning` while another does this very thing.
        """
        start = StartAttempt(
            payment_id=payment.id,
            merchant_id=payment.merchant_id,
            attempt_id=new_id("att"),
            method=method,
            means=means,
            asked=Asked(codes=codes),
        )
        begun = await self._for(call, "begin", payment.id, start, self.payments.start_attempt)
        attempts = (await self.payments.get(payment.id, merchant_id=None)).attempts
        if begun.status >= 400 or none_took(attempts):
            await self.close(call, payment.id, payment.merchant_id)
        return begun

    async def close(self, call: Call[C], payment_id: str, merchant_id: str) -> Answer:
        """End the payment of an open call unpaid. Raises `StillRunning` while another does this very thing."""
        close = RequestClose(payment_id=payment_id, merchant_id=merchant_id, closing_as=PaymentState.CANCELED)
        return await self._for(call, "close", payment_id, close, self.payments.close)

    async def _for(
        self,
        call: Call[C],
        doing: str,
        payment_id: str,
        command: D,
        verb: Callable[[Call[D]], Awaitable[Answer]],
    ) -> Answer:
        """The answer of what we do for a caller, under a key of ours that meets none of theirs."""
        ours = Call(
            caller=msgspec.structs.replace(call.caller, owner=f"checkout:{payment_id}"),
            action=f"checkout.{doing}",
            key=f"{doing}:{call.key}",
            request=call.request,
            command=command,
        )
        answer = await verb(ours)
        if answer.retry_after_seconds is not None or answer.status in _NOT_NOW:
            raise StillRunning(
                f"What was begun with this Idempotency-Key about {payment_id} has not ended yet.",
                field="Idempotency-Key",
                hint="Send it again after Retry-After seconds to get its answer.",
                retry_after_seconds=answer.retry_after_seconds or 1,
                object_id=payment_id,
            )
        return answer
