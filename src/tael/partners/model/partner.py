"""Who is behind a channel, how far have we come with them, and on which terms do we use it?"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from tael.partners.model.fees import FeeTable


class State(StrEnum):
    """How far a partner has come."""

    RESEARCH = "research"
    NEGOTIATION = "negotiation"
    CONTRACT = "contract"
    INTEGRATION = "integration"
    ACCEPTANCE = "acceptance"
    TRIAL = "trial"
    """In use without a contract: moves no real money."""
    CANARY = "canary"
    """In use for a share of the traffic."""
    LIVE = "live"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class Move(StrEnum):
    """What leads from one state to another."""

    ADVANCE = "advance"
    """The step is done; on to the next."""
    GO_BACK = "go_back"
    """The step before has to be done again."""
    START_TRIAL = "start_trial"
    END_TRIAL = "end_trial"
    START_CANARY = "start_canary"
    STEP_BACK = "step_back"
    """The canary failed its guard."""
    GO_LIVE = "go_live"
    SUSPEND = "suspend"
    RESUME = "resume"
    RETIRE = "retire"


class Step(StrEnum):
    """A part of the way: the states in which there is work to do before one may move on."""

    RESEARCH = "research"
    NEGOTIATION = "negotiation"
    CONTRACT = "contract"
    INTEGRATION = "integration"
    ACCEPTANCE = "acceptance"
    CANARY = "canary"


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """When a canary steps back by itself."""

    largest_failure_basis_points: int
    """More failures than this among the calls, in hundredths of a percent, are too many."""
    smallest_sample: int
    """Fewer calls than this prove nothing, neither good nor bad."""


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """Who is behind a channel."""

    channel: str
    title: str
    """The company, as contracts name it."""
    state: State
    since: datetime
    """When it came into this state."""
    share_basis_points: int = 0
    """Of the traffic, while a canary."""
    guard: Guard | None = None
    resumes_to: State | None = None
    """While suspended: from where it was."""
    version: int = 1
    """Rises with every change that two people must agree on; a proposal holds for one version."""
    opened_at: datetime


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A step of one partner."""

    channel: str
    step: Step
    owner: str
    """Who sees to it."""
    begun_at: datetime
    due_on: date | None = None
    done_at: datetime | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One point of a step's list."""

    step: Step
    name: str
    meaning: str
    ticked_by: str | None = None
    ticked_at: datetime | None = None
    note: str = ""


class Lack(StrEnum):
    """What a channel needs before it may carry real money, and has not."""

    ACCEPTANCE = "acceptance"
    """A passed report, of the connector as it is, that is not too old."""
    CONTRACT = "contract"
    """One that is in force."""
    FEES = "fees"
    """A table that is in force."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What may be done with a partner now, and what stands before its next state."""

    channel: str
    state: State
    alone: Sequence[Move]
    """Moves that one person makes."""
    together: Sequence[Move]
    """Moves that take two people."""
    open_checks: Sequence[str]
    """Of the present step."""
    missing_papers: Sequence[str]
    """Kinds of document that the present step needs, and that nobody has handed in."""
    lacks: Sequence[Lack]
    """What it needs before it may carry real money, or go on doing so."""
    set_up: bool
    """Whether somebody has set the channel up, so that it can be accepted at all."""
    calls: int | None = None
    """Of a canary: those that its guard has seen."""
    failures: int | None = None
    """Of these."""


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened with a partner. Lines are never changed."""

    seq: int
    channel: str
    happened_at: datetime
    actor: str
    what: str
    """The verb: `partners.advance`."""
    from_state: State | None = None
    to_state: State | None = None
    note: str = ""
    object_id: str | None = None
    """The document, table, window, proposal … that it was about."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which a channel is not to be used."""

    id: str
    channel: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    scheduled_by: str
    scheduled_at: datetime
    cancelled_at: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        """Whether the channel rests at that moment."""
        return self.cancelled_at is None and self.starts_at <= moment < self.ends_at


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On which terms a channel may be used: all that routing needs to know of a partner."""

    channel: str
    state: State
    share_basis_points: int
    """How much of the traffic it may get: 10,000 is all, 0 is none."""
    fees: tuple[FeeTable, ...] = ()
    """Those that hold now or later, earliest first."""
    windows: tuple[Window, ...] = ()
    """Those that have not ended, earliest first."""

    def fees_at(self, moment: datetime) -> FeeTable | None:
        """The fee table that holds at that moment."""
        return next((table for table in self.fees if table.holds_at(moment)), None)

    def rests_at(self, moment: datetime) -> bool:
        """Whether a maintenance window covers that moment."""
        return any(window.covers(moment) for window in self.windows)

    def rests_until(self, moment: datetime) -> datetime | None:
        """When the last of the windows ends that cover that moment."""
        return max((window.ends_at for window in self.windows if window.covers(moment)), default=None)

    def may_be_used_at(self, moment: datetime) -> bool:
        """Whether it may get any traffic at that moment."""
        return self.share_basis_points > 0 and not self.rests_at(moment)


TermsOfAll = Mapping[str, Terms]
