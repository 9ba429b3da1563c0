"""What can be tried where nobody tells the truth? Lantern's simulator plays the sandbox, the test plays the person."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from tael_lantern import KIND

from tael.acceptance.api import Candidate, Fault, Verdict, accept_in_sandbox
from tael.acceptance.errors import NothingToTry
from tael.channels.port import Action, Order, ShowCode
from tael.foundation.clock import SystemClock
from tests.acceptance.conftest import lantern_with


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[tuple[str, Candidate]]:
    """Lantern, of which the kit knows only what its settings say."""
    async with lantern_with(KIND.make, tmp_path) as running:
        yield running


async def test_without_a_person_nothing_is_tried_that_costs_money(sandbox: tuple[str, Candidate]) -> None:
    url, candidate = sandbox
    report = await accept_in_sandbox(candidate, clock=SystemClock())
    assert report.passed
    assert report.against == "sandbox"
    assert not report.complete
    tried = {case.scenario for case in report.cases if case.verdict is Verdict.PASSED}
    assert tried == {"probe", "inquire.absent", "inquire.unpaid", "close.unpaid"}
    assert {case.fault for case in report.cases} > {Fault.NONE, Fault.ONE_BIT, Fault.LOST_REPLY}
    async with aiohttp.ClientSession() as session, session.get(f"{url}/_control/summary") as answer:
        summary = await answer.json()
    assert summary["paid_orders"] == 0
    assert summary["orders"] > 0


async def test_a_person_is_shown_a_code_and_their_money_comes_back(sandbox: tuple[str, Candidate]) -> None:
    url, candidate = sandbox
    shown: list[str] = []

    async def pay(_: Order, action: Action | None) -> bool:
        assert isinstance(action, ShowCode)
        shown.append(action.code_url)
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{url}/_control/pay", json={"code": action.code_url}) as answer,
        ):
            return answer.status == 200

    report = await accept_in_sandbox(candidate, clock=SystemClock(), asks=pay, only="pay.code,refund.*")
    assert report.passed
    assert {case.scenario for case in report.cases} == {"pay.code", "refund.whole", "refund.part"}
    assert len(shown) == report.count(Verdict.PASSED) == 4


async def test_a_person_who_does_not_pay_fails_the_scenario(sandbox: tuple[str, Candidate]) -> None:
    _, candidate = sandbox

    async def go_away(_: Order, __: Action | None) -> bool:
        return False

    report = await accept_in_sandbox(candidate, clock=SystemClock(), asks=go_away, only="pay.code")
    (case,) = report.cases
    assert case.verdict is Verdict.FAILED
    assert case.came == "The person did not pay."


async def test_a_pattern_that_fits_nothing_is_refused(sandbox: tuple[str, Candidate]) -> None:
    _, candidate = sandbox
    with pytest.raises(NothingToTry):
        await accept_in_sandbox(candidate, clock=SystemClock(), only="split")
