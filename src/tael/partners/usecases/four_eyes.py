"""What takes two people, and what happens when the second one says yes?

What a change comes to is worked out twice by the same function: when it is proposed, so that nobody is asked in vain,
and when it is approved, because only then it counts. Nothing is written before it has been worked out.
"""

from datetime import timedelta

import msgspec

from tael.foundation import proposals
from tael.foundation.http.four_eyes import shown
from tael.foundation.ids import new_id
from tael.foundation.proposals import Proposal, ProposalState
from tael.partners import store
from tael.partners.errors import ChangedMeanwhile, NoSuchRecord, NotFromHere, PartnerMalformed, TooEarly
from tael.partners.model import FeeTable, Guard, Move, Partner, State, WeightsInForce
from tael.partners.rules import fees, way
from tael.partners.rules.scores import failures_in, judged
from tael.partners.schemas import (
    Change,
    ChangeFees,
    ChangeGuard,
    ChangeWeights,
    Decide,
    GoLive,
    ProposalBody,
    Propose,
    Proposed,
    Resume,
    Retire,
    StartCanary,
    Suspend,
    Withdraw,
)
from tael.partners.schemas.changes import ABOUT_ALL
from tael.partners.store import SQL
from tael.partners.usecases.desk import Doing, moved_by
from tael.partners.usecases.papers import promises_of
from tael.partners.usecases.walk import begin_step, check_present_step, finish_step

KIND = "partners"
"""How the kinds of our proposals begin: `partners.go_live`."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a change comes to."""

    partner: Partner | None = None
    """As it will be."""
    finishes_step: bool = False
    begins_step: str | None = None
    """Who owns the step that begins."""
    ends: str | None = None
    """The fee table that ends when the new one begins."""
    table: FeeTable | None = None
    weights: WeightsInForce | None = None


async def propose(doing: Doing, command: Propose) -> ProposalBody:
    """Ask for a change; refuses what the change itself would be refused for now."""
    change = command.change
    partner = await _partner(doing, change)
    await _plan(doing, change, partner, by=(doing.actor, ""))
    content = Proposed(about=doing.about, version=partner.version if partner else 0, change=change)
    proposal = await proposals.propose(
        doing.tx,
        kind=f"{KIND}.{type(change).__struct_config__.tag}",
        subject=doing.about,
        content=msgspec.json.encode(content),
        note=command.note,
        by=doing.actor,
        now=doing.now,
    )
    return proposal_body(proposal)


async def decide(doing: Doing, command: Decide) -> ProposalBody:
    """Say yes, which does it, or no; refuses `SameEyes`, `ProposalEnded`, `ProposalDiffers`, `ChangedMeanwhile`, and
    what the change itself is refused for.
    """
    proposal = await proposals.decide(
        doing.tx,
        doing.about,
        approve=command.approve,
        by=doing.actor,
        note=command.note,
        now=doing.now,
        digest=command.digest,
        kind=KIND,
    )
    if proposal.state is ProposalState.APPROVED:
        proposed = proposed_in(proposal)
        doing.about = proposed.about
        partner = await _partner(doing, proposed.change)
        _check_unchanged(proposed, partner)
        plan = await _plan(doing, proposed.change, partner, by=(proposal.proposed_by, doing.actor))
        await _carry_out(doing, partner, plan)
    return proposal_body(proposal)


async def withdraw(doing: Doing, command: Withdraw) -> ProposalBody:
    """Take back what one proposed; refuses `NotYours`, `ProposalEnded`."""
    await proposals.get(doing.tx, doing.about, now=doing.now, kind=KIND)
    proposal = await proposals.withdraw(
        doing.tx, doing.about, by=doing.actor, note=command.note, now=doing.now
    )
    return proposal_body(proposal)


def proposed_in(proposal: Proposal) -> Proposed:
    """The change that a proposal of ours holds."""
    return msgspec.json.decode(proposal.content, type=Proposed)


def proposal_body(proposal: Proposal) -> ProposalBody:
    """A proposal of ours with its change in plain sight."""
    proposed = proposed_in(proposal)
    return shown(
        proposal, ProposalBody, about=proposed.about, change=proposed.change, version=proposed.version
    )


async def _partner(doing: Doing, change: Change) -> Partner | None:
    """The partner that a change is about, locked; None for what is about all of them."""
    if isinstance(change, ChangeWeights) != (doing.about == ABOUT_ALL):
        raise PartnerMalformed(f"The weights of the scorecard are about all channels: {ABOUT_ALL}.")
    return None if doing.about == ABOUT_ALL else await doing.partner()


def _check_unchanged(proposed: Proposed, partner: Partner | None) -> None:
    if isinstance(proposed.change, ChangeFees) or partner is None:
        return  # fees are checked against the tables that there are now, not against the partner
    if partner.version != proposed.version:
        raise ChangedMeanwhile(
            f"{partner.channel} has changed since this was proposed: it is in {partner.state} since"
            f" {partner.since:%Y-%m-%d %H:%M} UTC.",
            hint="Propose it anew.",
        )


async def _plan(doing: Doing, change: Change, partner: Partner | None, *, by: tuple[str, str]) -> Plan:
    """What a change comes to, now; refuses what stands against it. Writes nothing."""
    if isinstance(change, ChangeWeights):
        return _plan_weights(change, by=by)
    if partner is None:
        raise PartnerMalformed("This change is about one channel.")
    match change:
        case ChangeFees():
            return await _plan_fees(doing, change, partner, by=by)
        case ChangeGuard():
            return _plan_guard(change, partner)
        case StartCanary():
            return await _plan_canary(doing, change, partner)
        case GoLive():
            return await _plan_live(doing, partner)
        case Resume():
            after = moved_by(partner, Move.RESUME, now=doing.now)
            await _check_ready(doing, partner)
            return Plan(partner=after)
        case Suspend():
            return Plan(partner=moved_by(partner, Move.SUSPEND, now=doing.now))
        case Retire():
            return Plan(partner=moved_by(partner, Move.RETIRE, now=doing.now))


