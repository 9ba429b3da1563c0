"""What do rules, decisions and the health of channels look like on the wire, for those who operate the platform?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.channels.port import ErrorClass, Product
from tael.foundation.money import Money
from tael.foundation.printable import PRINTABLE
from tael.foundation.proposals import ProposalState
from tael.routing.model import (
    Candidate,
    Fact,
    Health,
    PastDecision,
    Purpose,
    Rule,
    RulesWanted,
    RuleVerb,
    RuleWanted,
    Traffic,
    Wanted,
)

_CHANNEL = r"^[a-z][a-z0-9_]{1,31}$(?!\n)"
ChannelName = Annotated[str, Meta(pattern=_CHANNEL, examples=["lantern_main"])]
Text = Annotated[str, Meta(min_length=1, max_length=500, pattern=PRINTABLE)]
RuleId = Annotated[
    str,
    Meta(
        pattern=r"^rul_[0-9a-z]{26}$(?!\n)",
        description="The id of a rule",
        examples=["rul_06dk3vg5m8x4t9c1h2zq7n0rby"],
    ),
]
Note = Annotated[
    str,
    Meta(
        max_length=1_000,
        pattern=PRINTABLE,
        description="In your own words, up to 1,000 characters",
        examples=["limit agreed on 3 March"],
    ),
]
Moment = Annotated[
    datetime,
    Meta(tz=True, description="A moment with its offset from UTC", examples=["2026-03-01T04:00:00Z"]),
]
MinorUnits = Annotated[
    int, Meta(ge=1, le=10**15, description="In minor units: 128000 is 1,280.00 yuan", examples=[128_000])
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request, or a part of one: a field that is not known is a typing error."""


class RuleRequest(_Strict, frozen=True, kw_only=True):
    """A rule that shall come."""

    verb: Annotated[RuleVerb, Meta(description="`only` these, `never` these, or `prefer` these")]
    channels: Annotated[
        tuple[ChannelName, ...],
        Meta(
            max_length=50,
            description="Empty: those for which the expression is true, which asks for `channel`",
        ),
    ] = ()
    expression: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            description="When, in CEL",
            examples=["amount_minor > 5000000 && hour < 6"],
        ),
    ]
    priority: Annotated[
        int, Meta(ge=-1_000, le=1_000, description="The highest counts first", examples=[10])
    ] = 0
    owner: Annotated[Text, Meta(description="Who answers for it", examples=["risk"])]
    reason: Annotated[Text, Meta(description="Why", examples=["limit agreed on 3 March"])]
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class RulesRequest(_Strict, frozen=True, kw_only=True):
    """What shall become of the rules: some come and some end, all at the same moment."""

    based_on: Annotated[
        int, Meta(ge=0, le=2**53, description="The `number` of the rules that you have read", examples=[7])
    ]
    add: Annotated[tuple[RuleRequest, ...], Meta(max_length=50)] = ()
    end: Annotated[tuple[RuleId, ...], Meta(max_length=50)] = ()


class ProposeRulesRequest(RulesRequest, frozen=True, kw_only=True):
    """A change of the rules. Nothing changes until somebody else approves."""

    note: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1_000,
            pattern=PRINTABLE,
            description="Why, for whoever decides",
            examples=["limit agreed on 3 March"],
        ),
    ]


class DescribedPayment(_Strict, frozen=True, kw_only=True):
    """A payment, payout or refund as it might come."""

    purpose: Annotated[Purpose, Meta(description="Rules say nothing about refunds: they go back")] = (
        Purpose.PAY
    )
    amount_minor: MinorUnits
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3,4}$(?!\n)", examples=["CNY"])]
    product: Annotated[Product, Meta(description="The scene of a payment")] = Product.CODE
    method: Annotated[ChannelName, Meta(description="What the payer chose")] | None = None
    merchant_id: Annotated[str, Meta(max_length=64, pattern=PRINTABLE)] = ""
    channel: Annotated[ChannelName, Meta(description="The payer or the merchant chose this one")] | None = (
        None
    )
    facts: Annotated[
        dict[Annotated[str, Meta(max_length=40)], str | int | bool],
        Meta(max_length=20, description="What else rules may ask", examples=[{"card_kind": "debit"}]),
    ] = {}


class TryRulesRequest(RulesRequest, frozen=True, kw_only=True):
    """What would a change do? With neither rules that come nor rules that end: what do the present rules do?"""

    latest: Annotated[
        int, Meta(ge=0, le=1_000, description="Try it on so many of the latest decisions", examples=[500])
    ] = 500
    payment: DescribedPayment | None = None


class RulesBody(msgspec.Struct, frozen=True, kw_only=True):
    """All rules that hold, or will."""

    number: Annotated[int, Meta(description="Of the change that left them so; 0: there was none yet")]
    changed_at: datetime | None
    proposed_by: str | None
    approved_by: str | None
    rules: Annotated[list[Rule], Meta(description="The highest priority first")]


class RulesProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal about rules, in plain sight."""

    id: str
    change: RulesWanted
    digest: str
    note: str
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_note: str | None = None


class RulesDecided(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a proposal."""

    proposal_id: str
    approved: bool
    number: Annotated[
        int | None, Meta(description="Of the rules that are now in force, if they were changed")
    ]


class OddsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who could get a payment, and how likely."""

    candidates: list[Candidate]
    refusal: Annotated[str | None, Meta(description="If nobody can")]


class TriedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a payment as it was described."""

    now: OddsBody
    changed: OddsBody


class DecisionBody(msgspec.Struct, frozen=True, kw_only=True):
    """A decision: the channel that was drawn, and all that were thought of."""

    id: str
    subject: Annotated[str, Meta(description="The attempt, refund or payout for which it was taken")]
    purpose: Purpose
    decided_at: datetime
    merchant_id: str
    amount_minor: int
    currency: str
    product: Product
    method: str | None
    facts: Mapping[str, Fact]
    pinned: Annotated[str | None, Meta(description="The channel that payer or merchant asked for")]
    tried_before: list[str]
    policy: str
    segment: str
    chosen: str
    probability: Annotated[float, Meta(description="With which it was drawn")]
    candidates: list[Candidate]
    succeeded: bool | None
    error_class: ErrorClass | None
    seconds: float | None
    learnt_at: datetime | None


class ProductTraffic(msgspec.Struct, frozen=True, kw_only=True):
    """How payments of one scene went over a channel, in all processes together."""

    product: Product
    decisions: Annotated[int, Meta(description="In which the channel was drawn")]
    succeeded: int
    failed: Annotated[int, Meta(description="For the channel's own reasons")]
    success_basis_points: Annotated[int | None, Meta(description="Of those that succeeded or failed")]


class ChannelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel is, as the process sees it that answers."""

    channel: str
    health: Health
    usable: Annotated[bool, Meta(description="Whether it gets traffic while others do, too")]
    resting_seconds: Annotated[float | None, Meta(description="How long it is left alone from now on")]
    window_calls: Annotated[int, Meta(description="Of this process, in the breaker's window")]
    window_faults: Annotated[int, Meta(description="Of these, for the channel's own reasons")]
    window_slow: int
    good_probes: int
    products: Annotated[list[ProductTraffic], Meta(description="In the minutes that were asked for")]


def rules_wanted(request: RulesRequest) -> RulesWanted:
    """A request as the change that it asks for."""
    return RulesWanted(
        add=tuple([RuleWanted(**msgspec.structs.asdict(each)) for each in request.add]),
        end=request.end,
        based_on=request.based_on,
    )


def wanted_of(described: DescribedPayment) -> Wanted:
    """A described payment as routing is asked for it."""
    return Wanted(
        subject="trial",
        purpose=described.purpose,
        amount=Money(described.amount_minor, described.currency),
        merchant_id=described.merchant_id,
        product=described.product,
        method=described.method,
        facts=described.facts,
        pinned=described.channel,
    )


def decision_body(decision: PastDecision) -> DecisionBody:
    """A decision as operations read it."""
    wanted = decision.wanted
    return DecisionBody(
        id=decision.id,
        subject=decision.subject,
        purpose=decision.purpose,
        decided_at=decision.decided_at,
        merchant_id=wanted.merchant_id,
        amount_minor=wanted.amount.minor,
        currency=wanted.amount.currency,
        product=wanted.product,
        method=wanted.method,
        facts=wanted.facts,
        pinned=wanted.pinned,
        tried_before=sorted(wanted.excluded),
        policy=decision.policy,
        segment=decision.segment,
        chosen=decision.chosen,
        probability=decision.probability,
        candidates=list(decision.candidates),
        succeeded=decision.succeeded,
        error_class=decision.error_class,
        seconds=decision.seconds,
        learnt_at=decision.learnt_at,
    )


SHEET_COLUMNS = (
    "id decided_at purpose subject merchant_id amount currency product method chosen probability pinned policy segment"
    " succeeded error_class seconds why_not"
).split()
"""Of an exported list."""


def decision_row(decision: PastDecision) -> list[str]:
    """A decision as a line of an exported list; those that could not be chosen stand together in the last column."""
    wanted = decision.wanted
    outcome = {True: "yes", False: "no", None: ""}[decision.succeeded]
    return [
        decision.id,
        decision.decided_at.isoformat(),
        decision.purpose,
        decision.subject,
        wanted.merchant_id,
        wanted.amount.decimal(),
        wanted.amount.currency,
        wanted.product,
        wanted.method or "",
        decision.chosen,
        f"{decision.probability:.6f}",
        wanted.pinned or "",
        decision.policy,
        decision.segment,
        outcome,
        decision.error_class or "",
        "" if decision.seconds is None else f"{decision.seconds:.3f}",
        " ".join(f"{each.channel}:{each.why_not}" for each in decision.candidates if not each.eligible),
    ]


def product_traffic(traffic: Traffic) -> ProductTraffic:
    """One scene as operations see it."""
    known = traffic.succeeded + traffic.failed
    return ProductTraffic(
        product=traffic.product,
        decisions=traffic.decisions,
        succeeded=traffic.succeeded,
        failed=traffic.failed,
        success_basis_points=traffic.succeeded * 10_000 // known if known else None,
    )
