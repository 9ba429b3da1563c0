"""Where do offers, coupons and redemptions lie? The context's only SQL."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, columns, queries
from tael.offers.model import Charge, Coupon, Funder, Offer, OfferState, Redemption

SQL = queries("tael.offers")

_REDEMPTION = "id offer_id attempt_id payment_id payer code funder on_refund amount_minor created_at"


class _Uses(msgspec.Struct, frozen=True, kw_only=True):
    offer_id: str
    payer: str
    uses: int


async def insert_offer(tx: Transaction, offer: Offer) -> None:
    """Write a new offer."""
    row = msgspec.structs.asdict(offer) | {
        "terms": msgspec.json.encode(offer.terms).decode(),
        "currency": offer.terms.currency,
        "budget_minor": offer.terms.budget_minor,
    }
    del row["used_minor"]
    await tx.run(SQL.insert_offer, **row)


async def find_offers(tx: Transaction, ids: Collection[str], *, lock: bool = False) -> dict[str, Offer]:
    """The offers among `ids`; nobody else changes them until the transaction ends if they are locked."""
    if not ids:
        return {}
    query = SQL.lock_offers if lock else SQL.find_offers
    return {offer.id: offer for offer in await tx.rows(query, Offer, ids=sorted(ids))}


async def list_offers(
    tx: Transaction,
    *,
    merchant_id: str | None,
    funder: Funder | None,
    state: OfferState | None,
    before: str | None,
    limit: int,
) -> list[Offer]:
    """Offers, newest first."""
    return await tx.rows(
        SQL.list_offers,
        Offer,
        merchant_id=merchant_id,
        funder=funder,
        state=state,
        before=before,
        limit=limit,
    )


async def offers_for(tx: Transaction, scenes: Sequence[tuple[str, str]]) -> list[str]:
    """The offers that might hold for some merchants' payments in some currencies without a code."""
    merchants, currencies = [each for each, _ in scenes], [each for _, each in scenes]
    found = await tx.tuples(SQL.offers_for, merchant_ids=merchants, currencies=currencies)
    return [id for (id,) in found]


async def set_state(tx: Transaction, id: str, state: OfferState) -> None:
    """Let an offer be used or not."""
    await tx.run(SQL.set_offer_state, id=id, state=state)


async def insert_coupons(
    tx: Transaction, offer_id: str, codes: Sequence[str], *, uses_most: int, now: datetime
) -> list[str]:
    """Write coupons and give the codes that nobody had before."""
    written = await tx.tuples(
        SQL.insert_coupons, offer_id=offer_id, codes=list(codes), uses_most=uses_most, created_at=now
    )
    return [code for (code,) in written]


async def find_coupons(tx: Transaction, codes: Collection[str]) -> dict[str, Coupon]:
    """The coupons among `codes`."""
    if not codes:
        return {}
    found = await tx.rows(SQL.find_coupons, Coupon, codes=sorted(codes))
    return {coupon.code: coupon for coupon in found}


async def list_coupons(tx: Transaction, offer_id: str, *, after: str | None, limit: int) -> list[Coupon]:
    """An offer's coupons in the order of their codes."""
    return await tx.rows(SQL.list_coupons, Coupon, offer_id=offer_id, after=after, limit=limit)


async def uses_of_payers(
    tx: Transaction, offer_ids: Collection[str], payers: Collection[str]
) -> Counter[tuple[str, str]]:
    """How often each of the payers has used each of the offers."""
    if not offer_ids or not payers:
        return Counter()
    found = await tx.rows(SQL.uses_of_payers, _Uses, offer_ids=sorted(offer_ids), payers=sorted(payers))
    return Counter({(each.offer_id, each.payer): each.uses for each in found})


async def insert_redemptions(tx: Transaction, redemptions: Sequence[Redemption]) -> None:
    """Write what is held."""
    await tx.run(SQL.insert_redemptions, **columns(redemptions, _REDEMPTION))


async def lock_redemptions(tx: Transaction, attempt_ids: Collection[str]) -> list[Redemption]:
    """What was redeemed for some attempts."""
    if not attempt_ids:
        return []
    return await tx.rows(SQL.lock_redemptions, Redemption, attempt_ids=sorted(attempt_ids))


async def redemptions_of_payments(tx: Transaction, payment_ids: Collection[str]) -> list[Redemption]:
    """What was redeemed for some payments."""
    if not payment_ids:
        return []
    return await tx.rows(SQL.redemptions_of_payments, Redemption, payment_ids=sorted(payment_ids))


async def redemptions_beside(tx: Transaction, attempt_ids: Collection[str]) -> list[Redemption]:
    """What was redeemed for the payments to which some attempts belong."""
    if not attempt_ids:
        return []
    return await tx.rows(SQL.redemptions_beside, Redemption, attempt_ids=sorted(attempt_ids))


async def merchants_with_offers(
    tx: Transaction, *, now: datetime, soon: datetime
) -> set[tuple[str | None, bool]]:
    """Whose payments an offer might be for between two moments (None: everybody's), and whether it needs a code."""
    found = await tx.tuples(SQL.merchants_with_offers, now=now, soon=soon)
    return {(merchant, needs_coupon) for merchant, needs_coupon in found}


async def list_redemptions(
    tx: Transaction, offer_id: str, *, before: str | None, limit: int
) -> list[Redemption]:
    """What was redeemed of an offer, newest first."""
    return await tx.rows(SQL.list_redemptions, Redemption, offer_id=offer_id, before=before, limit=limit)


async def update_redemptions(tx: Transaction, redemptions: Sequence[Redemption]) -> None:
    """Write states, and what went back."""
    if redemptions:
        await tx.run(SQL.update_redemptions, **columns(redemptions, "id state given_back_minor"))


async def change_uses(tx: Transaction, change: Charge) -> None:
    """Take more out of budgets and coupons, or put it back. Whoever changes them has locked the offers."""
    offers = {what[1]: much for what, much in change.items() if what[0] == "offer" and much}
    coupons = {what[1]: much for what, much in change.items() if what[0] == "coupon" and much}
    if offers or coupons:
        await tx.run(
            SQL.change_uses,
            offer_ids=list(offers),
            amounts=list(offers.values()),
            codes=list(coupons),
            code_uses=list(coupons.values()),
        )
