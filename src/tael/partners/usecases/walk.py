"""How does a partner come along its way, as far as one person may lead it?"""

import re
from datetime import date

from tael.partners import store
from tael.partners.errors import MovesRealMoney, NotFromHere, PartnerExists, PartnerMalformed, TooEarly
from tael.partners.model import Check, Move, Partner, State, Step, StepRecord
from tael.partners.rules import way
from tael.partners.schemas import (
    Advance,
    AssignStep,
    EndTrial,
    GoBack,
    OpenPartner,
    RecordIncident,
    StartTrial,
    TickCheck,
)
from tael.partners.store import SQL
from tael.partners.usecases.desk import Doing

_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")


async def open_partner(doing: Doing, command: OpenPartner) -> Partner:
    """Begin with a channel; refuses `PartnerExists`, `PartnerMalformed`."""
    if not _NAME.fullmatch(doing.about):
        raise PartnerMalformed(
            "A channel is named by 2 to 32 small letters, digits and underscores, a letter first.",
            field="channel",
        )
    partner = Partner(
        channel=doing.about,
        title=command.title,
        state=State.RESEARCH,
        since=doing.now,
        opened_at=doing.now,
    )
    if not await store.write(doing.tx, SQL.insert_partner, partner):
        raise PartnerExists(f"Somebody has begun with {doing.about} already.", field="channel")
    await begin_step(doing, partner, owner=command.owner, due_on=command.due_on)
    return partner


async def advance(doing: Doing, command: Advance) -> Partner:
    """On to the next step; refuses `NotFromHere`, `StepUnfinished`."""
    partner = await doing.partner()
    way.after(partner, Move.ADVANCE)
    await check_present_step(doing, partner)
    await finish_step(doing, partner)
    partner = await doing.move(partner, Move.ADVANCE)
    await begin_step(doing, partner, owner=command.owner, due_on=command.due_on)
    return partner


async def go_back(doing: Doing, command: GoBack) -> Partner:
    """Back to the step before: it begins anew, and what was ticked there stays ticked."""
    partner = await doing.move(await doing.partner(), Move.GO_BACK)
    await begin_step(doing, partner, owner=command.owner, due_on=None)
    return partner


async def start_trial(doing: Doing, _command: StartTrial) -> Partner:
    """Use it without a contract; refuses `NotFromHere`, `MovesRealMoney`."""
    partner = await doing.partner()
    if not doing.desk.moves_no_real_money(partner.channel):
        raise MovesRealMoney(
            f"{partner.channel} could move real money: its addresses are not all of this machine or network.",
            hint="Set the channel up with a simulator's address, or go the whole way.",
        )
    return await doing.move(partner, Move.START_TRIAL)


async def end_trial(doing: Doing, _command: EndTrial) -> Partner:
    """Back to research."""
    return await doing.move(await doing.partner(), Move.END_TRIAL)


async def assign_step(doing: Doing, command: AssignStep) -> StepRecord:
    """Another owner or another day for the present step; refuses `NotFromHere`."""
    step = present_step(await doing.partner())
    [found] = await doing.tx.rows(
        SQL.assign_step,
        StepRecord,
        channel=doing.about,
        step=step,
        owner=command.owner,
        due_on=command.due_on,
    )
    return found


async def tick_check(doing: Doing, command: TickCheck) -> Check:
    """Say that a point of a list is true, or no longer; refuses what is not on it, and steps that lie ahead."""
    partner = await doing.partner()
    meaning = way.CHECKS[command.step].get(command.name)
    if meaning is None:
        known = ", ".join(way.CHECKS[command.step])
        raise PartnerMalformed(
            f"{command.name!r} is not on the list of {command.step}.", field="name", hint=f"On it: {known}."
        )
    if command.step not in [each.step for each in await store.steps_of(doing.tx, partner.channel)]:
        raise TooEarly(f"{partner.channel} has not come to {command.step} yet.", field="step")
    await doing.tx.run(
        SQL.insert_tick,
        channel=partner.channel,
        step=command.step,
        name=command.name,
        holds=command.holds,
        note=command.note,
        ticked_by=doing.actor,
        ticked_at=doing.now,
    )
    return Check(
        step=command.step,
        name=command.name,
        meaning=meaning,
        ticked_by=doing.actor if command.holds else None,
        ticked_at=doing.now if command.holds else None,
        note=command.note,
    )


async def record_incident(doing: Doing, _command: RecordIncident) -> Partner:
    """Remember what went wrong: the line in the history is the record."""
    return await doing.partner()


def present_step(partner: Partner) -> Step:
    """The step that there is to do now; refuses `NotFromHere` if there is none."""
    step = way.step_of(partner.state)
    if step is None:
        raise NotFromHere(f"{partner.channel} is in {partner.state}, where there is no step to do.")
    return step


async def check_present_step(doing: Doing, partner: Partner) -> None:
    """Refuses `StepUnfinished` if a check or a document of the present step is missing."""
    step = present_step(partner)
    ticked = {each.name for each in await store.ticks_of(doing.tx, partner.channel) if each.step is step}
    documents = await store.documents_of(doing.tx, partner.channel)
    way.check_step(step, ticked=ticked, documents=documents, today=doing.today)


async def begin_step(doing: Doing, partner: Partner, *, owner: str, due_on: date | None) -> None:
    """The step of the partner's state begins, or begins anew."""
    await doing.tx.run(
        SQL.begin_step,
        channel=partner.channel,
        step=present_step(partner),
        owner=owner,
        begun_at=doing.now,
        due_on=due_on,
    )


async def finish_step(doing: Doing, partner: Partner) -> None:
    """The step of the partner's state is done."""
    await doing.tx.run(
        SQL.finish_step, channel=partner.channel, step=present_step(partner), done_at=doing.now
    )
