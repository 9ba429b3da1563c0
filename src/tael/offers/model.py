"""What are the nouns of offers? Offer, coupon, redemption."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

Method = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,40}$(?!\n)", examples=["card"])]
"""What payers know channels as."""


class Funder(StrEnum):
    """Who bears what the payer does not pay."""

    MERCHANT = "merchant"
    """The merchant gets that much less."""
    PLATFORM = "platform"
    """The merchant gets the whole amount; the platform pays the rest."""


class OfferState(StrEnum):
    """Whether an offer may be used, within its period."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"
    """For good."""


class OnRefund(StrEnum):
    """What becomes of a discount when money goes back to the payer."""

    IN_PROPORTION = "in_proportion"
    """The same share of it goes back to whoever bore it."""
    KEPT = "kept"
    """The merchant keeps it: the offer was used."""


Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3,5}$(?!\n)", examples=["CNY"])]


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an offer says. Amounts are in minor units of `currency`."""

    currency: Currency
    percent_basis_points: Annotated[int, Meta(examples=[1_000])] = 0
    """How much less, in hundredths of a percent of the amount."""
    fixed_minor: Annotated[int, Meta(examples=[0])] = 0
    """How much less in any case, on top of the percentage."""
    most_minor: Annotated[int | None, Meta(examples=[2_000])] = None
    """The largest discount of one payment."""
    least_amount_minor: Annotated[int, Meta(examples=[5_000])] = 1
    """The smallest payment for which it holds."""
    methods: Annotated[tuple[Method, ...], Meta(max_length=20)] = ()
    """Only with one of these; with any if there is none."""
    needs_coupon: bool = False
    """Only with a code; else it holds by itself."""
    stacks: bool = False
    """Whether other offers that stack may be used beside it."""
    per_payer: Annotated[int | None, Meta(examples=[None])] = None
    """How often one payer may use it. Then it holds only for payers who are known."""
    budget_minor: Annotated[int, Meta(examples=[1_000_000])]
    """How much may be given in all."""
    starts_at: Annotated[datetime, Meta(tz=True, examples=["2026-03-01T00:00:00+08:00"])]
    ends_at: Annotated[datetime, Meta(tz=True, examples=["2026-04-01T00:00:00+08:00"])]
    on_refund: OnRefund = OnRefund.IN_PROPORTION


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A rule by which a payer pays less."""

    id: str
    funder: Funder
    merchant_id: str | None
    """Whose payments it is for; none: those of all merchants, at the platform's cost."""
    name: str
    """As payers see it."""
    terms: Terms
    used_minor: int
    """What is held or spent of the budget."""
    state: OfferState
    created_at: datetime
    created_by: str

    @property
    def left_minor(self) -> int:
        """What can still be given."""
        return self.terms.budget_minor - self.used_minor


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """A code that opens an offer."""

    code: str
    """Capital letters and digits."""
    offer_id: str
    uses_most: int
    uses: int
    """How often it is held or spent."""
    created_at: datetime


class NewCoupons(msgspec.Struct, frozen=True, kw_only=True):
    """The codes that were made."""

    id: str
    """The offer's."""
    codes: Sequence[str]


def code_as_kept(text: str) -> str:
    """A coupon's code, whatever way somebody wrote it."""
    return text.strip().upper()


_SAID = "said:"


def payer_known_as(kind: str, name: str) -> str:
    """The words for a payer whom a wallet checks: the wallet, and what it calls them. Nobody reads them back."""
    return hashlib.sha256(f"{kind}:{name}".encode()).hexdigest()


def payer_said_as(customer_id: str) -> str:
    """The words for a payer of whom the merchant alone says who they are: it may have as many customers as it likes."""
    return _SAID + payer_known_as("customer", customer_id)


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is about to pay."""

    merchant_id: str
    amount_minor: int
    """Before any discount."""
    currency: str
    method: str
    payer: str | None = None
    """Who pays, as far as that is known: always the same words for the same payer."""
    codes: tuple[str, ...] = ()
    least_to_pay_minor: int = 1
    """What can be paid in this way at the least: discounts leave so much."""

    @property
    def payer_counted(self) -> str | None:
        """Under which words the payer's uses are counted."""
        return None if self.payer is None else self.payer.removeprefix(_SAID)

    def knows_payer(self, funder: Funder) -> bool:
        """Whether the payer is known well enough for an offer at this one's cost."""
        if self.payer is None:
            return False
        return funder is Funder.MERCHANT or not self.payer.startswith(_SAID)


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """What one offer takes off one purchase."""

    offer: Offer
    amount_minor: int
    code: str | None = None


class AppliedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """What one offer takes off an attempt to pay, as the payer was shown it."""

    offer_id: str
    name: str
    amount_minor: int
    funder: Funder
    code: str | None = None
    """The coupon that opened it."""


class TakenOff(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is taken off an attempt to pay, and the codes with which somebody asked for it."""

    codes: tuple[str, ...] = ()
    offers: tuple[AppliedOffer, ...] = ()

    @property
    def promoted_minor(self) -> int:
        """What of it the platform pays to the merchant."""
        return sum(each.amount_minor for each in self.offers if each.funder is Funder.PLATFORM)


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase that begins: one attempt to pay."""

    payment_id: str
    attempt_id: str
    purchase: Purchase
    shown_minor: int | None = None
    """The discount that the payer has seen, if there was somebody to see it."""


class RedemptionState(StrEnum):
    """Where a redemption stands."""

    HELD = "held"
    SPENT = "spent"
    RELEASED = "released"
    """The attempt came to nothing: the budget has it back."""


class Redemption(msgspec.Struct, frozen=True, kw_only=True):
    """An offer used for one attempt to pay. Of the attempts of one payment at most one is paid: they use an offer once."""

    id: str
    offer_id: str
    attempt_id: str
    payment_id: str
    payer: str | None
    code: str | None
    funder: Funder
    on_refund: OnRefund
    amount_minor: int
    given_back_minor: int
    """What of it went back to the funder with refunds, or is set aside for that while they are under way."""
    state: RedemptionState
    created_at: datetime


Charge = Counter[tuple[str, ...]]
"""What redemptions use up: of `("offer", id)` minor units, of `("coupon", code)` and `("payer", offer, payer)` times."""
