"""`tael payouts`: our money on its way to somebody's account, and what its channel says of it."""

from typing import Annotated

import typer
from rich.table import Table

from tael.app.terminal import console, in_house, operator
from tael.foundation.money import Money
from tael.payouts.model import PayoutFilter, PayoutState, PayoutStory

app = typer.Typer()

PayoutId = Annotated[str, typer.Argument(help="pyo_…")]
OfTest = Annotated[bool, typer.Option("--test", help="Those of test mode")]


@app.command("list")
def list_payouts(
    state: Annotated[PayoutState | None, typer.Option(help="Only those")] = None,
    owner: Annotated[str | None, typer.Option(help="Only those of this user or merchant")] = None,
    channel: Annotated[str | None, typer.Option(help="Only those that this channel was given")] = None,
    latest: Annotated[int, typer.Option(min=1, max=200, help="How many at most")] = 50,
    *,
    test: OfTest = False,
) -> None:
    """Payouts, newest first."""
    wanted = PayoutFilter(state=state, owner=owner, channel=channel, limit=latest)
    table = Table("payout", "owner", "amount", "to", "state", "channel", "it says", box=None, pad_edge=False)
    for story in in_house(lambda house: house.payouts.page(wanted), test=test) or []:
        payout, last = story.payout, story.legs[-1] if story.legs else None
        table.add_row(
            payout.id,
            payout.owner,
            str(payout.amount),
            payout.shown,
            payout.state,
            last.channel if last else "–",
            (last.channel_code if last else payout.reason) or "–",
        )
    console.print(table)


@app.command()
def show(payout_id: PayoutId, *, test: OfTest = False) -> None:
    """One payout, with every channel that it was given to."""
    _print(in_house(lambda house: house.payouts.get(payout_id), test=test))


@app.command()
def inquire(payout_id: PayoutId, *, test: OfTest = False) -> None:
    """Ask the channel that had it last what became of it. Nothing is sent to anybody."""
    _print(in_house(lambda house: house.payouts.inquire(payout_id, actor=operator()), test=test))


def _print(story: PayoutStory | None) -> None:
    if story is None:
        return
    payout = story.payout
    amount = Money(payout.amount_minor, payout.currency)
    console.print(f"{payout.id}  {amount} to {payout.shown} ({payout.account_kind}) for {payout.owner}")
    console.print(f"{payout.purpose} {payout.reference}: {payout.state} {payout.reason or ''}".rstrip())
    table = Table("channel", "state", "number there", "it says", "next asked", "", box=None, pad_edge=False)
    for leg in story.legs:
        doubts = "to be recovered" if leg.unowed else "contradicted" if leg.doubted_at else ""
        asked = f"{leg.next_inquiry_at:%Y-%m-%d %H:%M:%S}" if leg.next_inquiry_at else "–"
        table.add_row(
            leg.channel, leg.state, leg.channel_reference or "–", leg.channel_code or "–", asked, doubts
        )
    console.print(table)
