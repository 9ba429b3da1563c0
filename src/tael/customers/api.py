"""The verbs of customers: answer a call, look things up, and say what a payment may be made with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from tael.customers import rules, schemas, store
from tael.customers.errors import MandateNeeded, MethodDetached
from tael.customers.model import (
    CardAgreed,
    Customer,
    Mandate,
    MandateUse,
    SavedMethod,
    TokenSource,
    Usable,
)
from tael.customers.usecases import verbs
from tael.customers.usecases.desk import Asked, Cards, Desk, Doing
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.money import Money
from tael.foundation.sealing import Sealer

__all__ = ["Asked", "Cards", "Customers"]

_VERBS: Mapping[type[schemas.Strict], Callable[[Doing, Any], Awaitable[msgspec.Struct]]] = {
    schemas.CreateCustomerRequest: verbs.create_customer,
    schemas.SaveMethodRequest: verbs.save_method,
    schemas.DetachRequest: verbs.detach_method,
    schemas.CreateMandateRequest: verbs.create_mandate,
    schemas.RevokeRequest: verbs.revoke_mandate,
    schemas.CardFieldsRequest: verbs.open_card_fields,
}
_MADE = (
    schemas.CreateCustomerRequest,
    schemas.SaveMethodRequest,
    schemas.CreateMandateRequest,
    schemas.CardFieldsRequest,
)


class Customers:
    """The customers of all merchants of one platform.

    is_of_our_vault   whether a card's token is one of our own vault
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sealer: Sealer,
        cards: Cards,
        *,
        is_of_our_vault: Callable[[str], bool],
    ) -> None:
        self._database = database
        self._desk = Desk(clock, sealer, cards, is_of_our_vault)
        self._clerk = Clerk(database, clock)

    # Changes.

    async def answer(self, call: Call[Asked]) -> Answer:
        """Do a command under an Idempotency-Key, and give the answer as it goes out."""

        async def verb(tx: Transaction, asked: Asked) -> Any:
            return await _VERBS[type(asked.command)](Doing(self._desk, tx, asked), asked.command)

        def shown(body: Any) -> tuple[str, Any]:
            return getattr(body, "id", ""), body

        status = 201 if isinstance(call.command.command, _MADE) else 200
        answer = await self._clerk.answer(call, verb, shown=shown, status=status)
        if isinstance(call.command.command, schemas.DetachRequest) and answer.status < 300:
            await self._forget(call.command.about, merchant_id=call.command.merchant_id)
        return answer

    async def agree(self, agreed: CardAgreed) -> None:
        """Write down that a payer lets a card be kept, on a page of ours; it is not kept before they have paid with it."""
        async with self._database.transaction() as tx:
            await store.insert_card_agreed(tx, agreed)

    async def agreed(self, *, after: str, limit: int) -> Sequence[CardAgreed]:
        """Cards of which that is not decided yet, by their attempts."""
        async with self._database.transaction() as tx:
            return await store.list_cards_agreed(tx, after=after, limit=limit)

    async def keep_agreed(self, agreed: CardAgreed) -> Answer:
        """Keep a card: its payer has paid with it. Once for each attempt. Raises what may be tried again."""
        command = schemas.SaveMethodRequest(
            customer=agreed.customer_id,
            card_token=agreed.card_token,
            consent=schemas.ConsentGiven(
                text_version=agreed.text_version, given_at=agreed.agreed_at, address=agreed.address
            ),
        )
        asked = Asked(merchant_id=agreed.merchant_id, about="", command=command)
        caller = Caller(owner=agreed.merchant_id, actor="payer", remote_address=agreed.address)
        key = f"checkout:{agreed.attempt_id}"
        answer = await self.answer(
            Call(caller=caller, action="customers.save_method", key=key, request=command, command=asked)
        )
        await self.forget_agreed(agreed.attempt_id)
        return answer

    async def forget_agreed(self, attempt_id: str) -> None:
        """The card of an attempt is not to be kept any more, or is kept."""
        async with self._database.transaction() as tx:
            await store.delete_card_agreed(tx, attempt_id)

    # What a payment may be made with.

    async def usable(self, payment_method_id: str, *, merchant_id: str) -> Usable:
        """The token of a payment method whose payer is there; refuses `NoSuchPaymentMethod`, `MethodDetached`."""
        async with self._database.transaction() as tx:
            return await self._usable(tx, payment_method_id, merchant_id=merchant_id)

    async def may_use(
        self,
        tx: Transaction,
        payment_method_id: str,
        *,
        merchant_id: str,
        payment_id: str,
        amount: Money,
        mandate_id: str | None,
        off_session: bool,
        count: Callable[[Sequence[MandateUse]], Awaitable[Sequence[MandateUse]]],
    ) -> Usable:
        """The token of a payment method, if the mandate that is named lets it be charged; off session one has to be.

        In the transaction in which the attempt begins: until its end, no other uses the mandate. Once the attempt is
        made, `write_uses` says so.

        count   given how other payments were charged by the mandate: which of those have taken money, or may; with
                what begins in the same transaction

        Refuses `NoSuchPaymentMethod`, `MethodDetached`, `NoSuchMandate`, `MandateNeeded`, `MandateExceeded`.
        """
        now = self._desk.clock.now()
        usable = await self._usable(tx, payment_method_id, merchant_id=merchant_id)
        if off_session and mandate_id is None:
            raise MandateNeeded(
                "Whoever is not there has to have agreed before.",
                field="mandate",
                hint="Name the mandate that the payer has given (`POST /v1/mandates`).",
            )
        if mandate_id is None:
            return usable
        mandate = await store.find_mandate(tx, mandate_id, merchant_id=merchant_id, lock=True)
        since = rules.period_begins(mandate.period, now) if mandate.period else now
        uses = await count(await store.uses_since(tx, mandate.id, since=since, but=payment_id))
        rules.check_use(
            mandate,
            payment_method_id=payment_method_id,
            amount=amount,
            used_minor=rules.used_minor(mandate, uses, but=payment_id),
            now=now,
        )
        return usable

    async def write_uses(self, tx: Transaction, uses: Sequence[MandateUse]) -> None:
        """Write down which attempts charge by a mandate, in the transaction that makes them."""
        now = self._desk.clock.now()
        for use in uses:
            await store.insert_use(tx, use, used_at=now)

    async def _usable(self, tx: Transaction, payment_method_id: str, *, merchant_id: str) -> Usable:
        method = await store.find_method(tx, payment_method_id, merchant_id=merchant_id)
        if method.detached_at is not None:
            raise MethodDetached("The payment method was given up.", field="payment_method")
        return Usable(card_token=method.token, channel=method.channel, customer_id=method.customer_id)

    async def check_token(self, card_token: str, *, merchant_id: str) -> None:
        """Refuses `NoSuchPaymentMethod` for a card of our vault that is another merchant's."""
        if self._desk.is_of_our_vault(card_token):
            await self._desk.card_of(card_token, merchant_id=merchant_id)

    # Looking up.

    async def get(self, id: str, *, merchant_id: str) -> Customer:
        """One customer; refuses `NoSuchCustomer`."""
        async with self._database.transaction() as tx:
            return await store.find_customer(tx, id, merchant_id=merchant_id)

    async def list(
        self, merchant_id: str, *, reference: str | None = None, before: str | None = None, limit: int = 50
    ) -> Sequence[Customer]:
        """A merchant's customers, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_customers(
                tx, merchant_id, reference=reference, before=before, limit=limit
            )

    async def get_method(self, id: str, *, merchant_id: str) -> SavedMethod:
        """One payment method; refuses `NoSuchPaymentMethod`."""
        async with self._database.transaction() as tx:
            return await store.find_method(tx, id, merchant_id=merchant_id)

    async def list_methods(
        self,
        merchant_id: str,
        *,
        customer_id: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[SavedMethod]:
        """A merchant's payment methods, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_methods(
                tx, merchant_id, customer_id=customer_id, before=before, limit=limit
            )

    async def get_mandate(self, id: str, *, merchant_id: str) -> Mandate:
        """One mandate; refuses `NoSuchMandate`."""
        async with self._database.transaction() as tx:
            return await store.find_mandate(tx, id, merchant_id=merchant_id)

    async def list_mandates(
        self,
        merchant_id: str,
        *,
        payment_method_id: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[Mandate]:
        """A merchant's mandates, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_mandates(
                tx, merchant_id, payment_method_id=payment_method_id, before=before, limit=limit
            )

    async def _forget(self, method_id: str, *, merchant_id: str) -> None:
        """Let the vault forget a card that was given up. If it does not answer, detaching again tells it again."""
        method = await self.get_method(method_id, merchant_id=merchant_id)
        if method.source is TokenSource.VAULT:
            await self._desk.cards.forget(method.token, merchant_id=merchant_id)
