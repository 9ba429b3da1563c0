"""`tael channels accept`: does a connector keep its promises? And `verify-report`: is that report ours?"""

import asyncio
import contextlib
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tael.acceptance.api import (
    Candidate,
    Case,
    Fault,
    Props,
    RememberingSigner,
    Report,
    Verdict,
    accept_against_simulator,
    accept_in_sandbox,
    rows_of,
    signed,
    sum_line,
    totals_of,
    verify_report,
    write_report,
)
from tael.app.terminal import console, errors, run_to_end
from tael.channels.port import Action, ConnectorKind, Order
from tael.channels.registry import KEYRINGS, connector_kinds, version_of
from tael.foundation.clock import SystemClock
from tael.foundation.config import load_settings
from tael.foundation.errors import Malformed, NotFound
from tael.foundation.signing import key_in, trusted_keys_in
from tael.simulators.base import SimulatorOptions
from tael.simulators.registry import Simulator, all_simulators

app = typer.Typer()

KEY = "acceptance"
"""The name of the key that signs reports, among this installation's keys."""
ALL = "all"
SPEED = 600.0
"""How much faster than a real channel the simulators repeat their notices: four minutes in 0.4 s."""


class SandboxFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file says about a channel that is not a simulator. A credential that begins with `@` is read from a file."""

    settings: dict[str, Any]
    credentials: dict[str, str]
    connector: str = ""
    props: dict[str, Any] = {}


@app.command()
def accept(
    name: Annotated[str, typer.Argument(help="The connector's name, or `all` that have a simulator")],
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Against a real sandbox, named by --settings, not a simulator")
    ] = False,
    settings: Annotated[
        Path | None, typer.Option(help="TOML with [settings], [credentials] and, if need be, [props]")
    ] = None,
    payer: Annotated[
        bool, typer.Option("--payer", help="With --live: you are there, and pay what is printed")
    ] = False,
    simulator_url: Annotated[
        str, typer.Option(help="A simulator that runs already; --settings says how to speak to it")
    ] = "",
    report: Annotated[Path | None, typer.Option(help="Where the report goes, as HTML and JSON")] = None,
    only: Annotated[str, typer.Option(help="Some scenarios: refund*, pay.code, or an operation's name")] = "",
) -> None:
    """Try all that a connector promises, with everything that can go wrong. Exit status 1 if anything failed."""
    names = _with_simulators() if name == ALL else [name]
    file = _read_file(settings) if settings else None
    if (live or simulator_url) and file is None:
        raise Malformed(
            "A channel of one's own needs --settings.", hint="A TOML file: see write-a-connector."
        )
    reports = []
    for one in names:
        kind = _kind(one)
        if live and file:
            made = run_to_end(lambda: _accept_live(kind, file, payer=payer, only=only))  # noqa: B023 - at once
        else:
            made = run_to_end(lambda: _accept(kind, file, simulator_url, only=only))  # noqa: B023 - at once
        if made is None:
            raise typer.Exit(1)
        reports.append(_finish(made, report))
    if len(reports) > 1:
        console.print(f"\n[bold]{len(reports)} connectors: {sum_line(totals_of(reports))}[/bold]")
    if not all(made.passed for made in reports):
        raise typer.Exit(1)


@app.command("verify-report")
def verify(
    file: Annotated[Path, typer.Argument(help="The JSON file of a report", exists=True, dir_okay=False)],
) -> None:
    """Whether a report is as this installation, or one whose public key lies beside ours, has signed it."""
    folder = load_settings().keys_folder
    report = verify_report(file.read_bytes(), trusted=trusted_keys_in(folder, KEY))
    said = "accepted" if report.complete else "a selection passed"
    said = said if report.passed else "not accepted"
    console.print(
        f"{report.channel} ({report.connector} {report.connector_version}), {report.against}: {said}."
    )
    console.print(f"{report.started_at:%Y-%m-%d %H:%M} UTC · {sum_line(totals_of([report]))}")
    console.print(f"signed by {report.key}")
    if not report.passed:
        raise typer.Exit(1)


def _with_simulators() -> Sequence[str]:
    return sorted({simulator.connector for simulator in all_simulators().values()} & set(connector_kinds()))


def _kind(name: str) -> ConnectorKind:
    kinds = connector_kinds()
    if name not in kinds:
        raise NotFound(f"There is no connector {name}.", hint=f"There are: {', '.join(sorted(kinds))}.")
    return kinds[name]


def _simulator_of(kind: ConnectorKind) -> Simulator:
    for simulator in all_simulators().values():
        if simulator.connector == kind.name:
            return simulator
    raise NotFound(
        f"There is no simulator of {kind.name}.",
        hint="Name one under the entry point tael.simulators, or say --simulator-url or --live.",
    )


def _read_file(path: Path) -> SandboxFile:
    try:
        file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), SandboxFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise Malformed(f"{path}: {error}", hint="See docs/guides/write-a-connector.md.") from error
    credentials = {
        name: (path.parent / text[1:]).read_text("utf-8") if text.startswith("@") else text
        for name, text in file.credentials.items()
    }
    return msgspec.structs.replace(file, credentials=credentials)


def _candidate(kind: ConnectorKind, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> Candidate:
    try:
        secrets = msgspec.convert(credentials, kind.credentials)
        connector = kind.make(msgspec.convert(settings, kind.settings), secrets)
        keyring = KEYRINGS[kind.name](secrets) if kind.name in KEYRINGS else None
    except (msgspec.ValidationError, ValueError) as error:
        raise Malformed(f"{kind.name} cannot be made from these: {error}") from error
    return Candidate(
        channel=kind.name,
        connector_name=kind.name,
        connector_version=version_of(kind.name),
        connector=connector,
        signer=RememberingSigner(keyring) if keyring is not None else None,
    )


async def _accept(kind: ConnectorKind, file: SandboxFile | None, url: str, *, only: str) -> Report:
    if url and file is not None:
        candidate = _candidate(kind, file.settings, file.credentials)
        return await _run(candidate, url, file.props, only=only)
    simulator = _simulator_of(kind)
    with tempfile.TemporaryDirectory(prefix="tael-acceptance-") as folder:
        home = Path(folder)
        options = SimulatorOptions(home=home, speed=SPEED, remembers=False)
        async with simulator.serving(options) as address:
            settings, credentials = simulator.settings(home, address), simulator.credentials(home, address)
            return await _run(
                _candidate(kind, settings, credentials), address, simulator.props_in(home, address), only=only
            )


async def _run(candidate: Candidate, url: str, props: Mapping[str, Any], *, only: str) -> Report:
    with _progress(candidate.channel) as (planned, told):
        return await accept_against_simulator(
            candidate,
            control_url=url,
            clock=SystemClock(),
            props=msgspec.convert(props, Props),
            only=only,
            planned=planned,
            told=told,
        )


async def _accept_live(kind: ConnectorKind, file: SandboxFile, *, payer: bool, only: str) -> Report:
    candidate = _candidate(kind, file.settings, file.credentials)
    return await accept_in_sandbox(
        candidate,
        clock=SystemClock(),
        props=msgspec.convert(file.props, Props),
        asks=_ask_person if payer else None,
        only=only,
        told=_say_case,
    )


async def _ask_person(order: Order, action: Action | None) -> bool:
    """Show what to pay, and wait for the word that it is done."""
    console.print(f"\n[bold]Please pay {order.amount}[/bold]  ({order.order_number}, {order.product})")
    console.print(escape(str(getattr(action, "code_url", None) or getattr(action, "url", None) or action)))
    if code := getattr(action, "code_url", None):
        import segno

        segno.make(code, error="l").terminal(compact=True)
    return await asyncio.to_thread(typer.confirm, "Paid?", default=True)


def _say_case(case: Case) -> None:
    if case.verdict is not Verdict.NOT_PROMISED:
        errors.print(f"{case.verdict:7} {case.scenario} · {case.fault}", markup=False)


@contextlib.contextmanager
def _progress(channel: str) -> Iterator[tuple[Callable[[int], None], Callable[[Case], None]]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors) as progress:
        bar = progress.add_task(channel, total=None)
        failed = 0

        def planned(size: int) -> None:
            progress.update(bar, total=size)

        def told(case: Case) -> None:
            nonlocal failed
            failed += case.verdict is Verdict.FAILED
            words = f"{channel} · {failed} failed" if failed else channel
            done = progress.tasks[0].completed + 1
            total = max(progress.tasks[0].total or 0, done)
            progress.update(bar, advance=1, total=total, description=words)

        yield planned, told


def _finish(made: Report, folder: Path | None) -> Report:
    """Sign, write, and print the table."""
    settings = load_settings()
    report = signed(made, by=key_in(settings.keys_folder, KEY, "ed25519"))
    machine, people = write_report(report, folder or settings.home / "acceptance")
    table = Table(box=None, pad_edge=False, title=f"{report.channel} {report.connector_version}")
    table.add_column("scenario", no_wrap=True)
    for heading in ("passed", "failed", "not promised"):
        table.add_column(heading, justify="right")
    for row in rows_of(report):
        colour = {Verdict.FAILED: "red", Verdict.NOT_PROMISED: "dim", Verdict.PASSED: ""}[row.verdict]
        counts = [str(row.count(verdict) or "") for verdict in Verdict]
        table.add_row(f"{row.name}", *counts, style=colour)
    console.print(table)
    for case in report.cases:
        if case.verdict is Verdict.FAILED:
            fault = "" if case.fault is Fault.NONE else f" under {case.fault}"
            words = f"✗ {case.scenario}{fault} ({case.number}): expected {case.expected}; came {case.came}"
            console.print(words, style="red", markup=False)
    console.print(f"{report.channel}: {sum_line(totals_of([report]))}", style="bold", markup=False)
    console.print(f"{people}\n{machine}", style="dim", markup=False)
    return report
