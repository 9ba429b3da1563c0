"""What are the nouns of routing? What is wanted, candidates, decisions, results, rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from tael.channels.port import Capabilities, ErrorClass, Operation, Product
from tael.foundation.money import Money

Fact = str | int | bool


class Purpose(StrEnum):
    """What a channel is sought for."""

    PAY = "pay"
    PAY_OUT = "pay_out"
    REFUND = "refund"


class RefundOf(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to know of the payment that is given back."""

    channel: str
    """Over which it was paid."""
    paid_at: datetime
    payer_account_known: bool = False
    """Whether the money can be sent to an account of the payer instead."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel is sought for."""

    subject: str
    """The id of the attempt, refund or payout. Nothing is decided twice for one subject."""
    purpose: Purpose
    amount: Money
    merchant_id: str
    product: Product = Product.CODE
    """The scene of a payment; without meaning for the others."""
    method: str | None = None
    """Only channels that payers know as this."""
    facts: Mapping[str, Fact] = {}
    """What rules may ask beside the above: `card_kind`, `country`; see `expressions.FACTS`."""
    pinned: str | None = None
    """Only this channel: the payer or the merchant has chosen it."""
    excluded: frozenset[str] = frozenset()
    """Those that were tried before."""
    held: bool = False
    """Whether the payer's money is only to be held first."""
    refund_of: RefundOf | None = None
    """For refunds."""
    payee_kind: str = ""
    """Of a payout: the kind of account to which it goes (`Capabilities.account_kind`), if only channels that pay to such
    will do."""


class WhyNot(StrEnum):
    """Why a channel is no candidate."""

    OPERATION = "operation"
    """It does not do such things at all."""
    METHOD = "method"
    PRODUCT = "product"
    CURRENCY = "currency"
    AMOUNT = "amount"
    """Too little or too much for it."""
    TERMS = "terms"
    """It is to get no new business: no contract yet, suspended, retired."""
    PINNED = "pinned"
    """Another one was asked for."""
    TRIED = "tried"
    RULE = "rule"
    """A rule of operations says no; the candidate names it."""
    ACCOUNT = "account"
    """It cannot pay to such an account."""
    REFUND_WINDOW = "refund_window"
    """The payment is too old for it."""


class Health(StrEnum):
    """How a channel is, as this process sees it."""

    WELL = "well"
    PROBING = "probing"
    """It was ill; a small share of traffic tries whether it still is."""
    ILL = "ill"
    """Its own faults are too many."""
    SLOW = "slow"
    """Half its answers take too long."""
    MAINTENANCE = "maintenance"
    """It has announced that it is away."""

    @property
    def usable(self) -> bool:
        """Whether it may be used while others are."""
        return self is Health.WELL or self is Health.PROBING


class Candidate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A channel that was thought of: enough to judge later how another policy would have chosen."""

    channel: str
    why_not: WhyNot | None = None
    rule_id: str = ""
    """Of the rule that ruled it out."""
    health: Health = Health.WELL
    share_basis_points: int | None = None
    """The share of traffic to which it is held, if it is."""
    preferred: bool = False
    """Whether a rule prefers it."""
    success_probability: float = 0.0
    """What we believed: the mean."""
    observations: float = 0.0
    """How much that is founded on: payments seen, old ones counted less."""
    cost_minor: int | None = None
    """What the channel takes if it succeeds; `None` if no table says."""
    score: float = 0.0
    """What is expected of it: 1 would be a certain success that costs nothing."""
    probability: float = 0.0
    """With which it was drawn."""

    @property
    def eligible(self) -> bool:
        """Whether it could have been chosen."""
        return self.why_not is None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The channel that was drawn, from whom, and with which probability."""

    id: str
    wanted: Wanted
    purpose: Purpose
    """What is to be done: what was wanted, or a payout instead of a refund."""
    decided_at: datetime
    policy: str
    """In the words in which it is asked for: `best_value:floor=200`."""
    segment: str
    turn: int
    """How many decisions this process had taken before: what round robin goes by."""
    candidates: Sequence[Candidate]
    chosen: str
    probability: float

    @property
    def subject(self) -> str:
        """For what it was decided."""
        return self.wanted.subject


