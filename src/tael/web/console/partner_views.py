"""What do pages show of partners? The way as stations, what is missing, what is due and in how many days."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tael.foundation.clock import CHINA
from tael.partners.api import PartnerView
from tael.partners.errors import NoSuchPartner
from tael.partners.model import (
    Deadline,
    DeadlineKind,
    DocumentKind,
    Lack,
    Move,
    Outlook,
    Partner,
    State,
    Step,
    StepRecord,
)
from tael.web.ui.pages import PageRequest

ONWARD = (Move.ADVANCE, Move.START_CANARY, Move.GO_LIVE, Move.RESUME)
"""Moves that lead towards live traffic: the first thing that somebody wants to do."""
NEAR_DAYS = 7
"""What is due within so many days is said in another colour."""
_CHANNEL = re.compile(r"[a-z][a-z0-9_]{1,31}")
_WORD = re.compile(r"[A-Za-z0-9_:-]{1,64}")
_ENDS_WITH_THE_DAY = (DeadlineKind.DOCUMENT, DeadlineKind.STEP, DeadlineKind.RUN)
"""These are due when their last day is over, in China; the others at their moment."""


def channel_named(text: str) -> str:
    """A channel's name in an address; refuses `NoSuchPartner` what cannot be one."""
    if not _CHANNEL.fullmatch(text):
        raise NoSuchPartner(f"Nobody has begun with the channel {text[:40]!r}.", field="channel")
    return text


def said(request: PageRequest, name: str) -> str:
    """A word in the query: a name, an id, a number. What cannot be one is as good as not said."""
    text = request.query_params.get(name, "")
    return text if _WORD.fullmatch(text) else ""


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the way as it is drawn."""

    state: State
    place: str
    """`done`, `here` or `ahead`."""
    step: StepRecord | None
    at: datetime | None
    """Since when it is done, or since when the partner is there."""


def stations_of(view: PartnerView) -> list[Station]:
    """The way from research to live; what lies beside it (trial, suspended, retired) comes after, if the partner is there."""
    partner = view.partner
    steps = {each.step.value: each for each in view.steps}
    way = [State(step.value) for step in Step] + [State.LIVE]
    if partner.state not in way:
        way.append(partner.state)
    return [_station(partner, state, steps.get(state.value)) for state in way]


def _station(partner: Partner, state: State, step: StepRecord | None) -> Station:
    if state is partner.state:
        return Station(state=state, place="here", step=step, at=partner.since)
    finished = step is not None and step.done_at is not None
    if finished or (state is State.LIVE and partner.resumes_to is State.LIVE):
        return Station(state=state, place="done", step=step, at=step.done_at if step else None)
    return Station(state=state, place="ahead", step=step, at=None)


class Missing(msgspec.Struct, frozen=True):
    """Something that has to be there first."""

    words: str
    """The key of what it is called."""
    address: str
    """Where it is handed in."""


def missing_in(outlook: Outlook) -> list[Missing]:
    """What the present step still needs."""
    base = f"/console/partners/{outlook.channel}"
    checks = [Missing(f"console.check_of.{name}", f"{base}#check-{name}") for name in outlook.open_checks]
    papers = [
        Missing(f"console.document_kind_of.{kind}", f"{base}/do/{_hands_in(kind)}")
        for kind in outlook.missing_papers
    ]
    return [*checks, *papers]


class Gate(msgspec.Struct, frozen=True):
    """One of the things without which no channel carries real money."""

    words: str
    passed: bool
    address: str
    """Where it is handed in."""


def gates_of(outlook: Outlook) -> list[Gate]:
    """Report, contract and fees, in this order."""
    base = f"/console/partners/{outlook.channel}/do"
    ways = {
        Lack.ACCEPTANCE: "record_acceptance",
        Lack.CONTRACT: "upload_document?kind=contract",
        Lack.FEES: "change_fees",
    }
    return [
        Gate(f"console.gate_of.{lack}", lack not in outlook.lacks, f"{base}/{ways[lack]}") for lack in Lack
    ]


def _hands_in(kind: str) -> str:
    return "record_acceptance" if kind == DocumentKind.ACCEPTANCE_REPORT else f"upload_document?kind={kind}"


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline as it stands in a list."""

    deadline: Deadline
    last_day: date
    """On which it can still be done."""
    days: int
    """Until then; negative if it is too late."""
    tone: str
    address: str
    """Where it is looked after."""


def due_row(deadline: Deadline, *, today: date) -> DueRow:
    """A deadline, seen from today in China."""
    moment = deadline.due_at
    if deadline.kind in _ENDS_WITH_THE_DAY:
        moment -= timedelta(microseconds=1)
    last_day = moment.astimezone(CHINA).date()
    days = (last_day - today).days
    return DueRow(
        deadline=deadline,
        last_day=last_day,
        days=days,
        tone="danger" if days < 0 else "warning" if days <= NEAR_DAYS else "neutral",
        address=_where(deadline),
    )


def _where(deadline: Deadline) -> str:
    base = f"/console/partners/{deadline.channel}"
    match deadline.kind:
        case DeadlineKind.STEP:
            return base
        case DeadlineKind.CERTIFICATE | DeadlineKind.DOCUMENT:
            return f"{base}/papers#{deadline.object_id}"
        case _:
            return f"{base}/duties#{deadline.object_id}"


class PartnerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A partner as it stands in the list."""

    partner: Partner
    owner: str
    """Of the present step."""
    next: DueRow | None
    late: int
    """How many deadlines have passed."""
    health: str
    """Of the channel; empty if nobody has set it up."""
    share_basis_points: int


def partner_rows(
    partners: Sequence[Partner],
    *,
    steps: Sequence[StepRecord],
    due: Sequence[DueRow],
    health: Mapping[str, str],
    shares: Mapping[str, int],
) -> list[PartnerRow]:
    """Partners with what else is known of each; `due` is in the order of time."""
    owners = {each.channel: each.owner for each in steps}
    rows = []
    for partner in partners:
        of_it = [each for each in due if each.deadline.channel == partner.channel]
        rows.append(
            PartnerRow(
                partner=partner,
                owner=owners.get(partner.channel, ""),
                next=next(iter(of_it), None),
                late=sum(each.days < 0 for each in of_it),
                health=health.get(partner.channel, ""),
                share_basis_points=shares.get(partner.channel, 0),
            )
        )
    return rows
