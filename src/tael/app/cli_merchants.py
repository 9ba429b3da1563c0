"""`tael merchants`: merchants that apply or are registered, what is decided about them, and what they signed."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from tael.app import cli_merchant_keys, cli_merchant_team
from tael.app.house import AGREEMENT_KEY, House
from tael.app.terminal import console, errors, in_house, operator, who_decides
from tael.foundation.config import load_settings
from tael.foundation.errors import Malformed
from tael.foundation.proposals import ProposalState
from tael.foundation.signing import trusted_keys_in
from tael.merchants.api import proposal_body, verify_agreement
from tael.merchants.model import FieldReason, Listed, MerchantFilter, MerchantState, SignedAgreement
from tael.merchants.schemas import (
    BeginReview,
    Decide,
    MerchantProposal,
    Propose,
    RequestChanges,
    StaffChange,
    SuspendMerchant,
)

app = typer.Typer()
agreement = typer.Typer(no_args_is_help=True, help="The agreement that merchants sign.")
app.add_typer(cli_merchant_keys.app, name="keys")
app.add_typer(cli_merchant_team.app, name="team")
app.add_typer(agreement, name="agreement")

MerchantId = Annotated[str, typer.Argument(help="mer_…")]
ProposalId = Annotated[str, typer.Argument(help="prop_…")]
Name = Annotated[str, typer.Option(help="As payers see it")]
Readable = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file")]


@app.command()
def create(
    name: Name,
    fee_basis_points: Annotated[
        int, typer.Option(help="The platform's fee, in hundredths of a percent")
    ] = 60,
) -> None:
    """Register a merchant that is known already, without an application, and print its id."""
    merchant = in_house(
        lambda house: house.merchants.register(name=name, fee_basis_points=fee_basis_points, actor=operator())
    )
    if merchant is not None:
        console.print(merchant.id)


@app.command()
def apply(name: Name) -> None:
    """Begin the application of a merchant and print its id: what it sells and where its money goes it fills in itself."""
    merchant = in_house(lambda house: house.merchants.apply(name=name, actor=operator()))
    if merchant is not None:
        console.print(merchant.id)


@app.command("list")
def list_merchants(
    state: Annotated[MerchantState | None, typer.Option(help="Only those that are so")] = None,
    application: Annotated[
        str | None, typer.Option(help="Only those whose application is so, such as submitted")
    ] = None,
) -> None:
    """Merchants, the newest first."""
    table = Table("merchant", "name", "state", "application", "risk", "fee", box=None, pad_edge=False)
    for merchant in in_house(lambda house: _all(house, state, application)) or []:
        table.add_row(
            merchant.id,
            merchant.name,
            merchant.state,
            merchant.application_state or "–",
            merchant.risk or "–",
            f"{merchant.fee_basis_points} bp",
        )
    console.print(table)


async def _all(house: House, state: MerchantState | None, application: str | None) -> list[Listed]:
    """Every page."""
    found: list[Listed] = []
    while True:
        wanted = MerchantFilter(
            state=state, application=application, after=found[-1].id if found else None, limit=200
        )
        page = await house.merchants.reads.merchants(wanted)
        found += page
        if len(page) < wanted.limit:
            return found


@app.command()
def show(merchant_id: MerchantId) -> None:
    """The state of everything of a merchant, as JSON; secrets are masked."""
    view = in_house(lambda house: house.merchants.reads.merchant(merchant_id))
    if view is not None:
        console.print(msgspec.json.format(msgspec.json.encode(view)).decode(), markup=False, soft_wrap=True)


@app.command()
def history(merchant_id: MerchantId) -> None:
    """What happened with a merchant, newest first."""
    table = Table("when", "who", "what", "note", box=None, pad_edge=False)
    for line in in_house(lambda house: house.merchants.reads.history(merchant_id, limit=200)) or []:
        table.add_row(
            f"{line.happened_at:%Y-%m-%d %H:%M}", line.actor, line.what.removeprefix("merchants."), line.note
        )
    console.print(table)


@app.command()
def review(merchant_id: MerchantId) -> None:
    """Take up the review of an application."""
    in_house(lambda house: house.merchants.do(merchant_id, BeginReview(), actor=operator()))


@app.command("request-changes")
def request_changes(
    merchant_id: MerchantId,
    reason: Annotated[list[str], typer.Option(help="field=reason; again for more")],
) -> None:
    """Give an application back, with a reason for each field."""
    pairs = [each.partition("=") for each in reason]
    reasons = tuple(FieldReason(field=field, reason=text) for field, _, text in pairs)
    in_house(lambda house: house.merchants.do(merchant_id, RequestChanges(reasons=reasons), actor=operator()))


@app.command()
def suspend(
    merchant_id: MerchantId, reason: Annotated[str, typer.Option(help="Why")] = "suspended at the machine"
) -> None:
    """Take no new payments for a merchant; what was paid can be given back, disputed and settled."""
    in_house(lambda house: house.merchants.do(merchant_id, SuspendMerchant(reason=reason), actor=operator()))


@app.command()
def resume(merchant_id: MerchantId) -> None:
    """Let a suspended merchant act again. As soon as somebody on the staff may approve it, two of them do: `propose`."""

    async def act(house: House) -> None:
        actor = await who_decides(house, "merchants", approve=True)
        await house.merchants.set_state(merchant_id, MerchantState.ACTIVE, actor=actor)

    in_house(act)


@app.command()
def propose(
    merchant_id: MerchantId,
    file: Readable,
    note: Annotated[str, typer.Option(help="Why")],
) -> None:
    """Propose a change that takes two people: a file of JSON, such as {"change": "approve_application", …}."""
    try:
        change = msgspec.json.decode(file.read_bytes(), type=StaffChange)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Malformed(f"{file} holds no change: {error}.") from error
    body = in_house(
        lambda house: house.merchants.do(merchant_id, Propose(change=change, note=note), actor=operator())
    )
    if body is not None:
        _print_proposal(body)


@app.command()
def proposals(
    merchant_id: Annotated[str | None, typer.Argument(help="Only those about this one")] = None,
) -> None:
    """What waits for a second person."""
    found = in_house(
        lambda house: house.merchants.reads.proposals(
            merchant_id=merchant_id, state=ProposalState.OPEN, limit=200
        )
    )
    for each in found or []:
        _print_proposal(proposal_body(each))


@app.command()
def decide(
    proposal_id: ProposalId,
    digest: Annotated[str, typer.Option(help="Of the proposal that you have read")],
    *,
    approve: Annotated[bool, typer.Option("--approve/--refuse", help="Yes or no")],
    note: Annotated[str, typer.Option(help="Why")] = "",
) -> None:
    """Say yes or no to what another person proposed."""

    async def act(house: House) -> MerchantProposal:
        actor = await who_decides(house, "merchants", approve=approve)
        command = Decide(approve=approve, digest=digest, note=note)
        return await house.merchants.do(proposal_id, command, actor=actor)

    body = in_house(act)
    if body is not None:
        _print_proposal(body)


@agreement.command("text")
def agreement_text(
    version: Annotated[str, typer.Argument(help="Such as 2026-01")],
    language: Annotated[str, typer.Option(help="zh-CN or en")] = "zh-CN",
) -> None:
    """The text of a version, as it is signed."""

    async def text(house: House) -> str:
        return house.merchants.reads.agreement_text(version, language).text

    console.print(in_house(text), markup=False, end="", soft_wrap=True)


@agreement.command("download")
def download_agreement(merchant_id: MerchantId, id: Annotated[str, typer.Argument(help="sig_…")]) -> None:
    """A signed agreement as JSON: statement, text, signature."""
    signed = in_house(lambda house: house.merchants.reads.signed_agreement(merchant_id, id))
    if signed is not None:
        typer.echo(msgspec.json.format(msgspec.json.encode(signed)))


@agreement.command("verify")
def verify(
    file: Readable,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A public key to trust, ed25519:…; absent: those of this installation"),
    ] = None,
) -> None:
    """Check a signed agreement that somebody kept: ends with 1 if it is not genuine."""
    try:
        signed = msgspec.json.decode(file.read_bytes(), type=SignedAgreement)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Malformed(f"{file} is no signed agreement: {error}.") from error
    trusted = key or sorted(trusted_keys_in(load_settings().keys_folder, AGREEMENT_KEY))
    wrong = verify_agreement(signed, trusted=trusted)
    if wrong is not None:
        errors.print(wrong, markup=False)
        raise typer.Exit(1)
    said = signed.statement
    console.print(
        f"{said.merchant_name} ({said.merchant_id}) signed version {said.version} on"
        f" {said.signed_at:%Y-%m-%d %H:%M} UTC by {said.signer_name}, {said.signer_title}.",
        markup=False,
    )


def _print_proposal(body: MerchantProposal) -> None:
    console.print(f"{body.id}  {body.change.__struct_config__.tag}  {body.state}  {body.merchant_id}")
    console.print(f"  {body.note} ({body.proposed_by})", markup=False)
    for each in body.differences:
        console.print(f"  {each.field}: {each.before or '–'} → {each.after or '–'}", markup=False)
    console.print(f"  digest {body.digest}")
