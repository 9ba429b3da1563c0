"""`tael merchants`: register merchants, and give out and take back their API keys."""

from typing import Annotated

import typer
from rich.table import Table

from tael.app.terminal import console, in_house, operator
from tael.merchants.model import MerchantState

app = typer.Typer(no_args_is_help=True, help="Register merchants, and give out and take back their API keys.")
keys = typer.Typer(no_args_is_help=True, help="The API keys of merchants.")
app.add_typer(keys, name="keys")

MerchantId = Annotated[str, typer.Argument(help="mer_…")]


@app.command()
def create(
    name: Annotated[str, typer.Option(help="As payers see it")],
    fee_basis_points: Annotated[
        int, typer.Option(help="The platform's fee, in hundredths of a percent")
    ] = 60,
) -> None:
    """Register a merchant and print its id."""
    merchant = in_house(
        lambda house: house.merchants.register(name=name, fee_basis_points=fee_basis_points, actor=operator())
    )
    if merchant is not None:
        console.print(merchant.id)


@app.command("list")
def list_merchants() -> None:
    """Every merchant."""
    table = Table("merchant", "name", "state", "fee", box=None, pad_edge=False)
    for merchant in in_house(lambda house: house.merchants.everybody()) or []:
        table.add_row(merchant.id, merchant.name, merchant.state, f"{merchant.fee_basis_points} bp")
    console.print(table)


@app.command()
def suspend(merchant_id: MerchantId) -> None:
    """Refuse a merchant's API calls for the time being; payments that exist can still be paid."""
    _set_state(merchant_id, MerchantState.SUSPENDED)


@app.command()
def resume(merchant_id: MerchantId) -> None:
    """Let a suspended merchant act again."""
    _set_state(merchant_id, MerchantState.ACTIVE)


@keys.command("create")
def create_key(merchant_id: MerchantId) -> None:
    """Make an API key and print it. It is shown this one time."""
    made = in_house(lambda house: house.merchants.create_key(merchant_id, actor=operator()))
    if made is not None:
        console.print(made.secret)


@keys.command("list")
def list_keys(merchant_id: MerchantId) -> None:
    """A merchant's keys: their prefixes and when they were used."""
    table = Table("prefix", "created", "last used", "revoked", box=None, pad_edge=False)
    for key in in_house(lambda house: house.merchants.list_keys(merchant_id)) or []:
        moments = (key.created_at, key.last_used_at, key.revoked_at)
        table.add_row(key.prefix, *(f"{moment:%Y-%m-%d %H:%M}" if moment else "–" for moment in moments))
    console.print(table)


@keys.command("revoke")
def revoke_key(prefix: Annotated[str, typer.Argument(help="tael_ and ten characters")]) -> None:
    """End a key: within seconds nobody is let in with it."""
    in_house(lambda house: house.merchants.revoke_key(prefix, actor=operator()))


def _set_state(merchant_id: str, state: MerchantState) -> None:
    in_house(lambda house: house.merchants.set_state(merchant_id, state, actor=operator()))