def _plan_weights(change: ChangeWeights, *, by: tuple[str, str]) -> Plan:
    weights = msgspec.structs.astuple(change.weights)
    if min(weights) < 0 or max(weights) > 1_000 or not sum(weights):
        raise PartnerMalformed("Weights are 0 to 1,000, and not all zero.", field="weights")
    proposed_by, approved_by = by
    return Plan(
        weights=WeightsInForce(
            id=new_id("wgt"),
            effective_from=change.effective_from,
            weights=change.weights,
            proposed_by=proposed_by,
            approved_by=approved_by,
        )
    )


async def _plan_fees(doing: Doing, change: ChangeFees, partner: Partner, *, by: tuple[str, str]) -> Plan:
    fees.check_lines(change.lines)
    tables = await store.fee_tables_of(doing.tx, partner.channel)
    if change.ends is not None:
        ended = next((each for each in tables if each.id == change.ends), None)
        if ended is None:
            raise NoSuchRecord(f"{partner.channel} has no such fee table.", field="ends")
        if not ended.effective_from < change.effective_from:
            raise PartnerMalformed("A fee table ends after it begins.", field="effective_from")
        if ended.effective_until is not None and ended.effective_until <= change.effective_from:
            raise PartnerMalformed(f"{ended.id} ends before that by itself.", field="ends")
        tables = [each for each in tables if each.id != change.ends]
    fees.check_overlap(tables, effective_from=change.effective_from, effective_until=change.effective_until)
    proposed_by, approved_by = by
    table = FeeTable(
        id=new_id("fee"),
        channel=partner.channel,
        effective_from=change.effective_from,
        effective_until=change.effective_until,
        lines=change.lines,
        proposed_by=proposed_by,
        approved_by=approved_by,
        approved_at=doing.now,
    )
    return Plan(table=table, ends=change.ends)


def _guard(change: StartCanary | ChangeGuard) -> Guard:
    return Guard(
        largest_failure_basis_points=change.largest_failure_basis_points,
        smallest_sample=change.smallest_sample,
    )


def _plan_guard(change: ChangeGuard, partner: Partner) -> Plan:
    if partner.state is not State.CANARY:
        raise NotFromHere(f"{partner.channel} is in {partner.state}; a guard watches a canary.")
    after = msgspec.structs.replace(
        partner,
        share_basis_points=change.share_basis_points,
        guard=_guard(change),
        version=partner.version + 1,
    )
    return Plan(partner=after)


async def _plan_canary(doing: Doing, change: StartCanary, partner: Partner) -> Plan:
    after = moved_by(
        partner,
        Move.START_CANARY,
        now=doing.now,
        share_basis_points=change.share_basis_points,
        guard=_guard(change),
    )
    await check_present_step(doing, partner)
    await _check_ready(doing, partner)
    return Plan(partner=after, finishes_step=True, begins_step=change.owner)


async def _plan_live(doing: Doing, partner: Partner) -> Plan:
    after = moved_by(partner, Move.GO_LIVE, now=doing.now)
    await check_present_step(doing, partner)
    await _check_ready(doing, partner)
    calls, failures = await sample_of(doing, partner)
    if partner.guard is not None and calls < partner.guard.smallest_sample:
        raise TooEarly(
            f"The canary has had {calls} calls; its guard judges from {partner.guard.smallest_sample} on.",
            hint="Wait, or propose a larger share.",
        )
    if way.failed_its_guard(partner, calls=calls, failures=failures):
        raise TooEarly(f"Of {calls} calls of the canary {failures} failed: more than its guard lets pass.")
    return Plan(partner=after, finishes_step=True)


async def sample_of(doing: Doing, partner: Partner) -> tuple[int, int]:
    """How many calls a canary has had, and how many failed for a reason other than the payer's.

    Counted in whole hours, from the one in which the canary began.
    """
    since = partner.since.replace(minute=0, second=0, microsecond=0)
    measures = await doing.desk.channels.measures(
        doing.tx, since=since, until=doing.now + timedelta(hours=1), channel=partner.channel
    )
    seen = judged(measures)
    return sum(each.calls for each in seen), sum(failures_in(each) for each in seen)


async def _check_ready(doing: Doing, partner: Partner) -> None:
    way.check_ready(partner, await evidence_of(doing, partner.channel), now=doing.now, today=doing.today)


async def evidence_of(doing: Doing, channel: str) -> way.Evidence:
    """What is on record of a channel; refuses what nobody has set up."""
    version, promises = promises_of(doing, channel)
    return way.Evidence(
        acceptances=await store.acceptances_of(doing.tx, channel),
        connector_version=version,
        promises=promises,
        oldest=doing.desk.report_lifetime,
        documents=await store.documents_of(doing.tx, channel),
        fees=await store.fee_tables_of(doing.tx, channel),
    )


async def _carry_out(doing: Doing, before: Partner | None, plan: Plan) -> None:
    if plan.weights is not None:
        await store.write(doing.tx, SQL.insert_weights, plan.weights)
    if plan.table is not None:
        if plan.ends is not None:
            await doing.tx.run(SQL.end_fee_table, id=plan.ends, effective_until=plan.table.effective_from)
        await store.write(doing.tx, SQL.insert_fee_table, plan.table)
    if before is not None and plan.partner is not None:
        if plan.finishes_step:
            await finish_step(doing, before)
        await doing.write(before, plan.partner)
        if plan.begins_step is not None:
            await begin_step(doing, plan.partner, owner=plan.begins_step, due_on=None)
