"""Offers for tests: made in one line, at the cost of a merchant or of the platform."""

from datetime import timedelta
from typing import Any

from tael.app.house import House
from tael.foundation.ids import new_id
from tael.offers.api import MakeCoupons, MakeOffer
from tael.offers.model import Funder, Offer, Terms


async def an_offer(
    house: House,
    merchant_id: str | None,
    *,
    funder: Funder = Funder.MERCHANT,
    name: str = "Tea day",
    **says: Any,
) -> str:
    """An offer that holds now: 2.00 less, if nothing else is said."""
    now = house.clock.now()
    plain: dict[str, Any] = {
        "currency": "CNY",
        "fixed_minor": 0 if "percent_basis_points" in says else 200,
        "budget_minor": 100_000,
        "starts_at": now - timedelta(days=1),
        "ends_at": now + timedelta(days=1),
    }
    wanted = MakeOffer(
        id=new_id("off"),
        name=name,
        terms=Terms(**plain | says),
        funder=funder,
        merchant_id=merchant_id,
        actor="key:test",
    )
    await house.offers.do(wanted, actor="key:test")
    return wanted.id


async def a_coupon(house: House, offer_id: str, *, uses_most: int = 1) -> str:
    """The code of a new coupon."""
    wanted = MakeCoupons(offer_id=offer_id, count=1, uses_most=uses_most, merchant_id=None)
    return str((await house.offers.do(wanted, actor="key:test")).codes[0])


async def offer_of(house: House, offer_id: str) -> Offer:
    """An offer as it stands."""
    return await house.offers.get(offer_id, merchant_id=None)