class PastDecision(Decision, frozen=True, kw_only=True):
    """A decision with what came of it, as far as that is known."""

    succeeded: bool | None = None
    error_class: ErrorClass | None = None
    seconds: float | None = None
    learnt_at: datetime | None = None


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """How payments of one scene went over one channel in some time."""

    channel: str
    product: Product
    decisions: int
    """In which it was drawn, whatever came of them."""
    succeeded: int
    failed: int
    """For the channel's own reasons."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a decision."""

    subject: str
    succeeded: bool | None
    """`None`: it says nothing about the channel, the payer's own doing for example."""
    error_class: ErrorClass | None = None
    seconds: float | None = None
    """From the decision to the result."""


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """Results of one channel in one segment since they were last taken into account."""

    channel: str
    segment: str
    successes: int
    failures: int


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one channel in one segment, as it weighed at `counted_at`."""

    channel: str
    segment: str
    successes: float
    failures: float
    counted_at: datetime


class RuleVerb(StrEnum):
    """What a rule says about its channels when its expression is true."""

    ONLY = "only"
    """No other channel. Of several that apply, the one with the highest priority counts."""
    NEVER = "never"
    """Not these. Each that applies counts."""
    PREFER = "prefer"
    """These, as long as one of them is well. Of several that apply, the one with the highest priority counts."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What operations say about channels: `use only bank when amount_minor > 5000000`."""

    id: str
    verb: RuleVerb
    channels: Sequence[str]
    """Empty: those for which the expression is true, which then asks for `channel`."""
    expression: str
    """In CEL, about `expressions.FACTS`."""
    priority: int
    """The highest first; of two alike, the newer one."""
    owner: str
    """Who answers for it."""
    reason: str
    starts_at: datetime
    ends_at: datetime | None = None
    created_at: datetime
    created_by: str
    errors: int = 0
    """How often it could not be evaluated and was left out."""
    last_error: str = ""
    last_error_at: datetime | None = None
    added_in: int = 0
    """The number of the change with which it came."""
    ended_in: int | None = None
    """The number of the change that ended it, if it did not end by itself."""

    def in_force(self, now: datetime) -> bool:
        """Whether it counts now."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


class RuleWanted(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as somebody asks for it."""

    verb: RuleVerb
    channels: Sequence[str]
    expression: str
    owner: str
    reason: str
    priority: int = 0
    starts_at: datetime | None = None
    """`None`: at once."""
    ends_at: datetime | None = None


class RulesWanted(msgspec.Struct, frozen=True, kw_only=True):
    """What shall become of the rules: some come and some end, all at the same moment."""

    add: tuple[RuleWanted, ...] = ()
    end: tuple[str, ...] = ()
    """The ids of rules."""
    based_on: int
    """The number of the rules that were read: what is approved is what was looked at."""


class RuleChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the rules that took place."""

    number: int
    """The first is 1. It also names the rules as this change left them."""
    changed_at: datetime
    proposal_id: str | None = None
    """`None`: one person alone, while no channel moved real money."""
    proposed_by: str
    approved_by: str
    note: str


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All rules that hold, or will, at one moment."""

    number: int
    """Of the change that left them so; 0 if there was none yet."""
    change: RuleChange | None = None
    rules: Sequence[Rule]
    """The highest priority first."""


class RuleFault(msgspec.Struct, frozen=True, kw_only=True):
    """A rule could not be evaluated."""

    rule_id: str
    count: int
    message: str


class FeesOfChannel(Protocol):
    """What a channel takes."""

    def cost(
        self, product: Product | None, card_kind: str | None, amount: Money, operation: Operation
    ) -> Money | None:
        """For one operation that succeeds; `None` if the table does not say."""
        ...


class ChannelTerms(Protocol):
    """On which terms a channel works for us."""

    @property
    def share_basis_points(self) -> int:
        """How much of new business it may get: 10,000 is all, 0 is none."""
        ...

    def fees_at(self, moment: datetime) -> FeesOfChannel | None:
        """What it takes then, if that is agreed."""
        ...

    def rests_at(self, moment: datetime) -> bool:
        """Whether it has announced to be away then."""
        ...

    def rests_until(self, moment: datetime) -> datetime | None:
        """Until when, if it is away then."""
        ...


class TermsOfChannels(Protocol):
    """Who knows the terms."""

    def terms(self, channel: str) -> ChannelTerms:
        """Those in force now, from memory; raises a `NotFound` if there are none."""
        ...


class CapabilitiesOfChannels(Protocol):
    """Who knows what channels can do."""

    def names(self) -> list[str]:
        """The channels that can be used."""
        ...

    def capabilities(self, channel: str) -> Capabilities:
        """What a channel can do."""
        ...
