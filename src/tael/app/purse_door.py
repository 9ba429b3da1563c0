"""Who answers the channel "balance"? Our own wallets, through a door of this process (see `channels.connectors.balance`).

    POST orders                 hold an order ready; with a payer's code, pay it
    GET  orders/{number}        how it stands
    POST orders/{number}/close  let nobody pay it any more
    POST refunds                give money back
    GET  refunds/{number}       whether it is back
    GET  health

A refusal that decides something is a problem document. Whatever leaves open what happened is no answer at all.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import unquote

import msgspec

from tael.behaviour.model import Circumstances
from tael.channels.api import Channels, NoAnswer
from tael.channels.port import HttpRequest, HttpResponse
from tael.channels.registry import DOORS
from tael.foundation.clock import Clock
from tael.foundation.db import CommitUnknown, database_failed
from tael.foundation.errors import NotFound, Refusal, Throttled, Unavailable, Uncertain
from tael.foundation.problems import PROBLEM_JSON, problem_body
from tael.merchants.api import Merchants
from tael.payments.api import Payments
from tael.standing.errors import NotPermitted
from tael.wallets.api import (
    BALANCE_CHANNEL,
    NewOrder,
    Order,
    OrderRefund,
    Orders,
    PayOrder,
    RefundOrder,
    Wallets,
)
from tael.wallets.errors import OrderPaid, WalletFrozen

_OF_STANDING = "standing."
_STATIC = "static_code:"
"""What the source of a payment begins with that was begun at a printed code."""


class _NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    amount_minor: int
    currency: str
    subject: str
    expires_at: datetime
    return_url: str = ""
    payer_code: str = ""


class _NewRefund(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    order: str
    amount_minor: int
    currency: str
    reason: str = ""


class _Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order or a refund, as the connector reads it."""

    number: str
    state: str
    amount_minor: int
    currency: str
    reference: str
    code: str = ""
    happened_at: datetime | None = None


class PurseDoor:
    """Answers messages about orders of merchants."""

    def __init__(self, orders: Orders, payments: Payments, merchants: Merchants, clock: Clock) -> None:
        self._orders = orders
        self._payments = payments
        self._merchants = merchants
        self._clock = clock

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer to one message; raises `NoAnswer` if nobody knows what came of it."""
        path = [unquote(part) for part in request.url.partition("/")[2].split("/")]
        try:
            standing = await self._answer(request.method, path, request.body)
        except (Throttled, Unavailable, Uncertain) as refusal:
            raise NoAnswer(refusal.message) from refusal
        except Refusal as refusal:
            return HttpResponse(
                status=refusal.status, headers={"content-type": PROBLEM_JSON}, body=problem_body(refusal)
            )
        except Exception as error:  # a database that went away in the middle: nobody knows what it has done
            if isinstance(error, CommitUnknown) or database_failed(error):
                raise NoAnswer("the database gave no answer") from error
            raise
        return HttpResponse(
            status=200,
            headers={"content-type": "application/json"},
            body=msgspec.json.encode(standing if standing is not None else {}),
        )

    async def _answer(self, method: str, path: Sequence[str], body: bytes) -> _Standing | None:
        match (method, *path):
            case ("GET", "health"):
                return None
            case ("POST", "orders"):
                return _standing(await self._order(msgspec.json.decode(body, type=_NewOrder)))
            case ("GET", "orders", number):
                return _standing(await self._orders.find(number))
            case ("POST", "orders", number, "close"):
                return _standing(await self._close(number))
            case ("POST", "refunds"):
                return _refunded(await self._refund(msgspec.json.decode(body, type=_NewRefund)))
            case ("GET", "refunds", number):
                return _refunded(await self._orders.find_refund(number))
            case _:
                raise NotFound(f"Wallets have no {'/'.join(path)[:60]!r}.")

    async def _order(self, asked: _NewOrder) -> Order:
        payee, static = await self._behind(asked.number)
        new = NewOrder(
            number=asked.number,
            amount_minor=asked.amount_minor,
            currency=asked.currency,
            subject=asked.subject,
            expires_at=asked.expires_at,
            return_url=asked.return_url,
            payee=payee,
            static=static,
        )
        placed = await self._orders.place(new)
        if not asked.payer_code:
            return placed
        return await self._orders.pay_by_code(
            PayOrder(
                number=asked.number,
                payment_code=asked.payer_code,
                circumstances=Circumstances(at=self._clock.now()),
            )
        )

    async def _behind(self, number: str) -> tuple[str, bool]:
        """The name of the merchant behind an attempt, and whether its payer came by a printed code of theirs."""
        [payment_id] = await self._payments.attempts_beside([number]) or [""]
        payment = (await self._payments.find([payment_id])).get(payment_id)
        if payment is None:
            return "", False
        merchant = await self._merchants.get(payment.merchant_id)
        return merchant.name, payment.source.startswith(_STATIC)

    async def _close(self, number: str) -> Order:
        try:
            return await self._orders.close(number)
        except OrderPaid:
            return await self._orders.find(number)

    async def _refund(self, asked: _NewRefund) -> OrderRefund:
        return await self._orders.refund(
            RefundOrder(
                number=asked.number,
                order_number=asked.order,
                amount_minor=asked.amount_minor,
                currency=asked.currency,
                reason=asked.reason,
            )
        )


def open_purse_door(channels: Channels, wallets: Wallets, payments: Payments, merchants: Merchants) -> None:
    """Let the channel "balance" reach the wallets of this house."""
    door = PurseDoor(wallets.orders, payments, merchants, wallets.clock)
    channels.open_door(DOORS[BALANCE_CHANNEL], door)


def _standing(order: Order) -> _Standing:
    return _Standing(
        number=order.number,
        state=order.state,
        amount_minor=order.amount_minor,
        currency=order.currency,
        reference=order.number,
        code=_told(order.reason or ""),
        happened_at=order.ended_at,
    )


def _told(reason: str) -> str:
    """Why an order was declined, as far as it is a merchant's business: what is closed to a payer, and by whom, is not."""
    hidden = reason.startswith(_OF_STANDING) or reason == WalletFrozen.code
    return NotPermitted.code if hidden else reason


def _refunded(refund: OrderRefund) -> _Standing:
    return _Standing(
        number=refund.number,
        state="refunded",
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reference=refund.number,
        happened_at=refund.refunded_at,
    )
