"""What does an outcome do to a payout and its leg? No input, no output, no clock.

| the channel says | a leg that is not settled | that succeeded | that failed or came back |
|---|---|---|---|
| succeeded | succeeded | stays | contradicted |
| failed    | failed; another channel is tried if it may do what this one would not | contradicted | stays |
| waiting   | processing, inquired again | stays | stays |
| absent    | processing: asked for again, under the same number, which moves the money at most once | stays | stays |
| any other | unknown, inquired again | stays | stays |

A contradicted leg stays as it is until the channel says the same again on being asked once more. Then it is believed:

* It had succeeded, and failed: the bank sent the money back. It is set aside again, and the owner is told.
* It had failed or come back, and succeeded: the money has gone. If the payout was only waiting for another channel, it has
  simply succeeded. Otherwise its owner has the money back, or another channel has it, too: it is to be recovered. If that other
  channel then refuses, what had gone was owed after all, and the payout has succeeded by it: no third one is asked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from tael.channels.port import Outcome, OutcomeState, Pauses, inquire_at, said_again
from tael.payouts.errors import PayoutMalformed, PayoutMismatch
from tael.payouts.model import Leg, LegState, NewPayout, Payout, PayoutState
from tael.payouts.rules.lifecycle import LegEvent, PayoutEvent, move

MOST_LEGS = 3
"""To so many channels a payout is given, one after the other."""
WAITS_FOR_CHANNEL: Sequence[float] = (2, 10, 60, 300, 900, 1800)
"""Seconds until a channel is sought again; after the last it is given up, since none has ever had it."""
LONGEST_LEASE = timedelta(seconds=30)
"""How long whoever begins to ask a channel has before the janitor asks in its place."""
NO_CHANNEL = "no_channel"
_LONGEST_TEXT = 140
_UNSAID = "refused"


class Fact(StrEnum):
    """What others are told."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A payout and its leg after an outcome, and what follows from it."""

    payout: Payout
    leg: Leg
    fact: Fact | None = None
    went: bool = False
    """The money has gone: to be booked."""
    came_back: bool = False
    """The money is here again: to be booked."""
    owed: Leg | None = None
    """Another leg, by which the payout has succeeded after all: what stood to be recovered was owed."""
    contradiction: bool = False
    """The channel took back what it had said for good: people look at it."""


def why_malformed(wanted: NewPayout) -> PayoutMalformed | None:
    """The refusal of what nobody can pay out, or `None`."""
    if wanted.amount.minor <= 0:
        return PayoutMalformed("A payout is over more than nothing.", field="amount")
    if not (wanted.to.kind and wanted.to.account and wanted.funded_by):
        return PayoutMalformed(
            "A payout names the account that it goes to, and the one that it is paid from.", field="to"
        )
    if len(wanted.statement) > _LONGEST_TEXT:
        return PayoutMalformed(f"A statement has at most {_LONGEST_TEXT} characters.", field="statement")
    return None


def begin_leg(payout: Payout, channel: str, now: datetime) -> tuple[Payout, Leg]:
    """The payout in a channel's hands: to be committed before the channel hears of it."""
    leg = Leg(
        payout_id=payout.id,
        nth=payout.legs + 1,
        channel=channel,
        state=LegState.PROCESSING,
        channel_reference=None,
        channel_code=None,
        error_class=None,
        begun_at=now,
        ended_at=None,
        inquiries=0,
        next_inquiry_at=now + LONGEST_LEASE,
    )
    given = move(payout, PayoutEvent.GIVEN_TO_CHANNEL, legs=leg.nth, next_leg_at=None)
    return given, leg


def no_channel(payout: Payout, now: datetime) -> tuple[Payout, Fact | None]:
    """No channel would take it now: later again, and in the end never. One that a channel has refused ends at once."""
    if payout.legs or payout.waits >= len(WAITS_FOR_CHANNEL):
        reason = payout.reason or NO_CHANNEL
        given_up = move(payout, PayoutEvent.NO_CHANNEL, reason=reason, ended_at=now, next_leg_at=None)
        return given_up, Fact.FAILED
    again = now + timedelta(seconds=WAITS_FOR_CHANNEL[payout.waits])
    return msgspec.structs.replace(payout, waits=payout.waits + 1, next_leg_at=again), None


def apply_outcome(
    payout: Payout,
    leg: Leg,
    outcome: Outcome,
    *,
    others: Sequence[Leg] = (),
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
) -> Change | PayoutMismatch:
    """What an outcome makes of them: the table at the top of this file.

    others    the other legs of the payout
    asked_at  when the channel was asked; none if it spoke by itself
    """
    if outcome.amount is not None and outcome.amount != payout.amount:
        return PayoutMismatch(
            f"The channel speaks of {outcome.amount}, the payout is over {payout.amount}.", field="amount"
        )
    if leg.ended:
        return _after_its_end(payout, leg, outcome, asked_at=asked_at, now=now, pauses=pauses)
    told = msgspec.structs.replace(
        leg,
        channel_reference=outcome.channel_reference or leg.channel_reference,
        channel_code=outcome.code or leg.channel_code,
        error_class=outcome.error_class,
    )
    if outcome.state is OutcomeState.SUCCEEDED:
        done = move(told, LegEvent.DONE, ended_at=now, next_inquiry_at=None)
        return _gone(payout, done, PayoutEvent.DONE, now)
    if outcome.state is OutcomeState.FAILED:
        refused = move(told, LegEvent.REFUSED, ended_at=now, next_inquiry_at=None)
        return _gone_by_another(payout, refused, others, now) or _refused(payout, refused, outcome, now)
    known = outcome.state in (OutcomeState.WAITING, OutcomeState.ABSENT)
    rhythm = pauses.waiting if outcome.state is OutcomeState.WAITING else pauses.unknown
    open_leg = move(
        told,
        LegEvent.UNDER_WAY if known else LegEvent.NOT_KNOWN,
        inquiries=leg.inquiries + 1,
        next_inquiry_at=inquire_at(leg.inquiries, rhythm, now),
    )
    open_payout = move(payout, PayoutEvent.UNDER_WAY if known else PayoutEvent.NOT_KNOWN)
    return Change(payout=open_payout, leg=open_leg)


