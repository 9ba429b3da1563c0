"""`tael staff`: who operates this platform, in which roles, and with which keys."""

from typing import Annotated

import typer
from rich.table import Table

from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator
from tael.staff.model import MemberState, Role

app = typer.Typer()
key = typer.Typer(no_args_is_help=True, help="The API keys of members of staff.")
app.add_typer(key, name="key")

MemberId = Annotated[str, typer.Argument(help="stf_…")]
Roles = Annotated[
    list[Role], typer.Option("--role", help="What they are here for; may be said several times")
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The person's name")],
    email: Annotated[str, typer.Option(help="Nobody else has it")],
    role: Roles,
) -> None:
    """Add a member and print a first key. It is shown this one time."""
    made = in_house(lambda house: house.staff.add(name, email=email, roles=role, actor=operator()))
    if made is not None:
        errors.print(f"{made.member.id} {made.member.name}: {', '.join(made.member.roles)}")
        console.print(made.key.secret)


@app.command("list")
def list_members() -> None:
    """Every member, with their roles."""
    table = Table("member", "name", "e-mail", "roles", "state", box=None, pad_edge=False)
    for member in in_house(lambda house: house.staff.everybody()) or []:
        table.add_row(member.id, member.name, member.email, " ".join(member.roles), member.state)
    console.print(table)


@app.command("roles")
def set_roles(member_id: MemberId, role: Roles) -> None:
    """Give a member these roles and no others."""
    in_house(lambda house: house.staff.set_roles(member_id, role, actor=operator()))


@app.command()
def suspend(member_id: MemberId) -> None:
    """Let a member do nothing for the time being."""
    _set_state(member_id, MemberState.SUSPENDED)


@app.command()
def resume(member_id: MemberId) -> None:
    """Let a suspended member act again."""
    _set_state(member_id, MemberState.ACTIVE)


@app.command("forget-authenticator")
def forget_authenticator(member_id: MemberId) -> None:
    """Take away the authenticator of a member whose phone is lost: at the console they set up another one."""

    async def forget(house: House) -> None:
        member = await house.staff.get(member_id)
        await house.people.identity.forget_authenticator(member.actor, actor=operator())

    in_house(forget)


@key.command("create")
def create_key(member_id: MemberId) -> None:
    """Make another API key and print it. It is shown this one time."""
    made = in_house(lambda house: house.staff.create_key(member_id, actor=operator()))
    if made is not None:
        console.print(made.secret)


@key.command("list")
def list_keys(member_id: MemberId) -> None:
    """A member's keys: their prefixes and when they were used."""
    table = Table("prefix", "created", "last used", "revoked", box=None, pad_edge=False)
    for each in in_house(lambda house: house.staff.list_keys(member_id)) or []:
        moments = (each.created_at, each.last_used_at, each.revoked_at)
        table.add_row(each.prefix, *(f"{moment:%Y-%m-%d %H:%M}" if moment else "–" for moment in moments))
    console.print(table)


@key.command("revoke")
def revoke_key(prefix: Annotated[str, typer.Argument(help="tael_staff_ and ten characters")]) -> None:
    """End a key: within seconds nobody is let in with it."""
    in_house(lambda house: house.staff.revoke_key(prefix, actor=operator()))


def _set_state(member_id: str, state: MemberState) -> None:
    in_house(lambda house: house.staff.set_state(member_id, state, actor=operator()))
