"""Is a report to be believed, and can people read it?"""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tael.acceptance.documents import json_of, page_of, rows_of, write_report
from tael.acceptance.errors import ReportRefused
from tael.acceptance.model import Case, Fault, Report, Verdict, Words, signed, totals_of, verify_report
from tael.foundation.signing import make_key

Accepts = Callable[..., Awaitable[Report]]
STARTED = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def _case(fault: Fault, verdict: Verdict, **more: object) -> Case:
    return msgspec.structs.replace(
        Case(
            scenario="refund.part",
            title=Words("Give a part back", "部分退款"),
            subject="refund",
            fault=fault,
            verdict=verdict,
        ),
        **more,
    )


def _report(*cases: Case) -> Report:
    return Report(
        channel="lantern",
        connector="lantern",
        connector_version="1.0.0",
        against="simulator",
        promises="ab" * 32,
        complete=True,
        started_at=STARTED,
        finished_at=STARTED + timedelta(seconds=12),
        cases=cases,
    )


PASSED = _case(Fault.NONE, Verdict.PASSED, unknowns=1, resolved=1, slowest_milliseconds=1200)
FAILED = _case(
    Fault.LOST_REPLY,
    Verdict.FAILED,
    expected="paid 1 times",
    came="<b>paid 2 times</b>",
    double_effects=1,
    conversation=["→ POST https://lantern.example/v1/orders", "← no answer"],
)


def test_a_signed_report_is_believed_as_it_was() -> None:
    key = make_key("ed25519")
    report = signed(_report(PASSED), by=key)
    believed = verify_report(json_of(report), trusted={key.name})
    assert json_of(believed) == json_of(report)
    assert report.passed


def test_a_report_that_was_touched_up_is_refused() -> None:
    key = make_key("ed25519")
    report = signed(_report(PASSED, FAILED), by=key)
    better = json_of(report).replace(b'"failed"', b'"passed"')
    with pytest.raises(ReportRefused, match="changed after it was signed"):
        verify_report(better, trusted={key.name})


def test_a_report_of_another_installation_is_refused() -> None:
    report = signed(_report(PASSED), by=make_key("ed25519"))
    with pytest.raises(ReportRefused, match="not trusted here"):
        verify_report(json_of(report), trusted={make_key("ed25519").name})


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"[" * 100_000, b'{"signature": "zz"}'])
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(ReportRefused):
        verify_report(content, trusted={""})


def test_an_unsigned_report_is_not_believed_even_if_nobody_is_trusted() -> None:
    with pytest.raises(ReportRefused):
        verify_report(json_of(_report(PASSED)), trusted={""})


def test_a_report_without_a_passed_case_has_not_passed() -> None:
    assert not _report().passed
    assert not _report(_case(Fault.NONE, Verdict.NOT_PROMISED)).passed
    assert not _report(PASSED, FAILED).passed
    assert totals_of([_report(PASSED, FAILED)]) == {
        "cases": 2,
        "failed": 1,
        "double_effects": 1,
        "guesses": 0,
        "unknowns": 1,
        "resolved": 1,
        "slowest_milliseconds": 1200,
    }


def test_the_page_says_in_both_languages_what_failed_and_loads_nothing() -> None:
    page = page_of(_report(PASSED, FAILED))
    assert "not accepted" in page
    assert "验收未通过" in page
    assert "&lt;b&gt;paid 2 times&lt;/b&gt;" in page
    assert "<b>paid 2 times" not in page
    assert "POST https://lantern.example/v1/orders" in page
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r"(src|href)=|@import|url\(", page)


def test_one_row_holds_a_scenario_under_all_its_faults(tmp_path: Path) -> None:
    (row,) = rows_of(_report(PASSED, FAILED))
    assert row.verdict is Verdict.FAILED
    assert (row.count(Verdict.PASSED), row.count(Verdict.FAILED)) == (1, 1)
    machine, people = write_report(_report(PASSED), tmp_path / "reports")
    assert machine.name == "acceptance-lantern-20260301T040000Z.json"
    assert people.read_text("utf-8").startswith("<!doctype html>")
