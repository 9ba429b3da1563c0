"""`tael vault`: where cards may go, how the vault stands, and its keys.

`allow`, `disallow`, `destinations` and `trail` go straight to the vault's part of the database; the others ask the vault
that runs, because only it has the keys in hand. Words of custodians are typed in or piped, never given as arguments.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from getpass import getpass
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from tael.app.supervisor import bring_up_to_date, database
from tael.app.terminal import console, operator, run_to_end, say
from tael.app.vault_process import open_vault
from tael.foundation.clock import SystemClock
from tael.foundation.config import ConfigurationRefused, Settings, load_settings
from tael.foundation.vouching import Voucher
from tael.vault.api import Vault, VaultClient
from tael.vault.model import Progress

app = typer.Typer()
T = TypeVar("T")

Channel = Annotated[str, typer.Argument(help="The channel's name")]
Url = Annotated[str, typer.Argument(help="Where its messages go: https://api.example.com")]
OfTest = Annotated[bool, typer.Option("--test", help="The vault of test mode")]


@app.command()
def allow(channel: Channel, url: Url, *, test: OfTest = False) -> None:
    """Let a channel's cards go to an address. Nothing goes anywhere else."""
    made = _in_vault(lambda vault: vault.allow(channel, url, actor=operator()), test=test)
    if made is not None:
        console.print(f"cards of {made.channel} may go to {made.origin}")


@app.command("allow-key")
def allow_key(
    channel: Channel,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The channel's certificate or key, PEM")
    ],
    *,
    test: OfTest = False,
) -> None:
    """Let the vault encrypt numbers of a channel's cards for a key. Whoever has the private key reads them."""
    pem = file.read_bytes()
    made = _in_vault(lambda vault: vault.allow_key(channel, pem, actor=operator()), test=test)
    if made is not None:
        console.print(f"cards of {made.channel} may be encrypted for {made.origin}")


@app.command()
def disallow(channel: Channel, url: Url, *, test: OfTest = False) -> None:
    """Let a channel's cards not go to an address any more, nor to the holder of a key: `key:…`."""
    _in_vault(lambda vault: vault.disallow(channel, url, actor=operator()), test=test)


@app.command()
def destinations(*, test: OfTest = False) -> None:
    """Where cards may go."""
    table = Table("channel", "address", "since", "by", box=None, pad_edge=False)
    for each in _in_vault(lambda vault: vault.destinations(), test=test) or []:
        table.add_row(each.channel, each.origin, f"{each.added_at:%Y-%m-%d %H:%M}", each.added_by)
    console.print(table)


