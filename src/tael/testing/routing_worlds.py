"""How does routing do in worlds whose truth we know? Channels with made-up terms, and payments that succeed by chance.

In a world every channel succeeds or fails at every payment, whoever is chosen: so it is known in hindsight which fixed
channel would have been best, and all ways to choose face the same luck.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from tael.channels.model import CallSeen
from tael.channels.port import (
    AmountRange,
    Capabilities,
    ErrorClass,
    Operation,
    OutcomeState,
    Product,
    Security,
)
from tael.foundation.errors import NotFound, Refusal
from tael.foundation.money import Money
from tael.routing.choice import Policy
from tael.routing.decisions import ChannelView, Knowledge, Moment, decide
from tael.routing.estimates import Chances, Forgetting, learn
from tael.routing.health import HealthBoard
from tael.routing.model import Decision, Estimate, Lesson, PastDecision, Purpose, Wanted

BEGIN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PAYMENTS_A_SECOND = 20
"""Also how many are decided before the first of them is learnt from."""


class SimpleFees(msgspec.Struct, frozen=True):
    """A part of the amount, in basis points, and a fixed price."""

    basis_points: int = 60
    fixed_minor: int = 0

    def cost(
        self, product: Product | None, card_kind: str | None, amount: Money, operation: Operation
    ) -> Money | None:
        """Whatever the product, the card and the operation."""
        return Money(amount.minor * self.basis_points // 10_000 + self.fixed_minor, amount.currency)


class SimpleTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Terms of one channel."""

    share_basis_points: int = 10_000
    fees: SimpleFees | None = SimpleFees()
    rests: tuple[datetime, datetime] | None = None

    def fees_at(self, moment: datetime) -> SimpleFees | None:
        """At all times the same."""
        return self.fees

    def rests_at(self, moment: datetime) -> bool:
        """Whether it is within the one time of rest."""
        return self.rests is not None and self.rests[0] <= moment < self.rests[1]

    def rests_until(self, moment: datetime) -> datetime | None:
        """The end of that time."""
        return self.rests[1] if self.rests is not None and self.rests_at(moment) else None


class SimpleChannels:
    """Channels that only exist by their capabilities and terms; both may be changed at any time."""

    def __init__(self, **channels: SimpleTerms) -> None:
        self.of_each: dict[str, SimpleTerms] = dict(channels)
        self.can: dict[str, Capabilities] = {name: simple_capabilities() for name in channels}

    def names(self) -> list[str]:
        """In alphabetical order."""
        return sorted(self.can)

    def capabilities(self, channel: str) -> Capabilities:
        """What one can do."""
        return self.can[channel]

    def terms(self, channel: str) -> SimpleTerms:
        """On which terms."""
        if channel not in self.of_each:
            raise NotFound(f"{channel} has no terms.")
        return self.of_each[channel]

    def views(self) -> list[ChannelView]:
        """As decisions want them."""
        return [
            ChannelView(name=name, capabilities=self.can[name], terms=self.of_each[name])
            for name in self.names()
        ]


def simple_capabilities(
    *,
    method: str = "wallet",
    operations: Sequence[Operation] = (Operation.PAY, Operation.REFUND, Operation.PAY_OUT),
    products: Sequence[Product] = (Product.CODE,),
    amounts: Mapping[str, tuple[int, int]] | None = None,
    refund_window_days: int = 365,
    account_kind: str = "bank_account",
) -> Capabilities:
    """Everything, in yuan, unless told otherwise."""
    limits = amounts or {"CNY": (1, 10_000_000)}
    return Capabilities(
        method=method,
        operations=frozenset(operations),
        products=frozenset(products),
        amounts={currency: AmountRange(*limit) for currency, limit in limits.items()},
        security=Security(requests="none", answers="", notices="none", notice_window_seconds=0),
        refund_window_days=refund_window_days,
        account_kind=account_kind,
    )


def wanted_payment(subject: str = "att_1", *, amount_minor: int = 10_000) -> Wanted:
    """A payment in yuan by code."""
    return Wanted(
        subject=subject, purpose=Purpose.PAY, amount=Money(amount_minor, "CNY"), merchant_id="mer_1"
    )


