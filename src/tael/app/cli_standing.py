"""`tael standing`: what a user may do and why not; what is taken from them, and given back, for whoever sits at the machine."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator, who_decides
from tael.foundation.clock import CHINA
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.foundation.proposals import Proposal
from tael.standing.api import (
    DecideProposal,
    LiftRestriction,
    ProposeLift,
    ReportSignal,
    RestrictionFilter,
    SetRestriction,
)
from tael.standing.errors import TwoPeopleNeeded
from tael.standing.model import (
    Kind,
    NewRestriction,
    Permission,
    Reason,
    Report,
    ReportKind,
    Restriction,
    View,
)

app = typer.Typer()

_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]
_WAITS = "It waits for somebody else, at the console or over the API; here, if nobody on the staff may: tael standing approve …"
UserId = Annotated[str, typer.Argument(help="usr_…")]
RestrictionId = Annotated[str, typer.Argument(help="rst_…")]
Note = Annotated[str, typer.Option(help="For colleagues: why")]
Test = Annotated[bool, typer.Option("--test", help="In test mode")]


@app.command()
def show(user_id: UserId, *, test: Test = False) -> None:
    """Class, limits, each permission, and every restriction that there was."""
    check_id(user_id, prefix="usr", field="user_id")

    async def read(house: House) -> tuple[View, list[Restriction]]:
        reads = house.people.standing.reads
        kept = await reads.restrictions(RestrictionFilter(user_id=user_id, limit=100))
        return await reads.view(user_id), list(kept)

    if (found := in_house(read, test=test)) is None:
        return
    view, kept = found
    most = Money(view.terms.limit_minor, view.terms.currency)
    console.print(f"{user_id}: {view.state}, class {view.account_class}, {most} within a {view.terms.period}")
    for limit, number in view.limits.items():
        console.print(f"  {limit} {number}")
    for permission, refusal in view.refusals:
        console.print(
            f"  {permission}: {'yes' if refusal is None else f'no, {refusal.message}'}", markup=False
        )
    table = Table("restriction", "kind", "takes", "since", "until", "by", "ended", box=None, pad_edge=False)
    for each in kept:
        table.add_row(*map(Text, _columns(each)))
    console.print(table)


@app.command()
def restrict(
    user_id: UserId,
    kind: Annotated[Kind, typer.Option(help="Where it comes from")],
    *,
    takes: Annotated[
        list[Permission] | None, typer.Option(help="What it takes; without: what the kind usually takes")
    ] = None,
    reason: Annotated[Reason | None, typer.Option(help="What the user is told")] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="The user must not hear why")] = False,
    order: Annotated[str | None, typer.Option(help="By law: the number of the order")] = None,
    authority: Annotated[str | None, typer.Option(help="By law: whose order it is")] = None,
    amount: Annotated[str | None, typer.Option(help="By law: hold only so much: 500.00")] = None,
    currency: Annotated[str, typer.Option(help="Of the amount")] = "CNY",
    provisional: Annotated[bool, typer.Option("--provisional", help="By law: for 48 hours")] = False,
    until: Annotated[
        datetime | None, typer.Option(formats=_MOMENTS, help="When it ends by itself, in China's time")
    ] = None,
    note: Note = "",
    test: Test = False,
) -> None:
    """Take something from a user, at once. A second person looks at it within a working day."""
    held = None if amount is None else Money.parse(amount, currency, field="amount")
    new = NewRestriction(
        user_id=check_id(user_id, prefix="usr", field="user_id"),
        kind=kind,
        takes=tuple(takes) if takes else None,
        reason=reason,
        hidden=hidden,
        until=None if until is None else until.replace(tzinfo=CHINA),
        provisional=provisional,
        amount_minor=held.minor if held else None,
        currency=held.currency if held else None,
        order_number=order,
        authority=authority,
        note=note,
    )
    command = SetRestriction(actor=operator(), new=new)
    made = in_house(lambda house: house.people.standing.do(command), test=test)
    if made is not None:
        console.print(made.id)


@app.command()
def lift(
    restriction_id: RestrictionId,
    note: Note,
    *,
    propose: Annotated[
        bool, typer.Option("--propose", help="Ask a second person: what takes two is given back so")
    ] = False,
    test: Test = False,
) -> None:
    """Give something back. What two people lift is proposed here, and decided by somebody else."""
    check_id(restriction_id, prefix="rst", field="restriction_id")

    async def work(house: House) -> Proposal | Restriction:
        kind = ProposeLift if propose else LiftRestriction
        command = kind(actor=operator(), restriction_id=restriction_id, note=note)
        try:
            done: Proposal | Restriction = await house.people.standing.do(command)
        except TwoPeopleNeeded as refusal:
            refusal.hint = "Propose it: the same with --propose."
            raise
        return done

    found = in_house(work, test=test)
    if isinstance(found, Proposal):
        console.print(f"{found.id} {found.digest}")
        errors.print(_WAITS)
    elif found is not None:
        console.print(f"{found.id} is lifted")


@app.command()
def signal(
    user_id: UserId,
    kind: Annotated[ReportKind, typer.Option(help="What is said of them")],
    source: Annotated[str, typer.Option(help="Who says so: always by the same name")],
    reference: Annotated[str, typer.Option(help="Their number of it: a report counts once")],
    note: Note,
    *,
    test: Test = False,
) -> None:
    """Pass on what somebody outside says of a user. What would raise a limit waits for another person."""
    command = ReportSignal(
        actor=operator(),
        user_id=check_id(user_id, prefix="usr", field="user_id"),
        kind=kind,
        source=source,
        reference=reference,
        reason=note,
    )
    heard: Report | None = in_house(lambda house: house.people.standing.do(command), test=test)
    if heard is None:
        return
    if heard.proposal_id is None:
        console.print(heard.id)
        return
    console.print(f"{heard.proposal_id} {heard.digest}")
    errors.print(_WAITS)


@app.command()
def approve(
    proposal_id: Annotated[str, typer.Argument(help="prop_…")],
    digest: Annotated[str, typer.Argument(help="As it was shown: what you have read")],
    *,
    note: Note = "",
    test: Test = False,
) -> None:
    """Lift or raise what somebody else proposed; only where nobody on the staff may do so."""
    _decide(proposal_id, digest, note, approve=True, test=test)


@app.command()
def refuse(
    proposal_id: Annotated[str, typer.Argument(help="prop_…")],
    digest: Annotated[str, typer.Argument(help="As it was shown: what you have read")],
    note: Note,
    *,
    test: Test = False,
) -> None:
    """Leave what somebody proposed to lift or raise."""
    _decide(proposal_id, digest, note, approve=False, test=test)


def _decide(proposal_id: str, digest: str, note: str, *, approve: bool, test: bool) -> None:
    async def work(house: House) -> Proposal:
        command = DecideProposal(
            actor=await who_decides(house, "users", approve=approve),
            proposal_id=proposal_id,
            approve=approve,
            digest=digest,
            note=note,
        )
        ended: Proposal = await house.people.standing.do(command)
        return ended

    if (ended := in_house(work, test=test)) is not None:
        console.print(ended.state)


def _columns(each: Restriction) -> list[str]:
    held = (
        str(Money(each.amount_minor, each.currency))
        if each.amount_minor is not None and each.currency is not None
        else ""
    )
    return [
        each.id,
        f"{each.kind}{' (hidden)' if each.hidden else ''}",
        held or ", ".join(each.takes),
        _said(each.set_at),
        _said(each.until),
        each.set_by,
        _said(each.lifted_at),
    ]


def _said(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"
