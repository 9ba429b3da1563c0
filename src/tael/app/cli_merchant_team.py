"""`tael merchants team`: the people of a merchant, from the machine: the first owner of one that was registered here."""

from typing import Annotated

import typer
from rich.table import Table

from tael.app.house import House
from tael.app.portals import portal_url
from tael.app.terminal import console, errors, in_house, operator
from tael.merchants.model import Invite, Member, RemoveMember, TeamRole

app = typer.Typer(no_args_is_help=True, help="The people of a merchant, and their invitations.")

MerchantId = Annotated[str, typer.Argument(help="mer_…")]


@app.command()
def invite(
    merchant_id: MerchantId,
    email: Annotated[str, typer.Argument(help="Of the person")],
    role: Annotated[TeamRole, typer.Option(help="What they do there")] = TeamRole.OWNER,
) -> None:
    """Invite somebody, and print a link for them. It works once, for seven days."""

    async def work(house: House) -> tuple[Member, str]:
        await house.merchants.get(merchant_id)
        command = Invite(merchant_id=merchant_id, email=email, role=role)
        member = await house.team.run(command, actor=operator())
        token = await house.team.invitation_token(member)
        return member, f"{portal_url(house)}/invitations/{token}"

    made = in_house(work)
    if made is not None:
        member, link = made
        errors.print(f"{member.id} {member.email}: {member.role}")
        console.print(link, soft_wrap=True)


@app.command("list")
def list_team(merchant_id: MerchantId) -> None:
    """Who is there or invited."""
    table = Table("member", "name", "e-mail", "role", "state", box=None, pad_edge=False)
    for each in in_house(lambda house: house.team.members(merchant_id)) or []:
        table.add_row(each.id, each.name, each.email, each.role, each.state)
    console.print(table)


@app.command()
def remove(merchant_id: MerchantId, member_id: Annotated[str, typer.Argument(help="mbr_…")]) -> None:
    """Let somebody in no more, at once."""
    command = RemoveMember(merchant_id=merchant_id, member_id=member_id)
    in_house(lambda house: house.team.run(command, actor=operator()))
