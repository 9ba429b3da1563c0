"""`tael messages`: what reached people, sending again, tips, and how gateway and mail server are set up."""

import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator
from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import CHINA
from tael.foundation.config import load_settings
from tael.foundation.errors import Malformed
from tael.foundation.files import write_unless_there
from tael.foundation.ids import check_id
from tael.foundation.proposals import Proposal
from tael.messages.api import DeliveryFilter, ProposeCampaign, SendAgain, tip_in_chinese
from tael.messages.model import Delivery, DeliveryState, Post, Way

app = typer.Typer()

_KEPT = {"TAEL_SMS_KEY_FILE": "sms.key", "TAEL_SMTP_PASSWORD_FILE": "smtp.password"}
"""Secrets that are read from the keys' folder unless a setting says otherwise."""
Test = Annotated[bool, typer.Option("--test", help="In test mode")]
MessageId = Annotated[str, typer.Argument(help="msg_…")]


@app.command("list")
def list_messages(
    *,
    user: Annotated[str | None, typer.Option(help="Only those to this user: usr_…")] = None,
    way: Annotated[Way | None, typer.Option(help="Only those on this way")] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state")] = None,
    template: Annotated[str | None, typer.Option(help="Only those of this template")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    test: Test = False,
) -> None:
    """Deliveries, newest first. Addresses are masked, and what was said is not shown."""
    if user is not None:
        check_id(user, prefix="usr", field="user")
    wanted = DeliveryFilter(user_id=user, way=way, state=state, template=template, limit=limit)
    found = in_house(lambda house: house.people.messages.list_deliveries(wanted), test=test)
    _print(list(found or []))


@app.command()
def again(
    message_id: MessageId,
    way: Annotated[Way | None, typer.Option(help="On this way alone")] = None,
    *,
    test: Test = False,
) -> None:
    """Send again what did not arrive of a message; never a code."""
    command = SendAgain(message_id=check_id(message_id, prefix="msg", field="message_id"), way=way)

    async def work(house: House) -> list[Delivery]:
        return list(await house.people.messages.do(command, actor=operator(), about=message_id))

    _print(in_house(work, test=test) or [])


@app.command("send-tip")
def send_tip(
    tip: Annotated[str, typer.Argument(help="Its name: no_safe_accounts")],
    *,
    user: Annotated[str | None, typer.Option("--to", help="Tell this user alone, at once: usr_…")] = None,
    note: Annotated[str, typer.Option(help="Why everybody shall be told it")] = "",
    test: Test = False,
) -> None:
    """Tell one user a tip; or propose to tell everybody, which somebody else approves."""
    tip_in_chinese(tip)
    if user is None and not note:
        raise Malformed("Say with --note why everybody shall be told it, or with --to whom alone.")

    async def work(house: House) -> str:
        messages = house.people.messages
        if user is None:
            wish = ProposeCampaign(tip=tip, note=note, actor=operator())
            proposal: Proposal = await messages.do(wish, actor=operator(), about=tip)
            return f"{proposal.id} {proposal.digest}"
        post = Post(template=f"tip.{tip}", to=check_id(user, prefix="usr", field="user"))
        await house.people.standing.reads.view(user)
        async with house.database.transaction() as tx:
            await messages.post(tx, [post])
            await audit.record(tx, [_event(house, "messages.send_tip", user)])
        return post.id

    said = in_house(work, test=test)
    if said is not None:
        console.print(said)
        if user is None:
            errors.print("It waits for somebody else, at the console or over the API.")


@app.command()
def install(
    path: Annotated[
        Path, typer.Argument(help="A file with settings of gateway and mail server; or a folder", exists=True)
    ],
) -> None:
    """Keep the secrets that a file names among our keys, and print the settings that lead there: set them where you start us."""
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    said = {name: str(value) for file in files for name, value in _read(file).items()}
    if not said:
        raise Malformed(f"No settings stand in {path}.", hint="Such as TAEL_SMS_URL and TAEL_SMTP_URL.")
    unknown = [name for name in said if not name.startswith(("TAEL_SMS_", "TAEL_SMTP_", "TAEL_PUSH_"))]
    if unknown:
        raise Malformed(f"{unknown[0]} is no setting of messages.", field=unknown[0])
    keys = load_settings().keys_folder
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, kept in _KEPT.items():
        if name in said:
            (keys / kept).unlink(missing_ok=True)
            write_unless_there(keys / kept, Path(said.pop(name)).read_bytes())
            errors.print(f"Kept: {keys / kept}")
    for name, value in said.items():
        console.print(f"{name}={value}", markup=False, soft_wrap=True)


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"{file} cannot be read: {error}.") from None


def _event(house: House, action: str, about: str) -> AuditEvent:
    return AuditEvent(
        happened_at=house.clock.now(), actor=operator(), action=action, object_id=about, result="done"
    )


def _print(found: list[Delivery]) -> None:
    table = Table(
        "message", "template", "user", "way", "to", "state", "why", "tries", "when", box=None, pad_edge=False
    )
    for each in found:
        row = (
            each.message_id,
            each.template,
            each.user_id or "–",
            each.way,
            each.address,
            each.state,
            each.error or "–",
            str(each.attempts),
            f"{each.created_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        )
        table.add_row(*map(Text, row))
    console.print(table)
