"""What do requests and answers about payouts look like on the wire?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.channels.port import ErrorClass
from tael.payouts.model import Leg, LegState, PayoutState, PayoutStory


class InquireRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Asking a channel needs no particulars."""


class OnPayout(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with the payout it is about: what a repeat must repeat."""

    payout_id: str
    request: msgspec.Struct


class LegBody(msgspec.Struct, frozen=True, kw_only=True):
    """One go of a payout over one channel."""

    channel: Annotated[str, Meta(description="Over which channel", examples=["bank"])]
    state: Annotated[LegState, Meta(description="Where it stands", examples=["succeeded"])]
    channel_reference: Annotated[str | None, Meta(description="The channel's own number")]
    channel_code: Annotated[str | None, Meta(description="The channel's own code of its last answer")]
    error_class: Annotated[
        ErrorClass | None, Meta(description="Why it did not succeed, or why that is not known")
    ]
    begun_at: Annotated[datetime, Meta(description="When the channel was chosen")]
    ended_at: Annotated[datetime | None, Meta(description="When it was known what became of it")]
    next_inquiry_at: Annotated[datetime | None, Meta(description="When the channel is asked next")]
    doubted_at: Annotated[
        datetime | None,
        Meta(description="Since when the channel contradicts what it said; it is asked again"),
    ]
    unowed: Annotated[
        bool,
        Meta(description="It went although the payout had been given up: the platform has to recover it"),
    ]


class PayoutBody(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way to somebody's account."""

    id: Annotated[
        str,
        Meta(
            description="The payout's id, which every channel sees",
            examples=["pyo_06dk3vg5m8x4t9c1h2zq7n0rby"],
        ),
    ]
    owner: Annotated[str, Meta(description="Whose money it is", examples=["usr_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    purpose: Annotated[str, Meta(description="What it is for", examples=["withdrawal"])]
    reference: Annotated[
        str, Meta(description="The object for which it is made", examples=["wdr_06dk3vg5m8x4t9c1h2zq7n0rby"])
    ]
    amount_minor: Annotated[int, Meta(description="The amount, in minor units", examples=[30000])]
    currency: Annotated[str, Meta(description="ISO 4217", examples=["CNY"])]
    account_kind: Annotated[
        str, Meta(description="What kind of account it goes to", examples=["bank_account"])
    ]
    to: Annotated[str, Meta(description="The account, masked", examples=["622202******1234"])]
    state: Annotated[PayoutState, Meta(description="Where it stands", examples=["processing"])]
    reason: Annotated[str | None, Meta(description="Why it failed or came back", examples=["AC04"])]
    created_at: Annotated[datetime, Meta(description="When it was made")]
    ended_at: Annotated[datetime | None, Meta(description="When it was known what became of it")]
    next_leg_at: Annotated[datetime | None, Meta(description="When a channel is sought for it")]
    legs: Annotated[Sequence[LegBody], Meta(description="The channels it was given to, oldest first")]


def payout_body(story: PayoutStory) -> PayoutBody:
    """A payout as it is shown."""
    payout = story.payout
    return PayoutBody(
        id=payout.id,
        owner=payout.owner,
        purpose=payout.purpose,
        reference=payout.reference,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        account_kind=payout.account_kind,
        to=payout.shown,
        state=payout.state,
        reason=payout.reason,
        created_at=payout.created_at,
        ended_at=payout.ended_at,
        next_leg_at=payout.next_leg_at,
        legs=[_leg_body(leg) for leg in story.legs],
    )


def _leg_body(leg: Leg) -> LegBody:
    return LegBody(
        channel=leg.channel,
        state=leg.state,
        channel_reference=leg.channel_reference,
        channel_code=leg.channel_code,
        error_class=leg.error_class,
        begun_at=leg.begun_at,
        ended_at=leg.ended_at,
        next_inquiry_at=leg.next_inquiry_at,
        doubted_at=leg.doubted_at,
        unowed=leg.unowed,
    )
