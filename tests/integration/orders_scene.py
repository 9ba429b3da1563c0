"""A merchant who is paid from wallets, in a house where nobody does anything by himself."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from tael.app.house import House, open_house
from tael.app.purse_channel import install_balance
from tael.app.purse_door import PurseDoor
from tael.app.supervisor import DatabaseUrls
from tael.behaviour.model import Circumstances
from tael.channels.port import HttpRequest, HttpResponse, Product
from tael.channels.registry import DOORS
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.ids import new_id
from tael.identity.model import Factor, Present, Visitor
from tael.payments.api import (
    CreatePayment,
    CreateRefund,
    Means,
    PaymentStory,
    RequestClose,
    StartAttempt,
    new_payment,
)
from tael.payments.model import Payment, PaymentState
from tael.standing.model import Kind, NewRestriction
from tael.testing.books import receivable_minor
from tael.testing.clocks import ManualClock
from tael.testing.platform import QUICK
from tael.wallets.api import AskAboutOrder, PayOrder
from tests.integration.wallets_scene import Person, Scene

SIX = "271828"
"""Everybody's payment password."""
_VISITOR = Visitor(device="test", address="127.0.0.1")


class _Said(msgspec.Struct, frozen=True):
    text: str


class Shop(Scene):
    """A house with users and a merchant."""

    clock: ManualClock

    def __init__(self, house: House, clock: Clock, merchant_id: str) -> None:
        super().__init__(house, clock)
        self.merchant_id = merchant_id

    # The merchant.

    async def payment(self, minor: int = 1280, *, seconds: int = 900, source: str = "api") -> Payment:
        """Somebody is to pay so much."""
        merchant = await self.house.merchants.get(self.merchant_id)
        wanted = new_payment(
            merchant,
            reference="order-1",
            description="Two cups of tea",
            amount_minor=minor,
            currency="CNY",
            now=self.clock.now(),
            seconds=seconds,
            source=source,
        )
        async with self.house.database.transaction() as tx:
            [made] = await self.house.payments.create_within(
                tx, [CreatePayment(payment=wanted, exponent=None)]
            )
        assert isinstance(made, Payment), made
        return made

    async def shown(self, payment: Payment) -> str:
        """The payer has chosen to pay by balance; the number of the order."""
        story = await self.house.payments.open_checkout(payment.id, method="balance", product=Product.PAGE)
        attempt = story.attempts[-1]
        assert attempt.action is not None, attempt
        return attempt.id

    async def order(self, minor: int = 1280, **more: Any) -> tuple[Payment, str]:
        """A payment, and the number of the order that its payer is led to."""
        payment = await self.payment(minor, **more)
        return payment, await self.shown(payment)

    async def charge(self, payment: Payment, code: str) -> PaymentStory:
        """The cashier has scanned a payer's code."""
        wish = StartAttempt(
            payment_id=payment.id,
            merchant_id=self.merchant_id,
            method="balance",
            means=Means(product=Product.BARCODE, payer_code=code),
            attempt_id=new_id("att"),
        )
        await self.house.payments.start_attempt(self._by_merchant(wish, code))
        return await self.story(payment)

    async def refund(self, payment: Payment, minor: int, *, key: str | None = None) -> Answer:
        """Give some of it back."""
        wish = CreateRefund(
            refund_id=new_id("rfd"),
            payment_id=payment.id,
            merchant_id=self.merchant_id,
            amount_minor=minor,
            note="cold",
        )
        return await self.house.payments.refund(self._by_merchant(wish, f"{payment.id} {minor}", key=key))

    async def close(self, payment: Payment) -> Answer:
        """Have a payment end unpaid."""
        wish = RequestClose(
            payment_id=payment.id, merchant_id=self.merchant_id, closing_as=PaymentState.CANCELED
        )
        return await self.house.payments.close(self._by_merchant(wish, payment.id))

    async def closed_in_word_only(self, payment: Payment) -> Answer:
        """The same, while the door says of orders that they are closed, and leaves them open."""
        house = self.house
        honest = PurseDoor(house.wallets.orders, house.payments, house.merchants, house.clock)

        async def lying(request: HttpRequest) -> HttpResponse:
            if not request.url.endswith("/close"):
                return await honest(request)
            seen = await honest(HttpRequest(method="GET", url=request.url.removesuffix("/close")))
            return msgspec.structs.replace(seen, body=seen.body.replace(b'"waiting"', b'"closed"'))

        house.channels.open_door(DOORS["balance"], lying)
        answer = await self.close(payment)
        house.channels.open_door(DOORS["balance"], honest)
        return answer

    async def story(self, payment: Payment) -> PaymentStory:
        """A payment as it stands."""
        return await self.house.payments.get(payment.id, merchant_id=None)

    def _by_merchant(self, command: Any, said: str, *, key: str | None = None) -> Call[Any]:
        return Call(
            caller=Caller(owner=self.merchant_id, actor="key:test"),
            action=type(command).__name__,
            key=key or new_id("key"),
            request=_Said(said),
            command=command,
        )

    # Payers.

    async def pay(
        self, payer: Person, number: str, *, confirmation_id: str | None = None, key: str | None = None
    ) -> Answer:
        """Pay an order."""
        command = PayOrder(
            number=number,
            user_id=payer.user_id,
            login_id=payer.login_id,
            confirmation_id=confirmation_id,
            circumstances=Circumstances(at=self.clock.now()),
        )
        call = Call(
            caller=Caller(owner=payer.user_id, actor=f"user:{payer.user_id}"),
            action="wallets.pay_order",
            key=key or new_id("key"),
            request=_Said(number),
            command=command,
        )
        return await self.wallets.orders.pay(call)

    async def code(self, payer: Person) -> str:
        """The payment code on somebody's screen."""
        shown = await self.wallets.codes.payment_code(user_id=payer.user_id, login_id=payer.login_id)
        return shown.code

    async def present(self, who: Person) -> Present:
        """Somebody signs in, and has a payment password."""
        identity = self.house.people.identity
        digest = await identity.hash_of_payment_password(SIX)
        async with self.house.database.transaction() as tx:
            signed_in = await identity.begin_whole(tx, who.login_id, _VISITOR, factor=Factor.CODE)
            await identity.set_payment_password(tx, who.login_id, digest)
        return await identity.present_user(signed_in.session.token)

    async def confirmed(self, who: Present, payer: Person, number: str) -> str:
        """The id of a confirmation of an order, given by payment password."""
        asked = await self.wallets.asking.about_order(
            AskAboutOrder(
                number=number,
                user_id=payer.user_id,
                login_id=payer.login_id,
                session_id=who.session.id,
            )
        )
        assert asked.confirmation is not None, asked
        await self.house.people.identity.confirm(
            who, asked.confirmation.id, Factor.PAYMENT_PASSWORD, SIX, _VISITOR
        )
        return asked.confirmation.id

    async def freeze(self, who: Person) -> None:
        """Somebody freezes their account."""
        async with self.house.database.transaction() as tx:
            await self.house.people.standing.restrict(
                tx, NewRestriction(user_id=who.user_id, kind=Kind.BY_RISK)
            )

    # What happens by itself, and what there is to see.

    async def told(self) -> None:
        """Everything that happened is told to whoever hears it."""
        while await self.house.courier.deliver():
            continue

    async def janitor_comes(self, *, seconds: int = 60) -> None:
        """Some time later, what is open is followed up."""
        self.clock.move(seconds=seconds)
        await self.house.payments.janitor.expire_due()
        await self.house.payments.janitor.inquire_due()
        await self.house.payments.janitor.refund_due()

    async def owed_by_channel(self) -> int:
        """What the channel still owes, by the books."""
        async with self.house.database.transaction() as tx:
            return await receivable_minor(tx)


@contextlib.asynccontextmanager
async def orders_scene(urls: DatabaseUrls, home: Path, clock: ManualClock) -> AsyncIterator[Shop]:
    """A house whose clock moves by hand, without listeners, and a merchant."""
    async with open_house(Settings(home=home, **QUICK), urls.application, clock=clock) as house:
        await install_balance(house, by="operator:test")
        await house.channels.refresh()
        await house.routing.refresh()
        merchant = await house.merchants.register(
            name="蓝茶壶 Blue Teapot", fee_basis_points=60, actor="operator:test"
        )
        yield Shop(house, clock, merchant.id)
