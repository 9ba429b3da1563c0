"""What does a report look like? A page for people and a file for machines; both say the same."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import jinja2
import msgspec

from tael.acceptance.model import Case, Fault, Report, Verdict, Words
from tael.acceptance.words import FAULTS, MARKS, VERDICTS


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario with its cases, by fault."""

    name: str
    title: Words
    cells: Mapping[Fault, Case]

    @property
    def verdict(self) -> Verdict:
        """Failed if any case failed; not promised if none was tried."""
        verdicts = {case.verdict for case in self.cells.values()}
        order = (Verdict.FAILED, Verdict.PASSED, Verdict.NOT_PROMISED)
        return next(verdict for verdict in order if verdict in verdicts)

    def count(self, verdict: Verdict) -> int:
        """How many of its cells ended so."""
        return sum(case.verdict is verdict for case in self.cells.values())


def rows_of(report: Report) -> Sequence[Row]:
    """The cases by scenario; of several cases in one cell the worst is shown."""
    rows: dict[str, dict[Fault, Case]] = {}
    titles: dict[str, Words] = {}
    for case in report.cases:
        cells = rows.setdefault(case.scenario, {})
        titles[case.scenario] = case.title
        known = cells.get(case.fault)
        if known is None or known.verdict is not Verdict.FAILED:
            cells[case.fault] = case
    return [Row(name=name, title=titles[name], cells=cells) for name, cells in rows.items()]


def json_of(report: Report) -> bytes:
    """The file for machines: `model.verify_report` reads it."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1)


def page_of(report: Report) -> str:
    """The page for people: nothing is loaded from anywhere, both languages, by day and by night."""
    rows = rows_of(report)
    faults = [fault for fault in Fault if any(fault in row.cells for row in rows)]
    return _template().render(
        report=report,
        rows=rows,
        faults=faults,
        fault_words=FAULTS,
        verdict_words=VERDICTS,
        marks=MARKS,
        failed=[case for case in report.cases if case.verdict is Verdict.FAILED],
        counts={verdict: report.count(verdict) for verdict in Verdict},
        took_seconds=round((report.finished_at - report.started_at).total_seconds()),
    )


def write_report(report: Report, folder: Path) -> tuple[Path, Path]:
    """The two files, named after the channel and the day; gives where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"acceptance-{report.channel}-{report.started_at:%Y%m%dT%H%M%SZ}"
    machine, people = folder / f"{name}.json", folder / f"{name}.html"
    machine.write_bytes(json_of(report))
    people.write_text(page_of(report), encoding="utf-8")
    return machine, people


def sum_line(totals: Mapping[str, int]) -> str:
    """What it all proves, in one line."""
    return (
        f"{totals['cases']} cases, {totals['failed']} failed: {totals['double_effects']} double effects, "
        f"{totals['guesses']} outcomes guessed, {totals['resolved']} of {totals['unknowns']} unknown outcomes "
        f"resolved, slowest {totals['slowest_milliseconds'] / 1000:.1f} s"
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tael.acceptance"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("report.html")
