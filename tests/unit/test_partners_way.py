"""Do the tables of the way hang together: states × moves, steps × checks?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from tael.partners.errors import NotFromHere, NotReady, StepUnfinished
from tael.partners.model import (
    Acceptance,
    Document,
    DocumentKind,
    FeeLine,
    FeeTable,
    Guard,
    Move,
    Partner,
    State,
    Step,
)
from tael.partners.rules import way

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
TODAY = date(2026, 3, 1)
REAL_MONEY = {State.CANARY, State.LIVE}


def partner(state: State, **more: object) -> Partner:
    resumes_to = State.LIVE if state is State.SUSPENDED else None
    return Partner(
        channel="alpha",
        title="Alpha",
        state=state,
        since=NOW,
        opened_at=NOW,
        **({"resumes_to": resumes_to} | more),  # type: ignore[arg-type]
    )


def document(kind: DocumentKind, **more: object) -> Document:
    return Document(
        id="doc_1",
        channel="alpha",
        step=None,
        kind=kind,
        name="x",
        size=1,
        digest="",
        uploaded_by="ann",
        uploaded_at=NOW,
        **more,  # type: ignore[arg-type]
    )


def acceptance(**more: object) -> Acceptance:
    said: dict[str, object] = {
        "id": "acc_1",
        "channel": "alpha",
        "document_id": "doc_1",
        "connector": "alpha_connector",
        "connector_version": "1.0.0",
        "promises": "p",
        "against": "simulator",
        "passed": True,
        "cases": 10,
        "failed": 0,
        "finished_at": NOW,
        "signed_by": "key",
        "recorded_by": "ann",
        "recorded_at": NOW,
    }
    return Acceptance(**(said | more))  # type: ignore[arg-type]


def table(**more: object) -> FeeTable:
    said: dict[str, object] = {
        "id": "fee_1",
        "channel": "alpha",
        "effective_from": NOW,
        "lines": (FeeLine(currency="CNY"),),
        "proposed_by": "ann",
        "approved_by": "bo",
        "approved_at": NOW,
    }
    return FeeTable(**(said | more))  # type: ignore[arg-type]


def test_every_state_has_its_moves_and_every_step_its_list() -> None:
    assert set(way.MOVES) == set(State)
    assert set(way.CHECKS) == set(way.PAPERS) == set(Step)
    assert {move for moves in way.MOVES.values() for move in moves} == set(Move)
    assert {step.value for step in Step} < {state.value for state in State}


def test_every_state_is_reached_from_research_and_leads_to_the_end() -> None:
    def reach(start: State) -> set[State]:
        seen, todo = {start}, [start]
        while todo:
            for state in way.MOVES[todo.pop()].values():
                if state not in seen:
                    seen.add(state)
                    todo.append(state)
        return seen

    assert reach(State.RESEARCH) == set(State)
    assert all(State.RETIRED in reach(state) for state in State)


def test_s11_no_move_of_one_person_touches_real_money() -> None:
    for state, moves in way.MOVES.items():
        for move, leads_to in moves.items():
            if move in way.ALONE:
                assert leads_to not in REAL_MONEY
                assert state not in REAL_MONEY | {State.SUSPENDED}


def test_only_the_way_through_the_canary_leads_to_live() -> None:
    into_live = {
        (state, move) for state, moves in way.MOVES.items() for move in moves if moves[move] is State.LIVE
    }
    assert into_live == {(State.CANARY, Move.GO_LIVE), (State.SUSPENDED, Move.RESUME)}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_a_move_leads_where_the_table_says_or_is_refused(state: State, move: Move) -> None:
    if move in way.MOVES[state]:
        assert way.after(partner(state), move) is way.MOVES[state][move]
    else:
        with pytest.raises(NotFromHere):
            way.after(partner(state), move)


def test_what_was_suspended_resumes_where_it_was() -> None:
    assert way.after(partner(State.SUSPENDED, resumes_to=State.CANARY), Move.RESUME) is State.CANARY


@pytest.mark.parametrize("step", Step)
def test_each_check_and_each_paper_of_a_step_is_needed(step: Step) -> None:
    ticked, papers = set(way.CHECKS[step]), [document(kind) for kind in way.PAPERS[step]]
    way.check_step(step, ticked=ticked, documents=papers, today=TODAY)
    for name in ticked:
        with pytest.raises(StepUnfinished, match=name):
            way.check_step(step, ticked=ticked - {name}, documents=papers, today=TODAY)
    for paper in papers:
        with pytest.raises(StepUnfinished, match=paper.kind):
            way.check_step(
                step, ticked=ticked, documents=[each for each in papers if each is not paper], today=TODAY
            )


def test_a_document_holds_from_its_first_day_to_its_last() -> None:
    paper = document(
        DocumentKind.CONTRACT,
        valid_from=TODAY,
        valid_until=TODAY + timedelta(days=2),
        ended_on=TODAY + timedelta(days=1),
    )
    held = [paper.holds_on(TODAY + timedelta(days=offset)) for offset in (-1, 0, 1, 2)]
    assert held == [False, True, True, False]
    assert document(DocumentKind.CONTRACT).holds_on(TODAY)


def check_ready(**changes: object) -> None:
    said: dict[str, object] = {
        "acceptances": [acceptance()],
        "connector_version": "1.0.0",
        "promises": "p",
        "oldest": timedelta(days=180),
        "documents": [document(DocumentKind.CONTRACT)],
        "fees": [table()],
    }
    evidence = way.Evidence(**(said | changes))  # type: ignore[arg-type]
    way.check_ready(partner(State.ACCEPTANCE), evidence, now=NOW, today=TODAY)


def test_a_channel_is_ready_with_acceptance_contract_and_fees() -> None:
    check_ready()
    check_ready(acceptances=[acceptance(passed=False), acceptance()])


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"acceptances": []}, "acceptance"),
        ({"acceptances": [acceptance(passed=False)]}, "acceptance"),
        ({"acceptances": [acceptance(connector_version="0.9.0")]}, "acceptance"),
        ({"acceptances": [acceptance(promises="q")]}, "acceptance"),
        ({"acceptances": [acceptance(finished_at=NOW - timedelta(days=180, seconds=1))]}, "acceptance"),
        ({"documents": []}, "contract"),
        ({"documents": [document(DocumentKind.OFFER)]}, "contract"),
        ({"documents": [document(DocumentKind.CONTRACT, valid_from=TODAY + timedelta(days=1))]}, "contract"),
        ({"fees": []}, "fee table"),
        ({"fees": [table(effective_from=NOW + timedelta(seconds=1))]}, "fee table"),
        ({"fees": [table(effective_until=NOW)]}, "fee table"),
    ],
)
def test_whatever_is_missing_for_real_money_is_named(changes: dict[str, object], missing: str) -> None:
    with pytest.raises(NotReady, match=missing):
        check_ready(**changes)


@pytest.mark.parametrize(
    ("state", "near", "share"),
    [
        (State.RESEARCH, True, 0),
        (State.ACCEPTANCE, True, 0),
        (State.TRIAL, True, 10_000),
        (State.TRIAL, False, 0),
        (State.CANARY, False, 700),
        (State.LIVE, False, 10_000),
        (State.SUSPENDED, True, 0),
        (State.RETIRED, True, 0),
    ],
)
def test_only_trial_canary_and_live_get_traffic(state: State, near: bool, share: int) -> None:  # noqa: FBT001
    assert way.share_of(partner(state, share_basis_points=700), moves_no_real_money=near) == share


@pytest.mark.parametrize(
    ("calls", "failures", "failed"),
    [(99, 99, False), (100, 5, False), (100, 6, True), (1_000, 50, False), (1_000, 51, True), (0, 0, False)],
)
def test_a_guard_judges_from_its_sample_on_and_by_its_limit(calls: int, failures: int, failed: bool) -> None:  # noqa: FBT001
    canary = partner(State.CANARY, guard=Guard(largest_failure_basis_points=500, smallest_sample=100))
    assert way.failed_its_guard(canary, calls=calls, failures=failures) is failed
    assert not way.failed_its_guard(partner(State.LIVE), calls=calls, failures=failures)
