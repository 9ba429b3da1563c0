"""How does a payer pay by card in the page itself? With fields of the vault in a frame, or a card that they let the merchant keep.

The number goes from the payer's keyboard to the vault. We are sent a token, and show the card's last four digits.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.channels.port import is_of_our_vault
from tael.checkout.model import Session
from tael.customers.api import Customers
from tael.customers.model import CardAgreed, SavedMethod, Usable
from tael.foundation.clock import Clock, monotonic_seconds
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id
from tael.payments.model import Attempt, Payment
from tael.vault.api import BRANDS, VaultClient, page_origin

CONSENT = "tael-checkout-1"
"""The version of the text `checkout.card.save` and `checkout.card.save_note`: new words, new version."""
_ASK_AGAIN_SECONDS = 10.0
_PATIENCE_SECONDS = 1.0
_MOST_SAVED = 5
_LOOKED_THROUGH = 50
_SHOWN = {brand.name: brand.shown for brand in BRANDS}


class SavedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that the merchant keeps for this customer, as its payer recognises it."""

    id: str
    brand: str
    last4: str
    expires: str
    """`12/34`; empty if only the channel knows."""


class CardForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the page needs to take a card."""

    fields_address: str
    """Of the fields, opened for this page alone."""
    module_address: str
    """Of the script that embeds them."""
    frames: str
    """The vault's origin."""
    saved: tuple[SavedCard, ...] = ()
    may_save: bool = False
    """Whether there is a customer for whom a new card can be kept."""


class CardChoice(msgspec.Struct, frozen=True, kw_only=True):
    """With which card somebody wants to pay: a new one, by its token, or one that is kept."""

    token: str = ""
    saved: str = ""
    save: bool = False
    """Whether they agree that the merchant keeps the new one."""


class HostedCards:
    """Cards in the checkout page of one house."""

    def __init__(self, customers: Customers, vault: VaultClient, clock: Clock, *, public_url: str) -> None:
        self._customers = customers
        self._vault = vault
        self._clock = clock
        self._origin = _origin_of(public_url)
        self._is_safe = _is_safe(self._origin)
        self._asking = asyncio.Lock()
        self._ask_at = 0.0
        self._open = False

    async def are_taken(self) -> bool:
        """Whether the vault takes cards now, for a page with our address.

        If not, they are paid on the channel's own page, where it has one.
        """
        if self._is_safe and monotonic_seconds() >= self._ask_at:
            async with self._asking:
                if monotonic_seconds() >= self._ask_at:
                    self._open = await self._asked()
                    self._ask_at = monotonic_seconds() + _ASK_AGAIN_SECONDS
        return self._open

    async def form(self, payment: Payment, session: Session | None) -> CardForm:
        """The fields, and the cards that are kept for the session's customer."""
        customer = session.customer_id if session is not None else None
        module = self._vault.module_address
        return CardForm(
            fields_address=self._vault.fields_address(merchant_id=payment.merchant_id, origin=self._origin),
            module_address=module,
            frames=_origin_of(module),
            saved=saved_cards(await self._methods(payment.merchant_id, customer), now=self._clock.now()),
            may_save=customer is not None,
        )

    async def usable(self, payment: Payment, session: Session | None, choice: CardChoice) -> Usable:
        """What the payment is made with.

        Refuses a card that is not of our vault, another merchant's, and one that is kept for another customer than the
        session's.
        """
        if not choice.saved:
            if not is_of_our_vault(choice.token):
                raise Malformed(
                    "The page was not sent whole.", field="card_token", hint="Open the page again."
                )
            await self._customers.check_token(choice.token, merchant_id=payment.merchant_id)
            return Usable(card_token=choice.token, channel=None)
        customer = session.customer_id if session is not None else None
        wanted = check_id(choice.saved, prefix="pm", field="saved")
        if wanted not in {each.id for each in await self._methods(payment.merchant_id, customer)}:
            raise Malformed("This card is not kept any more.", field="saved", hint="Open the page again.")
        return await self._customers.usable(wanted, merchant_id=payment.merchant_id)

    def agreed(
        self, session: Session | None, choice: CardChoice, attempt: Attempt, *, address: str
    ) -> CardAgreed | None:
        """What a payer agrees to who lets the merchant keep a new card; `None` if they do not, or nobody can keep it."""
        if session is None or session.customer_id is None or not (choice.save and choice.token):
            return None
        return CardAgreed(
            attempt_id=attempt.id,
            payment_id=attempt.payment_id,
            merchant_id=session.merchant_id,
            customer_id=session.customer_id,
            card_token=choice.token,
            text_version=CONSENT,
            address=address,
            agreed_at=self._clock.now(),
        )

    async def _methods(self, merchant_id: str, customer_id: str | None) -> Sequence[SavedMethod]:
        if customer_id is None:
            return []
        found = await self._customers.list_methods(
            merchant_id, customer_id=customer_id, limit=_LOOKED_THROUGH
        )
        return [each for each in found if each.detached_at is None]

    async def _asked(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._vault.is_open()
        except (Refusal, TimeoutError):
            return False


def saved_cards(methods: Sequence[SavedMethod], *, now: datetime) -> tuple[SavedCard, ...]:
    """The cards to offer, newest first: none that is over, each once."""
    offered: dict[tuple[str, str, str], SavedCard] = {}
    for each in methods:
        if each.exp_year and each.exp_month and (each.exp_year, each.exp_month) < (now.year, now.month):
            continue
        expires = f"{each.exp_month:02}/{each.exp_year % 100:02}" if each.exp_year and each.exp_month else ""
        card = SavedCard(
            id=each.id, brand=_SHOWN.get(each.brand, each.brand), last4=each.last4, expires=expires
        )
        offered.setdefault((card.brand, each.first6 + card.last4, card.expires), card)
    return tuple(offered.values())[:_MOST_SAVED]


def _is_safe(origin: str) -> bool:
    """Whether the vault lets a page of this origin embed its fields: not over plain http."""
    try:
        page_origin(origin)
    except Refusal:
        return False
    return True


def _origin_of(address: str) -> str:
    return "/".join(address.split("/")[:3])
