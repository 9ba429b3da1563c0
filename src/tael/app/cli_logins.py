"""`tael logins`: help for people who cannot sign in any more."""

from typing import Annotated

import typer

from tael.app.house import House
from tael.app.portals import portal_url
from tael.app.terminal import console, errors, in_house, operator
from tael.identity.model import LinkKind

app = typer.Typer()


@app.command()
def reset(
    email: Annotated[str, typer.Argument(help="With which they sign in")],
    second_factor: Annotated[
        bool, typer.Option("--second-factor", help="They have lost their phone and their recovery codes, too")
    ] = False,
) -> None:
    """Print a link with which somebody chooses a new password. It works once, for a day.

    Whoever gets it is that person from then on: make sure first who asks.
    """
    kind = LinkKind.RESET_ALL if second_factor else LinkKind.RESET_PASSWORD

    async def work(house: House) -> str:
        link = await house.people.identity.make_link(email, kind, actor=operator())
        return f"{portal_url(house)}/reset/{link.token}"

    made = in_house(work)
    if made is not None:
        errors.print(f"{kind} for {email}")
        console.print(made, soft_wrap=True)
