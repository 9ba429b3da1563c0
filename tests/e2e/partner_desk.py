"""How does a test of pages get partners that have come so far? By commands, on a running platform."""

from datetime import timedelta

import msgspec

from tael.acceptance.model import signed
from tael.app.house import REPORT_KEY, House
from tael.channels.registry import version_of
from tael.foundation.signing import key_in
from tael.partners.model import DocumentKind, Partner, State, Step
from tael.partners.schemas import (
    Advance,
    Change,
    Decide,
    OpenPartner,
    ProposalBody,
    Propose,
    RecordAcceptance,
    TickCheck,
    UploadDocument,
)
from tael.testing.partners import passed_report

ANN, BO = "staff:ann", "staff:bo"
WAY = (Step.RESEARCH, Step.NEGOTIATION, Step.CONTRACT, Step.INTEGRATION)


def report_of(house: House, channel: str) -> bytes:
    """A report that passed, signed by this installation."""
    configuration = house.channels.configuration(channel)
    report = passed_report(
        channel,
        connector=configuration.connector,
        connector_version=version_of(configuration.connector),
        can=house.channels.capabilities(channel),
        now=house.clock.now(),
    )
    key = key_in(house.settings.keys_folder, REPORT_KEY, "ed25519")
    return msgspec.json.encode(signed(report, by=key))


async def open_partner(house: House, channel: str, title: str = "", *, by: str = ANN) -> Partner:
    """Somebody begins with a channel."""
    command = OpenPartner(title=title or f"{channel.title()} Pay Ltd.", owner=by)
    return await house.partners.do(channel, command, actor=by)


async def finish(house: House, channel: str, step: Step, *, by: str = ANN) -> None:
    """Tick every check of the present step, and hand in its documents."""
    view = await house.partners.reads.partner(channel, today=house.partners.today)
    for check in view.checks:
        if check.step is step:
            await house.partners.do(channel, TickCheck(step=step, name=check.name), actor=by)
    for kind in view.missing_papers:
        if kind is DocumentKind.ACCEPTANCE_REPORT:
            await house.partners.do(channel, RecordAcceptance(content=report_of(house, channel)), actor=by)
        else:
            paper = UploadDocument(
                kind=kind,
                name=f"{kind}.pdf",
                content=b"%PDF-1.7",
                step=step,
                valid_from=house.partners.today,
                valid_until=house.partners.today + timedelta(days=330),
            )
            await house.partners.do(channel, paper, actor=by)


async def lead(house: House, channel: str, to: State, *, by: str = ANN, begin: Step = Step.RESEARCH) -> None:
    """Lead a partner from the step where it is, as far as one person can: to acceptance at most."""
    for step in WAY[WAY.index(begin) :]:
        if to.value == step.value:
            return
        await finish(house, channel, step, by=by)
        await house.partners.do(channel, Advance(owner=by), actor=by)


async def propose(house: House, channel: str, change: Change, *, by: str = ANN) -> ProposalBody:
    """One person wants a change."""
    return await house.partners.do(channel, Propose(change=change, note="as agreed in annex 2"), actor=by)


async def agree(house: House, channel: str, change: Change, *, by: str = ANN, and_by: str = BO) -> None:
    """Two people want a change."""
    proposal = await propose(house, channel, change, by=by)
    yes = Decide(approve=True, digest=proposal.digest)
    await house.partners.do(proposal.id, yes, actor=and_by)