def _refused(payout: Payout, leg: Leg, outcome: Outcome, now: datetime) -> Change:
    why = {"reason": outcome.code or _UNSAID, "error_class": outcome.error_class}
    elsewhere = outcome.error_class is not None and outcome.error_class.may_go_elsewhere
    if elsewhere and leg.nth < MOST_LEGS:
        waiting = move(payout, PayoutEvent.GOES_ELSEWHERE, next_leg_at=now, waits=0, **why)
        return Change(payout=waiting, leg=leg)
    failed = move(payout, PayoutEvent.REFUSED, ended_at=now, **why)
    return Change(payout=failed, leg=leg, fact=Fact.FAILED)


def _gone_by_another(payout: Payout, leg: Leg, others: Sequence[Leg], now: datetime) -> Change | None:
    """A refused leg is no matter if another had gone after all meanwhile."""
    gone = next((each for each in others if each.state is LegState.SUCCEEDED and each.unowed), None)
    if gone is None:
        return None
    done = move(
        payout,
        PayoutEvent.DONE,
        paid_by=gone.nth,
        ended_at=now,
        next_leg_at=None,
        reason=None,
        error_class=None,
    )
    owed = msgspec.structs.replace(gone, unowed=False)
    return Change(payout=done, leg=leg, fact=Fact.SUCCEEDED, owed=owed)


def _gone(payout: Payout, leg: Leg, event: PayoutEvent, now: datetime) -> Change:
    gone = move(payout, event, paid_by=leg.nth, ended_at=now, next_leg_at=None, reason=None, error_class=None)
    return Change(payout=gone, leg=leg, fact=Fact.SUCCEEDED, went=True)


def _after_its_end(
    payout: Payout,
    leg: Leg,
    outcome: Outcome,
    *,
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
) -> Change:
    succeeded = leg.state is LegState.SUCCEEDED
    contradicts = outcome.state is (OutcomeState.FAILED if succeeded else OutcomeState.SUCCEEDED)
    if contradicts and said_again(leg.doubted_at, asked_at):
        changed = move(
            leg,
            LegEvent.CAME_BACK if succeeded else LegEvent.DONE_AFTER_ALL,
            ended_at=now,
            next_inquiry_at=None,
            doubted_at=None,
            inquiries=0,
            reversals=leg.reversals + 1,
            channel_code=outcome.code,
            error_class=outcome.error_class,
        )
        return _came_back(payout, changed, now) if succeeded else _gone_after_all(payout, changed, now)
    if leg.doubted_at is None and not contradicts:
        return Change(payout=payout, leg=leg)
    agrees = outcome.state is (OutcomeState.SUCCEEDED if succeeded else OutcomeState.FAILED)
    if agrees or (outcome.state is OutcomeState.ABSENT and not succeeded):
        sure = msgspec.structs.replace(leg, doubted_at=None, next_inquiry_at=None, inquiries=0)
        return Change(payout=payout, leg=sure)
    inquiries = leg.inquiries if leg.doubted_at is not None else 0
    doubted = msgspec.structs.replace(
        leg,
        doubted_at=leg.doubted_at or now,
        inquiries=inquiries + 1,
        next_inquiry_at=inquire_at(inquiries, pauses.unknown, now),
    )
    return Change(payout=payout, leg=doubted)


def _came_back(payout: Payout, leg: Leg, now: datetime) -> Change:
    """Of what nobody was owed any more, nobody is told: the platform has it again."""
    if payout.paid_by != leg.nth or payout.state is not PayoutState.SUCCEEDED:
        return Change(payout=payout, leg=leg, came_back=True, contradiction=True)
    back = move(
        payout,
        PayoutEvent.CAME_BACK,
        ended_at=now,
        reason=leg.channel_code or _UNSAID,
        error_class=leg.error_class,
    )
    fact = None if leg.unowed else Fact.RETURNED
    return Change(payout=back, leg=leg, fact=fact, came_back=True, contradiction=True)


def _gone_after_all(payout: Payout, leg: Leg, now: datetime) -> Change:
    if payout.state is PayoutState.CREATED:
        simply = msgspec.structs.replace(leg, unowed=False)
        return _gone(payout, simply, PayoutEvent.DONE_AFTER_ALL, now)
    unowed = msgspec.structs.replace(leg, unowed=True)
    if payout.state not in (PayoutState.FAILED, PayoutState.RETURNED):
        return Change(payout=payout, leg=unowed, went=True, contradiction=True)
    gone = move(payout, PayoutEvent.DONE_AFTER_ALL, paid_by=leg.nth, ended_at=now)
    return Change(payout=gone, leg=unowed, went=True, contradiction=True)
