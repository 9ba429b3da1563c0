"""`tael ledger keys`: give out and take back the keys of the ledger's own API."""

from typing import Annotated

import typer
from rich.table import Table

from tael.app.terminal import console, in_house, operator
from tael.ledger.api import MAY

app = typer.Typer(no_args_is_help=True, help="The keys of the ledger's own API.")
_EVERYTHING = "all"


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What it is for, in your words")],
    may: Annotated[
        list[str], typer.Option(help=f"What it may do: {', '.join(MAY)}, all; may be said several times")
    ],
) -> None:
    """Make a key and print it. It is shown this one time."""
    allowed = list(MAY) if _EVERYTHING in may else may
    made = in_house(lambda house: house.ledger_keys.create(name, may=allowed, actor=operator()))
    if made is not None:
        console.print(made.secret)


@app.command("list")
def list_keys() -> None:
    """Every key: its prefix, what it is for and may do, and when it was used."""
    table = Table("prefix", "name", "may", "created", "last used", "revoked", box=None, pad_edge=False)
    words = {permission: word for word, permission in MAY.items()}
    for key in in_house(lambda house: house.ledger_keys.everything()) or []:
        may = ", ".join(words[permission] for permission in key.permissions)
        moments = (key.created_at, key.last_used_at, key.revoked_at)
        shown = (f"{moment:%Y-%m-%d %H:%M}" if moment else "–" for moment in moments)
        table.add_row(key.prefix, key.name, may, *shown)
    console.print(table)


@app.command("revoke")
def revoke_key(prefix: Annotated[str, typer.Argument(help="tael_ledger_ and ten characters")]) -> None:
    """End a key: within seconds nobody is let in with it."""
    in_house(lambda house: house.ledger_keys.revoke(prefix, actor=operator()))
