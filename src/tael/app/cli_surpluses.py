"""`tael surpluses`: money of payers that no channel gave back, and sending it once more."""

from typing import Annotated

import typer
from rich.table import Table

from tael.app.terminal import console, in_house, operator
from tael.foundation.money import Money

app = typer.Typer()


@app.command("list")
def list_left(
    latest: Annotated[int, typer.Option(min=1, max=1_000, help="How many at most")] = 100,
) -> None:
    """Surpluses that were sent back as often as we try by ourselves, newest first; each with its last refund."""
    table = Table("refund", "payment", "amount", "why", "channel", "it says", box=None, pad_edge=False)
    for refund in in_house(lambda house: house.payments.surpluses_left(limit=latest)) or []:
        amount = Money(refund.owed_minor, refund.currency)
        table.add_row(
            refund.id, refund.payment_id, str(amount), refund.reason, refund.channel, refund.channel_code
        )
    console.print(table)


@app.command()
def send(refund_id: Annotated[str, typer.Argument(help="rfd_…, the last one of the surplus")]) -> None:
    """Send a surplus back once more, at once, over whichever channel is the best now."""
    refund = in_house(lambda house: house.payments.return_surplus_again(refund_id, actor=operator()))
    if refund is not None:
        console.print(f"{refund.id} over {refund.channel}")
