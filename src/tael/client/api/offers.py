"""What can be asked about offers?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from datetime import datetime
from typing import Literal

import msgspec

from tael.client.api.payments import Funder
from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class Coupons(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Codes that were made."""

    offer_id: str
    codes: list[str]


class Coupon(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A code that opens an offer."""

    code: str
    offer_id: str
    uses_most: int
    uses: int
    created_at: str


class OfferState(Word):
    """Whether an offer may be used, within its period."""

    ACTIVE = "active"
    ENDED = "ended"
    PAUSED = "paused"


class OnRefund(Word):
    """What becomes of a discount when money goes back to the payer."""

    IN_PROPORTION = "in_proportion"
    KEPT = "kept"


class Terms(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What an offer says. Amounts are in minor units of `currency`."""

    currency: str
    percent_basis_points: int = 0
    fixed_minor: int = 0
    most_minor: int | None = None
    least_amount_minor: int = 1
    methods: list[str] = msgspec.field(default_factory=list)
    needs_coupon: bool = False
    stacks: bool = False
    per_payer: int | None = None
    budget_minor: int
    starts_at: datetime
    ends_at: datetime
    on_refund: OnRefund = OnRefund("in_proportion")


class Offer(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An offer."""

    id: str
    name: str
    funder: Funder
    merchant_id: str | None
    state: OfferState
    terms: Terms
    used_minor: int
    created_at: str


class RedemptionState(Word):
    """Where a redemption stands."""

    HELD = "held"
    RELEASED = "released"
    SPENT = "spent"


class Redemption(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An offer used for one attempt to pay. Of the attempts of one payment at most one is paid: they use an
    offer once.
    """

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
    state: RedemptionState
    created_at: str


class Offers(Resource[M]):
    """Offers."""

    @operation
    def create(self, *, name: str, terms: Terms, idempotency_key: str | None = None) -> Call[Offer]:
        """Make an offer. Payers pay less by it, at your cost, from its start on.

        `name`: As payers see it.
        """
        return change("/v1/offers", Offer, locals())

    @operation
    def get(self, offer_id: str) -> Call[Offer]:
        """Get an offer. With what is used of its budget."""
        return read("/v1/offers/{offer_id}", Offer, locals())

    @listing
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: OfferState | Literal["active", "ended", "paused"] | None = None,
    ) -> Call[Page[Offer]]:
        """List offers. Newest first.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `state`: Only those that are: active, paused, ended.
        """
        return read("/v1/offers", Page[Offer], locals())

    @operation
    def set_state(
        self,
        offer_id: str,
        *,
        state: OfferState | Literal["active", "ended", "paused"],
        idempotency_key: str | None = None,
    ) -> Call[Offer]:
        """Pause an offer, let it go on, or end it. What payers have begun to pay with it stays as they saw
        it.
        """
        return change("/v1/offers/{offer_id}/state", Offer, locals())

    @operation
    def create_coupons(
        self, offer_id: str, *, count: int, uses_most: int | None = None, idempotency_key: str | None = None
    ) -> Call[Coupons]:
        """Make coupons. Codes that open an offer which needs one.

        `count`: How many. `uses_most`: How often each can be used.
        """
        return change("/v1/offers/{offer_id}/coupons", Coupons, locals())

    @listing
    def list_coupons(
        self, offer_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Coupon]]:
        """List coupons. In the order of their codes.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page.
        """
        return read("/v1/offers/{offer_id}/coupons", Page[Coupon], locals())

    @listing
    def list_redemptions(
        self, offer_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Redemption]]:
        """List redemptions. What was used of an offer, newest first.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page.
        """
        return read("/v1/offers/{offer_id}/redemptions", Page[Redemption], locals())