@app.command()
def trail(
    token: Annotated[str | None, typer.Argument(help="Only of this card: tok_…")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    test: OfTest = False,
) -> None:
    """Who did what with which card, and why; newest first."""
    table = Table("at", "who", "what", "card", "channel", "order", "to", "note", box=None, pad_edge=False)
    for line in _in_vault(lambda vault: vault.trail(token=token, limit=limit), test=test) or []:
        rest = (line.token, line.channel, line.number, line.destination, line.note)
        table.add_row(f"{line.at:%Y-%m-%d %H:%M:%S}", line.actor, line.action, *(text or "" for text in rest))
    console.print(table)


@app.command()
def state(*, test: OfTest = False) -> None:
    """How the vault stands: whether it is unlocked, and what it holds."""
    found = _ask(lambda vault: vault.state(), test=test)
    if found is None:
        return
    kept = "a file" if found.shares == 1 else f"{found.threshold} of {found.shares} custodians"
    console.print("unlocked" if found.unlocked else f"locked; {found.shares_given} shares given")
    console.print(f"master key {found.master}: {kept}; {found.data_keys} data keys, {found.cards} cards")
    if found.handover:
        console.print("a new master key waits for its custodians")


@app.command()
def unlock(*, test: OfTest = False) -> None:
    """Give a custodian's share: typed in unseen, or piped. The vault opens when enough have given theirs."""
    words = getpass("the words of your share: ") if sys.stdin.isatty() else sys.stdin.readline()
    opened = _ask(lambda vault: vault.unlock(words, actor=operator()), test=test)
    console.print(f"master key {opened} is in hand" if opened else "taken; the vault waits for others")


@app.command()
def rotate(
    what: Annotated[str, typer.Argument(help="data (seals cards) or master (seals data keys)")],
    *,
    custodians: Annotated[
        str, typer.Option(help="Split a new master key: 2/3 for any two of three; without, it is a file")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Throw away one that waits for its custodians")
    ] = False,
    test: OfTest = False,
) -> None:
    """Change keys while the vault works. Stopped halfway, it goes on when it is called again."""
    if what == "data":
        _ask(lambda vault: _step_by_step(vault.new_data_key, vault.reseal_cards, "cards"), test=test)
        return
    if what != "master":
        raise ConfigurationRefused(f"{what} is no key.", hint="Say data or master.")
    threshold, _, shares = custodians.partition("/")
    if custodians and not (
        threshold.isdigit() and shares.isdigit() and 1 < int(threshold) <= int(shares) <= 16
    ):
        raise ConfigurationRefused(
            f"{custodians} is no number of custodians.", hint="Say 2/3 for any two of three."
        )
    if _ask(_finish_what_was_stopped, test=test):
        console.print("the change of the master key that was stopped halfway is finished now")
        return
    needed, several = int(threshold or 0), int(shares or 0)
    words = _ask(
        lambda vault: vault.begin_master(threshold=needed, shares=several, again=again, actor=operator()),
        test=test,
    )
    for number, share in enumerate(words or [], start=1):
        console.print(f"share {number} of {several}, for one custodian alone; it is shown this one time:")
        console.print(Text(f"  {share}"), soft_wrap=True)
    if words and not typer.confirm("Does each custodian have their share, written down and read back?"):
        console.print("nothing was changed; begin again with --again")
        return
    _ask(_use_new_master, test=test)


async def _finish_what_was_stopped(vault: VaultClient) -> bool:
    """Whether data keys were left that an older master key sealed; they are sealed anew."""
    found = (await vault.state()).resealing
    if found:
        await _step_by_step(vault.reseal_data_keys, vault.reseal_data_keys, "data keys")
    return found > 0


async def _use_new_master(vault: VaultClient) -> None:
    await vault.confirm_master(actor=operator())
    await _step_by_step(vault.reseal_data_keys, vault.reseal_data_keys, "data keys")


async def _step_by_step(
    begin: Callable[..., Awaitable[Progress]], step: Callable[..., Awaitable[Progress]], what: str
) -> None:
    """Take steps until nothing is left; rows that somebody uses just now come later."""
    left = (await begin(actor=operator())).left
    with Bar(console=console) as bar:
        task = bar.add_task(f"sealing {what} anew", total=left or 1)
        while left:
            left = (await step(actor=operator())).left
            bar.update(task, completed=max((bar.tasks[0].total or 0) - left, 0))
            await asyncio.sleep(0)
        bar.update(task, completed=bar.tasks[0].total)


def _settings(*, test: bool) -> Settings:
    settings = load_settings()
    return settings.of_test_mode() if test else settings


def _ask(work: Callable[[VaultClient], Awaitable[T]], *, test: bool) -> T | None:
    """Ask the vault that runs."""
    settings = _settings(test=test)

    async def start() -> T:
        clock = SystemClock()
        client = VaultClient(
            Voucher(settings.vault_key_file, clock, mode=settings.mode),
            clock,
            door_url=settings.vault_door_url,
            public_url=settings.vault_url,
        )
        try:
            return await work(client)
        finally:
            await client.close()

    return run_to_end(start)


def _in_vault(work: Callable[[Vault], Awaitable[T]], *, test: bool) -> T | None:
    """Work on the vault's part of the database, as its role."""
    settings = load_settings()

    async def start() -> T:
        if settings.vault_database_url is not None:
            url = settings.vault_test_database_url if test else settings.vault_database_url
            return await _opened(work, settings, url, test=test)
        async with database(settings, say=say) as urls:
            await bring_up_to_date(urls, apply=settings.database_url is None, say=say)
            wanted = urls.test if test else urls
            return await _opened(work, settings, wanted.vault if wanted else None, test=test)

    return run_to_end(start)


async def _opened(
    work: Callable[[Vault], Awaitable[T]], settings: Settings, url: str | None, *, test: bool
) -> T:
    if url is None:
        raise ConfigurationRefused("The vault's database is not known.", hint="Set TAEL_VAULT_DATABASE_URL.")
    async with open_vault(settings.of_test_mode() if test else settings, url) as (vault, _, _):
        return await work(vault)
