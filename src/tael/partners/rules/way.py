"""Where does the way lead, and what must be there before one may move on? Two tables: states × moves, steps × checks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tael.partners.errors import NotFromHere, NotReady, StepUnfinished
from tael.partners.model import (
    Acceptance,
    Document,
    DocumentKind,
    FeeTable,
    Lack,
    Move,
    Partner,
    State,
    Step,
)

MOVES: Mapping[State, Mapping[Move, State]] = {
    State.RESEARCH: {
        Move.ADVANCE: State.NEGOTIATION,
        Move.START_TRIAL: State.TRIAL,
        Move.RETIRE: State.RETIRED,
    },
    State.NEGOTIATION: {
        Move.ADVANCE: State.CONTRACT,
        Move.GO_BACK: State.RESEARCH,
        Move.RETIRE: State.RETIRED,
    },
    State.CONTRACT: {
        Move.ADVANCE: State.INTEGRATION,
        Move.GO_BACK: State.NEGOTIATION,
        Move.RETIRE: State.RETIRED,
    },
    State.INTEGRATION: {
        Move.ADVANCE: State.ACCEPTANCE,
        Move.GO_BACK: State.CONTRACT,
        Move.RETIRE: State.RETIRED,
    },
    State.ACCEPTANCE: {
        Move.START_CANARY: State.CANARY,
        Move.GO_BACK: State.INTEGRATION,
        Move.RETIRE: State.RETIRED,
    },
    State.TRIAL: {Move.END_TRIAL: State.RESEARCH, Move.RETIRE: State.RETIRED},
    State.CANARY: {
        Move.STEP_BACK: State.ACCEPTANCE,
        Move.GO_LIVE: State.LIVE,
        Move.SUSPEND: State.SUSPENDED,
    },
    State.LIVE: {Move.SUSPEND: State.SUSPENDED},
    State.SUSPENDED: {Move.RESUME: State.LIVE, Move.RETIRE: State.RETIRED},
    State.RETIRED: {},
}
"""Where each move leads. `RESUME` leads back to where the partner was when it was suspended."""

ALONE: Collection[Move] = frozenset({Move.ADVANCE, Move.GO_BACK, Move.START_TRIAL, Move.END_TRIAL})
"""Moves that one person makes: none of them touches real money. The guard makes `STEP_BACK`; all others take two."""

CHECKS: Mapping[Step, Mapping[str, str]] = {
    Step.RESEARCH: {
        "licence_verified": "The partner's licence was looked up at the authority that gave it",
        "products_fit": "Its products, currencies and limits fit what our merchants need",
        "risks_named": "Risks are named: funds, availability, law, reputation",
    },
    Step.NEGOTIATION: {
        "fees_agreed": "Fees are agreed, by product and card kind, with rounding, floor and cap",
        "settlement_agreed": "When and how our money arrives is agreed",
        "service_level_agreed": "Availability, notice of maintenance and ways to reach support are agreed",
        "data_protection_agreed": "Who processes which personal data, and where, is agreed",
    },
    Step.CONTRACT: {
        "legal_reviewed": "Our lawyers have read the contract",
        "compliance_reviewed": "Compliance has read the contract",
        "signed_by_both": "Both sides have signed",
        "contacts_known": "We know whom to call, also at night",
    },
    Step.INTEGRATION: {
        "credentials_entered": "Keys and certificates are entered by two people, and their last days recorded",
        "notices_arrive": "The partner's notices reach us",
        "bills_arrive": "Bills can be fetched and read",
        "refunds_work": "A refund was made and found in the bill",
    },
    Step.ACCEPTANCE: {
        "report_read": "Somebody other than the author has read the report of the acceptance kit",
        "support_informed": "Support knows the channel, its codes and whom to call",
        "rollback_planned": "It is written down what happens if the channel has to be taken out",
    },
    Step.CANARY: {
        "bills_agree": "The bills of the canary agree with our books to the last minor unit",
        "fees_agree": "The fees in the bills are those of the table",
        "complaints_looked_at": "Complaints and disputes of the canary were looked at",
    },
}
"""What somebody has to tick, with their name, before the step is done."""

PAPERS: Mapping[Step, Sequence[DocumentKind]] = {
    Step.RESEARCH: (DocumentKind.LICENCE,),
    Step.NEGOTIATION: (DocumentKind.OFFER,),
    Step.CONTRACT: (DocumentKind.CONTRACT,),
    Step.INTEGRATION: (DocumentKind.SPECIFICATION,),
    Step.ACCEPTANCE: (DocumentKind.ACCEPTANCE_REPORT,),
    Step.CANARY: (),
}
"""Which kinds of document must be there and in force before the step is done."""

SHARES: Mapping[State, int | None] = {State.LIVE: 10_000, State.TRIAL: 10_000, State.CANARY: None}
"""How much of the traffic a state may get; None: as much as its canary says. All others get nothing."""


def step_of(state: State) -> Step | None:
    """The step that there is to do in a state."""
    return next((step for step in Step if step.value == state.value), None)


def after(partner: Partner, move: Move) -> State:
    """Where a move leads; refuses `NotFromHere`."""
    if move not in MOVES[partner.state]:
        ways = ", ".join(MOVES[partner.state]) or "none"
        raise NotFromHere(
            f"{partner.channel} is in {partner.state}; {move} does not lead on from there.",
            hint=f"Moves from there: {ways}.",
        )
    if move is Move.RESUME and partner.resumes_to is not None:
        return partner.resumes_to
    return MOVES[partner.state][move]


def check_step(step: Step, *, ticked: Collection[str], documents: Sequence[Document], today: date) -> None:
    """Refuses `StepUnfinished`, which names what is missing."""
    missing = [name for name in CHECKS[step] if name not in ticked]
    if missing:
        raise StepUnfinished(
            f"{step} is not done: {', '.join(missing)}.", hint="Tick the checks when they are true."
        )
    for kind in PAPERS[step]:
        if not any(paper.kind is kind and paper.holds_on(today) for paper in documents):
            raise StepUnfinished(
                f"{step} is not done: there is no {kind} in force.", hint="Upload the document."
            )


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is on record of a channel that is to carry real money."""

    acceptances: Sequence[Acceptance]
    connector_version: str
    promises: str
    """Digest of what the connector promises today; empty if nobody has set the channel up."""
    oldest: timedelta
    """How old a report may be."""
    documents: Sequence[Document]
    fees: Sequence[FeeTable]