class Weather(msgspec.Struct, frozen=True):
    """How a channel does at one moment."""

    rate: float
    """The part of payments that succeed."""
    broken: bool = False
    """Whether those that fail are its own fault, and not declined."""


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Channels, and how each does at each payment: `weather(channel, part)`, the part of the way from 0 to 1."""

    name: str
    channels: int
    weather: Callable[[int, float], Weather]
    changes: bool = True


def _constant(*rates: float) -> Callable[[int, float], Weather]:
    return lambda channel, _: Weather(rates[channel])


def _swap(channel: int, part: float) -> Weather:
    """The best becomes the worst half way, and the worst the best."""
    rates = (0.95, 0.88, 0.80)
    return Weather(rates[channel] if part < 0.5 else rates[2 - channel])


def _tides(channel: int, part: float) -> Weather:
    """Each is at its best at another time."""
    return Weather(0.86 + 0.09 * math.sin(2 * math.pi * (2 * part + channel / 3)))


def _outages(channel: int, part: float) -> Weather:
    """The best breaks three times, for a fifteenth of the time each; then nothing succeeds."""
    away = channel == 0 and any(begin <= part < begin + 1 / 15 for begin in (0.2, 0.5, 0.8))
    return Weather(0.0, broken=True) if away else Weather((0.95, 0.92, 0.85)[channel])


def _newcomer(channel: int, part: float) -> Weather:
    """The worst becomes the best by and by."""
    return Weather(0.60 + 0.37 * min(2 * part, 1.0) if channel == 2 else (0.90, 0.88)[channel])


WORLDS = (
    World(name="constant, close", channels=4, weather=_constant(0.95, 0.94, 0.92, 0.90), changes=False),
    World(name="constant, apart", channels=4, weather=_constant(0.95, 0.85, 0.75, 0.60), changes=False),
    World(name="swap half way", channels=3, weather=_swap),
    World(name="tides", channels=3, weather=_tides),
    World(name="outages", channels=3, weather=_outages),
    World(name="a poor one becomes the best", channels=3, weather=_newcomer),
)


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How many payments succeeded in one run of one world, by the way in which channels were chosen."""

    payments: int
    routed: int
    best_fixed: int
    """The most that one and the same channel would have brought: known in hindsight only."""
    random: int
    round_robin: int


class Luck:
    """One run of a world: what every channel would do with every payment."""

    def __init__(self, world: World, *, payments: int, seed: int) -> None:
        self._dice = random.Random(f"{world.name} {seed}")
        self.world = world
        self.names = [f"channel{at}" for at in range(world.channels)]
        self.weather = [
            [world.weather(at, number / payments) for at in range(world.channels)]
            for number in range(payments)
        ]
        self.succeeds = [[self._dice.random() < each.rate for each in row] for row in self.weather]

    def score(self, routed: int) -> Score:
        """Against the ways that learn nothing."""
        count, channels = len(self.succeeds), self.world.channels
        return Score(
            payments=count,
            routed=routed,
            best_fixed=max(sum(row[at] for row in self.succeeds) for at in range(channels)),
            random=sum(row[self._dice.randrange(channels)] for row in self.succeeds),
            round_robin=sum(row[number % channels] for number, row in enumerate(self.succeeds)),
        )


def play(luck: Luck, policy: Policy, *, seed: int) -> Iterator[PastDecision]:
    """Decide about one payment after the other, with the true code and a clock of its own; learn as the platform does."""
    dice = random.Random(seed)
    channels = SimpleChannels(**{name: SimpleTerms() for name in luck.names})
    board, forgetting = HealthBoard(), Forgetting()
    estimates: dict[tuple[str, str], Estimate] = {}
    for first in range(0, len(luck.succeeds), PAYMENTS_A_SECOND):
        now = BEGIN + timedelta(seconds=first // PAYMENTS_A_SECOND)
        known = Knowledge(
            channels.views(), [], Chances(estimates.values(), now=now, forgetting=forgetting), policy
        )
        lessons: dict[tuple[str, str], list[int]] = {}
        for number in range(first, min(first + PAYMENTS_A_SECOND, len(luck.succeeds))):
            at = now.timestamp() + (number - first) / PAYMENTS_A_SECOND
            moment = Moment(
                now=now,
                turn=number,
                draw=dice.random(),
                health_of=lambda channel, at=at: board.health_of(channel, at=at),  # type: ignore[misc]
            )
            decision = _decided(wanted_payment(f"att_{number}"), known, moment)
            place = luck.names.index(decision.chosen)
            succeeded = luck.succeeds[number][place]
            board.observe(_call(decision.chosen, luck.weather[number][place], succeeded=succeeded), at=at)
            lessons.setdefault((decision.chosen, decision.segment), [0, 0])[not succeeded] += 1
            yield past_decision(decision, succeeded=succeeded)
        for (channel, segment), (successes, failures) in lessons.items():
            lesson = Lesson(channel=channel, segment=segment, successes=successes, failures=failures)
            estimates[channel, segment] = learn(
                estimates.get((channel, segment)), lesson, now=now, forgetting=forgetting
            )


def past_decision(decision: Decision, *, succeeded: bool | None) -> PastDecision:
    """A decision with its result."""
    fields = {name: getattr(decision, name) for name in decision.__struct_fields__}
    return PastDecision(**fields, succeeded=succeeded, learnt_at=decision.decided_at)


def _decided(wanted: Wanted, known: Knowledge, moment: Moment) -> Decision:
    made, _ = decide(wanted, known, moment)
    if isinstance(made, Refusal):
        raise made
    return made


def _call(channel: str, weather: Weather, *, succeeded: bool) -> CallSeen:
    if succeeded:
        state, error_class = OutcomeState.SUCCEEDED, None
    elif weather.broken:
        state, error_class = OutcomeState.UNKNOWN, ErrorClass.TRANSPORT
    else:
        state, error_class = OutcomeState.FAILED, ErrorClass.DECLINED
    return CallSeen(
        channel=channel, operation=Operation.PAY, state=state, error_class=error_class, seconds=0.2
    )
