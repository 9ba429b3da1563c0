"""The verbs of bank cards: type in, prove, bind, choose, remove."""

from collections.abc import Sequence

import msgspec

from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import written
from tael.foundation.db import Transaction
from tael.foundation.personal import mask_phone
from tael.foundation.phones import phone_as_kept
from tael.funding import store
from tael.funding.api.answering import Answering, left_open, there
from tael.funding.model import BankCard, CardState
from tael.funding.schemas.cards import BankCardBody, CodeSentBody, FieldsBody, card_body
from tael.funding.usecases import cards
from tael.funding.usecases.cards import BindCard
from tael.funding.usecases.ground import Person
from tael.vault.model import Token


class SendCode(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to have a code sent to a card's telephone."""

    user_id: str
    token: str
    phone: str


class OnCard(msgspec.Struct, frozen=True, kw_only=True):
    """A wish about one of a user's cards."""

    card_id: str
    user_id: str


class Cards(Answering):
    """Bank cards of users."""

    def card_fields(self, user_id: str, *, origin: str, return_url: str) -> FieldsBody:
        """Where a user types a card in: a page of our vault. Refuses `PageRefused`."""
        vault = self._ground.vault
        address = vault.fields_address(merchant_id=user_id, origin=origin, return_url=return_url, binds=True)
        return FieldsBody(url=address, module_url=vault.module_address)

    async def send_code(self, call: Call[SendCode]) -> Answer:
        """Send a code to the telephone that the bank knows for a card."""
        wish = call.command
        token = await self._unless_known(
            call, lambda: cards.look_into(self._ground, wish.token, user_id=wish.user_id)
        )

        async def verb(tx: Transaction, command: SendCode) -> CodeSentBody:
            await cards.send_code(tx, self._ground, card=there(token), phone=command.phone)
            return CodeSentBody(phone=mask_phone(phone_as_kept(command.phone)))

        return await self._clerk.answer(call, verb, shown=lambda body: ("", body), status=200)

    async def bind(self, call: Call[BindCard]) -> Answer:
        """Bind a card; 202 while its bank has not said whose it is, and 201 with what it said."""
        wish = call.command

        async def look() -> tuple[Token, Person]:
            token = await cards.look_into(self._ground, wish.token, user_id=wish.user_id)
            return token, await self._ground.person(wish.user_id)

        seen = await self._unless_known(call, look)

        async def verb(tx: Transaction, command: BindCard) -> BankCard:
            token, person = there(seen)
            return await cards.begin_binding(tx, self._ground, command, token=token, person=person)

        begun = await self._clerk.open(call, verb, left_open)
        if isinstance(begun, Answer):
            return begun
        card = begun.result or await self.card(begun.object_id, user_id=wish.user_id)
        person = seen[1] if seen is not None else await self._ground.person(wish.user_id)
        card = await cards.ask_the_bank(self._ground, card, person=person, phone=wish.phone)
        status = 202 if card.state is CardState.CHECKING else 201
        return await self._clerk.close(call, written(card_body(card), status=status))

    async def make_default(self, call: Call[OnCard]) -> Answer:
        """Propose a card first."""

        async def verb(tx: Transaction, command: OnCard) -> BankCard:
            return await cards.make_default(tx, command.card_id, user_id=command.user_id)

        return await self._clerk.answer(call, verb, shown=_shown_card, status=200)

    async def unbind(self, call: Call[OnCard]) -> Answer:
        """Remove a card."""

        async def verb(tx: Transaction, command: OnCard) -> BankCard:
            return await cards.unbind(tx, self._ground, command.card_id, user_id=command.user_id)

        return await self._clerk.answer(call, verb, shown=_shown_card, status=200)

    async def card(self, card_id: str, *, user_id: str) -> BankCard:
        """One of a user's cards; refuses `NoSuchBankCard`."""
        async with self._ground.database.transaction() as tx:
            return await store.get_card(tx, card_id, user_id=user_id)

    async def cards_of(self, user_id: str) -> Sequence[BankCard]:
        """A user's cards, the default first."""
        async with self._ground.database.transaction() as tx:
            return await store.cards_of(tx, user_id)

    async def forget_unbound(self) -> None:
        """Let the vault forget cards that nobody has any more."""
        await cards.forget_unbound(self._ground)

    async def end_unasked(self) -> None:
        """Refuse cards whose bank nobody lived to ask."""
        await cards.end_unasked(self._ground)


def _shown_card(card: BankCard) -> tuple[str, BankCardBody]:
    return card.id, card_body(card)
