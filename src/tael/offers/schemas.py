"""What do offers look like on the wire? Requests that are strict, and bodies that agree with the nouns."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.printable import LINES, PRINTABLE
from tael.foundation.proposals import ProposalState
from tael.offers.model import Funder, NewCoupons, Offer, OfferState, Terms


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class MakeOfferRequest(_Strict, frozen=True, kw_only=True):
    """An offer at the merchant's cost. It holds from its start to its end, as long as its budget lasts."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            pattern=PRINTABLE,
            description="As payers see it",
            examples=["双十一"],
        ),
    ]
    terms: Terms


class ProposeOfferRequest(_Strict, frozen=True, kw_only=True):
    """An offer at the platform's cost."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            pattern=PRINTABLE,
            description="As payers see it",
            examples=["双十一"],
        ),
    ]
    terms: Terms
    merchant_id: Annotated[
        Annotated[str, Meta(pattern=r"^mer_[0-9a-z]{26}$(?!\n)")] | None,
        Meta(description="For this merchant's payments; for everybody's if it is left out", examples=[None]),
    ] = None
    note: Annotated[
        str,
        Meta(
            min_length=1, max_length=1_000, pattern=LINES, description="Why", examples=["campaign of spring"]
        ),
    ]


class OfferProposal(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that somebody wants the platform to pay for."""

    id: str
    subject: str
    """The id that the offer will have."""
    name: str
    merchant_id: str | None
    terms: Terms
    digest: str
    note: str
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_note: str | None = None


class OfferStateRequest(_Strict, frozen=True, kw_only=True):
    """Whether an offer may be used."""

    state: OfferState


class MakeCouponsRequest(_Strict, frozen=True, kw_only=True):
    """New codes for an offer."""

    count: Annotated[int, Meta(ge=1, le=1_000, description="How many")]
    uses_most: Annotated[int, Meta(ge=1, le=1_000_000, description="How often each can be used")] = 1


class OnOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A request about one offer, as a repeat must send it again."""

    offer_id: str
    asked: msgspec.Struct


class OfferBody(msgspec.Struct, frozen=True, kw_only=True):
    """An offer."""

    id: str
    name: str
    funder: Funder
    merchant_id: str | None
    """Whose payments it is for; none: those of all merchants."""
    state: OfferState
    terms: Terms
    used_minor: int
    """What is held or spent of the budget."""
    created_at: datetime


class CouponsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Codes that were made."""

    offer_id: str
    codes: tuple[str, ...]


def offer_body(offer: Offer) -> OfferBody:
    """An offer as it goes out."""
    return OfferBody(
        id=offer.id,
        name=offer.name,
        funder=offer.funder,
        merchant_id=offer.merchant_id,
        state=offer.state,
        terms=offer.terms,
        used_minor=offer.used_minor,
        created_at=offer.created_at,
    )


def shown(offer: Offer) -> tuple[str, OfferBody]:
    """What came of a change, for the answer."""
    return offer.id, offer_body(offer)


def shown_codes(made: NewCoupons) -> tuple[str, CouponsBody]:
    """The codes that were made, for the answer."""
    return made.id, CouponsBody(offer_id=made.id, codes=tuple(made.codes))