def lacks(evidence: Evidence, *, now: datetime, today: date) -> list[Lack]:
    """What is missing before a channel may carry real money."""
    missing = []
    if not any(
        each.passed
        and each.connector_version == evidence.connector_version
        and each.promises == evidence.promises
        and now - each.finished_at <= evidence.oldest
        for each in evidence.acceptances
    ):
        missing.append(Lack.ACCEPTANCE)
    if not any(each.kind is DocumentKind.CONTRACT and each.holds_on(today) for each in evidence.documents):
        missing.append(Lack.CONTRACT)
    if not any(table.holds_at(now) for table in evidence.fees):
        missing.append(Lack.FEES)
    return missing


def check_ready(partner: Partner, evidence: Evidence, *, now: datetime, today: date) -> None:
    """Whether a channel may carry real money; refuses `NotReady`, which names everything that is missing."""
    said = {
        Lack.ACCEPTANCE: f"a passed acceptance of version {evidence.connector_version} that is not older than"
        f" {evidence.oldest.days} days",
        Lack.CONTRACT: "a contract in force",
        Lack.FEES: "a fee table in force",
    }
    missing = [said[lack] for lack in lacks(evidence, now=now, today=today)]
    if missing:
        raise NotReady(
            f"{partner.channel} may not carry real money yet. Missing: {'; '.join(missing)}.",
            hint="Hand in what is missing and propose it again.",
        )


def share_of(partner: Partner, *, moves_no_real_money: bool) -> int:
    """How much of the traffic a partner may get now. A trial that came to touch real money gets none."""
    if partner.state is State.TRIAL and not moves_no_real_money:
        return 0
    share = SHARES.get(partner.state, 0)
    return partner.share_basis_points if share is None else share


def failed_its_guard(partner: Partner, *, calls: int, failures: int) -> bool:
    """Whether more calls of a canary failed than its guard lets pass."""
    guard = partner.guard
    return (
        guard is not None
        and calls >= guard.smallest_sample
        and failures * 10_000 > guard.largest_failure_basis_points * calls
    )
