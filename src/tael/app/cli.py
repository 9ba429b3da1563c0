"""What can be typed? Each command is a few lines that call the parts."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from typer.core import TyperGroup

from tael.app.addresses import address_of
from tael.app.cli_parts import parts
from tael.app.collector import seldom_collect, spare_the_collector
from tael.app.roles import LISTENERS, ROLE_SETS, ROLES, roles_in
from tael.app.supervisor import bring_up_to_date, database, supervise
from tael.app.terminal import console, errors, run_to_end, say
from tael.foundation.config import ConfigurationRefused, Settings, explain_settings, load_settings
from tael.foundation.errors import Refusal
from tael.foundation.migrate import BEFORE_START, PHASES
from tael.foundation.telemetry import set_up_logging
from tael.simulators import CHANNELS, OTHERS

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tael: an online payment platform.",
)


@app.command()
def run(
    roles: Annotated[list[str] | None, typer.Argument(help=f"all, or some of: {', '.join(ROLES)}")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes behind the public listeners")] = 1,
    here: Annotated[bool, typer.Option("--here", hidden=True, help="Without a supervisor")] = False,
    child_of: Annotated[int | None, typer.Option(hidden=True, help="Stop when this process is gone")] = None,
) -> None:
    """Run the platform, or some of its roles. With no database named, the embedded PostgreSQL is started.

    `ledger` brings worker and clock along: it is all that somebody needs who only wants a ledger.
    """
    settings = load_settings()
    set_up_logging(settings.log_level, settings.log_format)
    words = roles or ["all"]
    unknown = [word for word in words if word not in (*ROLES, *ROLE_SETS)]
    if unknown:
        raise ConfigurationRefused(
            f"{unknown[0]} is not a role.", hint=f"Say all, or some of: {', '.join(ROLES)}."
        )
    wanted = words if here and words != ["all"] else roles_in(words)
    _refuse_before_the_start(settings, wanted)
    if here and (settings.database_url is not None or settings.vault_database_url is not None):
        from tael.app.process import run_roles

        run_to_end(lambda: run_roles(settings, settings.database_url or "", wanted, child_of=child_of))
    else:
        run_to_end(lambda: supervise(settings, wanted, workers=workers, say=say))


def _refuse_before_the_start(settings: Settings, roles: Sequence[str]) -> None:
    """Find wrong addresses here: in a process under the supervisor they would be found again and again."""
    for role in roles:
        if role in LISTENERS:
            address_of(settings, role)


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what is missing; exit 2 if anything is")
    ] = False,
    *,
    before_start: Annotated[
        bool,
        typer.Option("--before-start", help="Only what the new program needs, while the old one still runs"),
    ] = False,
) -> None:
    """Bring the database's schema up to date."""
    settings = load_settings()
    run_to_end(lambda: _migrate(settings, check=check, phases=BEFORE_START if before_start else PHASES))


async def _migrate(settings: Settings, *, check: bool, phases: Collection[str]) -> None:
    async with database(settings, say=say) as urls:
        await bring_up_to_date(urls, apply=not check, say=console.print, phases=phases)
    console.print("The schema is up to date.")


@app.command()
def config() -> None:
    """Print every setting with its value, where it comes from, and what it means. Secrets are masked."""
    table = Table(box=None, pad_edge=False)
    table.add_column("setting", no_wrap=True)
    for heading in ("value", "from", "meaning"):
        table.add_column(heading, overflow="fold")
    for setting in explain_settings(load_settings()):
        table.add_row(setting.name, setting.value, setting.source, setting.meaning)
    console.print(table)


@app.command()
def simulate(
    channel: Annotated[str, typer.Argument(help=f"one of: {', '.join((*CHANNELS, *OTHERS))}")],
    listen: Annotated[str, typer.Option(help="Address, host:port")] = "127.0.0.1:8090",
    home: Annotated[Path | None, typer.Option(help="Folder of its keys and records")] = None,
    speed: Annotated[float, typer.Option(min=0.001, help="How many times faster it repeats notices")] = 1.0,
) -> None:
    """Run a stand-in for a channel, or for others who are asked, that speaks the real protocol."""
    from tael.app.simulated import write_channel_file, write_provider_files
    from tael.simulators.base import SimulatorOptions
    from tael.simulators.registry import PROVIDERS, all_simulators

    simulators = [*all_simulators(), *PROVIDERS]
    if channel not in simulators:
        raise ConfigurationRefused(
            f"There is no simulator of {channel}.", hint=f"There are: {', '.join(simulators)}."
        )
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigurationRefused(f"{listen} is not an address like 127.0.0.1:8090.")
    folder = home or load_settings().home / "simulators" / channel
    console.print(f"{channel} simulator: http://{listen}  (keys in {folder})")
    if channel in PROVIDERS:
        told = write_provider_files(channel, folder, f"http://{listen}")
        console.print(f"To use it: tael {channel} install {told}", soft_wrap=True)
    else:
        file = write_channel_file(channel, folder, f"http://{listen}")
        console.print(f"To use it: tael channels install {channel} --from {file}", soft_wrap=True)
    options = SimulatorOptions(home=folder, host=host, port=int(port), speed=speed)
    simulator = PROVIDERS.get(channel) or all_simulators()[channel]
    spare_the_collector()
    run_to_end(lambda: simulator.serve(options))


@app.command(name="demo")
def run_demo(
    exit_after: Annotated[
        bool, typer.Option("--exit", help="Stop after the story instead of leaving it running")
    ] = False,
) -> None:
    """Start everything, take one payment end to end, refund a part, and show the books."""
    from tael.app import demo

    settings = load_settings()
    if not run_to_end(lambda: demo.tell(settings, console, keep_running=not exit_after)):
        raise typer.Exit(1)


def command() -> TyperGroup:
    """What can be typed: the commands here, and each part's."""
    whole = typer.main.get_group(app)
    for part in parts():
        whole.add_command(part)
    return whole


def main() -> None:
    """The entry point: refusals become a sentence and the next step, not a traceback."""
    seldom_collect()
    try:
        command()()
    except Refusal as refusal:
        errors.print("[bold red]tael:[/bold red]", end=" ")
        errors.print(refusal.message, soft_wrap=True, markup=False)
        if refusal.hint:
            errors.print(f"      {refusal.hint}", soft_wrap=True, markup=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
