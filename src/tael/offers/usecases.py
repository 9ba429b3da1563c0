"""How do offers and coupons come to be, and end? One verb for each command; all in the caller's transaction."""

import secrets
from collections.abc import Mapping
from datetime import datetime

import msgspec

from tael.foundation import proposals
from tael.foundation.db import Transaction
from tael.foundation.proposals import Proposal, ProposalState
from tael.offers import rules, store
from tael.offers.errors import NoSuchOffer, OfferEnded, OfferNotYours
from tael.offers.model import Funder, NewCoupons, Offer, OfferState, Terms

MOST_COUPONS = 1_000
"""How many coupons are made at a time."""
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without those that people take for one another."""
_CODE_LENGTH = 10


class MakeOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A new, active offer."""

    id: str
    name: str
    terms: Terms
    funder: Funder
    merchant_id: str | None
    actor: str


class SetOfferState(msgspec.Struct, frozen=True, kw_only=True):
    """Pause an offer, let it go on, or end it for good. `merchant_id` is None when the platform asks."""

    offer_id: str
    state: OfferState
    merchant_id: str | None


class MakeCoupons(msgspec.Struct, frozen=True, kw_only=True):
    """So many new codes for an offer, at most `MOST_COUPONS`."""

    offer_id: str
    count: int
    uses_most: int
    merchant_id: str | None


class PlatformOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer at the platform's cost, as it is proposed. `merchant_id` is whose payments it is for; none: everybody's."""

    id: str
    name: str
    merchant_id: str | None
    terms: Terms


class ProposeOffer(msgspec.Struct, frozen=True, kw_only=True):
    """Ask somebody else to let the platform pay for an offer."""

    offer: PlatformOffer
    note: str
    actor: str


class DecideOffer(msgspec.Struct, frozen=True, kw_only=True):
    """Say yes, which makes the offer, or no."""

    proposal_id: str
    approve: bool
    digest: str
    note: str
    actor: str


Command = MakeOffer | SetOfferState | MakeCoupons | ProposeOffer | DecideOffer
KIND = "offers"
"""How the kinds of our proposals begin: there is one, `offers.make`."""


def action_of(command: Command) -> str:
    """A command in the words of the audit trail."""
    if isinstance(command, SetOfferState):
        return f"offers.set_state_{command.state}"
    return _ACTIONS[type(command)]


_ACTIONS: Mapping[type, str] = {
    MakeOffer: "offers.create",
    MakeCoupons: "offers.make_coupons",
    ProposeOffer: "offers.propose",
    DecideOffer: "offers.decide",
}


async def do(tx: Transaction, command: Command, *, now: datetime) -> Offer | NewCoupons | Proposal:
    """Carry a command out; raises what its verb refuses."""
    if isinstance(command, MakeOffer):
        return await _make_offer(tx, command, now)
    if isinstance(command, SetOfferState):
        return await _set_state(tx, command)
    if isinstance(command, MakeCoupons):
        return await _make_coupons(tx, command, now)
    if isinstance(command, ProposeOffer):
        return await _propose(tx, command, now)
    return await _decide(tx, command, now)


def proposed_in(proposal: Proposal) -> PlatformOffer:
    """The offer that a proposal of ours holds."""
    return msgspec.json.decode(proposal.content, type=PlatformOffer)


async def one(tx: Transaction, offer_id: str, merchant_id: str | None, *, lock: bool = False) -> Offer:
    """An offer of a merchant, or any if the platform asks; refuses `NoSuchOffer`."""
    offer = (await store.find_offers(tx, [offer_id], lock=lock)).get(offer_id)
    if offer is None or merchant_id not in (None, offer.merchant_id):
        raise NoSuchOffer(f"There is no offer {offer_id[:40]!r}.", field="offer_id")
    return offer


async def _own(tx: Transaction, offer_id: str, merchant_id: str | None, *, lock: bool = False) -> Offer:
    """An offer to change: the one who pays for it decides; refuses `OfferNotYours`, too."""
    offer = await one(tx, offer_id, merchant_id, lock=lock)
    if merchant_id is not None and offer.funder is not Funder.MERCHANT:
        raise OfferNotYours("The platform pays for this offer, and decides about it.", field="offer_id")
    return offer


async def _make_offer(tx: Transaction, command: MakeOffer, now: datetime) -> Offer:
    refusal = rules.why_malformed(command.name, command.terms)
    if refusal is not None:
        raise refusal
    offer = Offer(
        id=command.id,
        funder=command.funder,
        merchant_id=command.merchant_id,
        name=command.name.strip(),
        terms=command.terms,
        used_minor=0,
        state=OfferState.ACTIVE,
        created_at=now,
        created_by=command.actor,
    )
    await store.insert_offer(tx, offer)
    return offer


async def _propose(tx: Transaction, command: ProposeOffer, now: datetime) -> Proposal:
    """Refuses what the offer itself would be refused for."""
    refusal = rules.why_malformed(command.offer.name, command.offer.terms)
    if refusal is not None:
        raise refusal
    return await proposals.propose(
        tx,
        kind=f"{KIND}.make",
        subject=command.offer.id,
        content=msgspec.json.encode(command.offer),
        note=command.note,
        by=command.actor,
        now=now,
    )


async def _decide(tx: Transaction, command: DecideOffer, now: datetime) -> Proposal:
    """Refuses `SameEyes`, `ProposalEnded`, `ProposalDiffers`."""
    proposal = await proposals.decide(
        tx,
        command.proposal_id,
        approve=command.approve,
        by=command.actor,
        note=command.note,
        now=now,
        digest=command.digest,
        kind=KIND,
    )
    if proposal.state is ProposalState.APPROVED:
        offer = proposed_in(proposal)
        made = MakeOffer(
            id=offer.id,
            name=offer.name,
            terms=offer.terms,
            funder=Funder.PLATFORM,
            merchant_id=offer.merchant_id,
            actor=proposal.proposed_by,
        )
        await _make_offer(tx, made, now)
    return proposal


async def _set_state(tx: Transaction, command: SetOfferState) -> Offer:
    """What is held for attempts that are under way stays held."""
    offer = await _own(tx, command.offer_id, command.merchant_id, lock=True)
    if offer.state is OfferState.ENDED and command.state is not OfferState.ENDED:
        raise OfferEnded("The offer has ended for good.", hint="Make a new one.")
    await store.set_state(tx, offer.id, command.state)
    return msgspec.structs.replace(offer, state=command.state)


async def _make_coupons(tx: Transaction, command: MakeCoupons, now: datetime) -> NewCoupons:
    offer = await _own(tx, command.offer_id, command.merchant_id)
    made: list[str] = []
    while len(made) < command.count:
        codes = [_new_code() for _ in range(command.count - len(made))]
        made += await store.insert_coupons(tx, offer.id, codes, uses_most=command.uses_most, now=now)
    return NewCoupons(id=offer.id, codes=made)


def _new_code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
