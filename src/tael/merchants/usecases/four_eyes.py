"""What takes two people, and what happens when the second one says yes?

What is proposed is tried at once, and undone: nobody is asked in vain. When it is approved the same is done for good,
because only then it counts; it is refused if the merchant has changed in between.
"""

from datetime import timedelta

import msgspec

from tael.foundation import proposals
from tael.foundation.http.four_eyes import shown
from tael.foundation.ids import new_id
from tael.foundation.proposals import NoSuchProposal, Proposal, ProposalState
from tael.merchants import store
from tael.merchants.errors import FeesMalformed, MerchantChangedMeanwhile
from tael.merchants.events import MerchantApproved, MerchantClosed
from tael.merchants.model import (
    ApplicationState,
    BankAccount,
    Difference,
    FeePlan,
    MerchantState,
    Promotion,
    Standing,
)
from tael.merchants.model.fees import fee_terms_id, flat_rate
from tael.merchants.rules import fees, particulars
from tael.merchants.rules import standing as standing_rules
from tael.merchants.rules.comparison import side_by_side
from tael.merchants.schemas import (
    AccountSection,
    AddPromotion,
    ApproveApplication,
    Change,
    ChangeAccount,
    ChangeFeePlan,
    ChangeTerms,
    CloseMerchant,
    Decide,
    MerchantProposal,
    Propose,
    ProposeAccount,
    Proposed,
    RejectApplication,
    ResumeMerchant,
    Withdraw,
)
from tael.merchants.store import SQL
from tael.merchants.usecases import settlement, standing
from tael.merchants.usecases.application import full_particulars, write_application
from tael.merchants.usecases.desk import Doing, about_account

KIND = "merchants"
"""How the kinds of our proposals begin: `merchants.change_fee_plan`."""


class _By(msgspec.Struct, frozen=True):
    """Who asked, and who said yes."""

    proposed: str
    approved: str


async def propose(doing: Doing, command: Propose) -> MerchantProposal:
    """Ask for a change; refuses what the change itself would be refused for now."""
    return await _propose(doing, command.change, note=command.note)


async def propose_account(doing: Doing, command: ProposeAccount) -> MerchantProposal:
    """A merchant asks for its money to go elsewhere; refuses `ApplicationMalformed`."""
    account = msgspec.convert(command.account, BankAccount, from_attributes=True)
    hidden = msgspec.convert(particulars.masked_account(account), AccountSection, from_attributes=True)
    return await _propose(doing, ChangeAccount(account=hidden), note=command.note, account=account)


async def _propose(
    doing: Doing, change: Change, *, note: str, account: BankAccount | None = None
) -> MerchantProposal:
    merchant = await doing.merchant()
    sealed = None if account is None else doing.seal(account, about=about_account(merchant.id))
    proposed = Proposed(
        merchant_id=merchant.id, version=merchant.version, change=change, sealed_account=sealed
    )
    differences = await _differences(doing, merchant, change)
    async with doing.tx.connection.transaction(force_rollback=True):
        await _carry_out(doing, merchant, proposed, _By(doing.actor, ""))
    doing.moved = None
    proposal = await proposals.propose(
        doing.tx,
        kind=f"{KIND}.{type(change).__struct_config__.tag}",
        subject=merchant.id,
        content=msgspec.json.encode(msgspec.structs.replace(proposed, differences=differences)),
        note=note,
        by=doing.actor,
        now=doing.now,
    )
    return proposal_body(proposal)


async def decide(doing: Doing, command: Decide) -> MerchantProposal:
    """Say yes, which does it, or no; refuses `SameEyes`, `ProposalEnded`, `ProposalDiffers`,
    `MerchantChangedMeanwhile`, and what the change itself is refused for.
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
    proposed = proposed_in(proposal)
    doing.merchant_id = proposed.merchant_id
    if proposal.state is ProposalState.APPROVED:
        merchant = await doing.merchant()
        differences = await _differences(doing, merchant, proposed.change)
        if merchant.version != proposed.version or differences != list(proposed.differences):
            raise MerchantChangedMeanwhile(
                f"{merchant.name} has changed since this was proposed.", hint="Propose it anew."
            )
        await _carry_out(doing, merchant, proposed, _By(proposal.proposed_by, doing.actor))
    return proposal_body(proposal)


async def withdraw(doing: Doing, command: Withdraw) -> MerchantProposal:
    """Take back what one proposed; refuses `NotYours`, `ProposalEnded`, `NoSuchProposal` of another merchant."""
    found = await proposals.get(doing.tx, doing.about, now=doing.now, kind=KIND)
    if doing.merchant_id not in ("", found.subject):
        raise NoSuchProposal(f"There is no such proposal: {found.id!r}.", field="id")
    doing.merchant_id = found.subject
    proposal = await proposals.withdraw(
        doing.tx, doing.about, by=doing.actor, note=command.note, now=doing.now
    )
    return proposal_body(proposal)


def proposed_in(proposal: Proposal) -> Proposed:
    """The change that a proposal of ours holds."""
    return msgspec.json.decode(proposal.content, type=Proposed)


def proposal_body(proposal: Proposal) -> MerchantProposal:
    """A proposal of ours with its change in plain sight."""
    proposed = proposed_in(proposal)
    return shown(
        proposal,
        MerchantProposal,
        merchant_id=proposed.merchant_id,
        change=proposed.change,
        differences=proposed.differences,
        version=proposed.version,
    )


async def _carry_out(doing: Doing, merchant: Standing, proposed: Proposed, by: _By) -> None:
    match proposed.change:
        case ApproveApplication() as change:
            await _approve(doing, merchant, change, by)
        case RejectApplication() as change:
            await _reject(doing, merchant, change)
        case ChangeFeePlan() as change:
            await _begin_plan(doing, merchant, change, by)
        case AddPromotion() as change:
            await _begin_promotion(doing, merchant, change, by)
        case ChangeTerms() as change:
            await _change_terms(doing, change, by)
        case ChangeAccount():
            await _change_account(doing, proposed, by)
        case ResumeMerchant():
            await standing.resume(doing, merchant)
        case CloseMerchant() as change:
            closes_at = doing.now + timedelta(days=change.notice_days)
            await standing.begin_closing(doing, merchant, closes_at=closes_at, reason=change.reason)


async def _approve(doing: Doing, merchant: Standing, change: ApproveApplication, by: _By) -> None:
    application = particulars.moved(await doing.application(), ApplicationState.APPROVED)
    await write_application(
        doing,
        msgspec.structs.replace(
            application, decided_at=doing.now, decided_by=by.approved or None, reasons=()
        ),
    )
    after = standing_rules.moved(merchant, MerchantState.ACTIVE, now=doing.now)
    after = msgspec.structs.replace(after, fee_basis_points=change.fee_basis_points)
    await doing.write(merchant, standing.watched(after, change.risk))
    account = full_particulars(doing, application).account
    settings = await settlement.settings_or_first(doing.tx, merchant.id, at=doing.now)
    if account is not None:
        settings = settlement.with_account(doing, settings, account)
    await settlement.begin_settings(doing, settings, set_by=by.proposed, approved_by=by.approved)
    await doing.tell(MerchantApproved(object_id=merchant.id, happened_at=doing.now, by=by.approved))


async def _reject(doing: Doing, merchant: Standing, change: RejectApplication) -> None:
    application = particulars.moved(await doing.application(), ApplicationState.REJECTED)
    await write_application(
        doing,
        msgspec.structs.replace(
            application, decided_at=doing.now, decided_by=doing.actor, reasons=change.reasons
        ),
    )
    after = standing_rules.moved(
        merchant, MerchantState.CLOSED, now=doing.now, reason="The application was rejected."
    )
    await doing.write(merchant, after)
    await doing.tell(MerchantClosed(object_id=merchant.id, happened_at=doing.now))


async def _begin_plan(doing: Doing, merchant: Standing, change: ChangeFeePlan, by: _By) -> None:
    fees.check_tiers(change.tiers, change.currency)
    if change.effective_from < doing.now:
        raise FeesMalformed(
            "A fee plan begins at a moment that has not come yet.",
            field="effective_from",
            hint="Leave time for the second person to decide.",
        )
    plan = FeePlan(
        id=new_id("pln"),
        merchant_id=merchant.id,
        effective_from=change.effective_from,
        currency=change.currency,
        tiers=change.tiers,
        proposed_by=by.proposed,
        approved_by=by.approved,
        approved_at=doing.now,
    )
    await store.keep_terms(
        doing.tx, {fee_terms_id(tier.terms): tier.terms for tier in plan.tiers}, now=doing.now
    )
    await store.write(doing.tx, SQL.insert_fee_plan, plan)
    await doing.tell_change("merchants.change_fee_plan")


async def _begin_promotion(doing: Doing, merchant: Standing, change: AddPromotion, by: _By) -> None:
    fees.check_prices(change.default, change.by_method, field="promotion")
    if change.default is None and not change.by_method:
        raise FeesMalformed("A promotion says a price.", field="default")
    if not max(change.begins_at, doing.now) < change.ends_at or change.begins_at < doing.now:
        raise FeesMalformed(
            "A promotion begins at a moment that has not come yet, and ends after that.", field="begins_at"
        )
    promotion = Promotion(
        id=new_id("prm"),
        merchant_id=merchant.id,
        name=change.name,
        begins_at=change.begins_at,
        ends_at=change.ends_at,
        default=change.default,
        by_method=change.by_method,
        proposed_by=by.proposed,
        approved_by=by.approved,
        approved_at=doing.now,
    )
    await store.write(doing.tx, SQL.insert_promotion, promotion)
    await doing.tell_change("merchants.add_promotion")


async def _change_terms(doing: Doing, change: ChangeTerms, by: _By) -> None:
    before = await settlement.settings_or_first(doing.tx, doing.merchant_id, at=doing.now)
    said = {name: each for name in change.__struct_fields__ if (each := getattr(change, name)) is not None}
    await settlement.begin_settings(
        doing, msgspec.structs.replace(before, **said), set_by=by.proposed, approved_by=by.approved
    )


async def _change_account(doing: Doing, proposed: Proposed, by: _By) -> None:
    account = doing.open(
        proposed.sealed_account or b"", BankAccount, about=about_account(proposed.merchant_id)
    )
    before = await settlement.settings_or_first(doing.tx, doing.merchant_id, at=doing.now)
    changed = settlement.with_account(doing, before, account)
    await settlement.begin_settings(doing, changed, set_by=by.proposed, approved_by=by.approved)


async def _differences(doing: Doing, merchant: Standing, change: Change) -> list[Difference]:
    """What would be different, field by field."""
    match change:
        case ChangeFeePlan():
            plan = fees.plan_at(await store.plans_of(doing.tx, merchant.id), change.effective_from)
            before = (
                plan.tiers if plan else ({"from_minor": 0, "terms": flat_rate(merchant.fee_basis_points)},)
            )
            return side_by_side({"tiers": before}, {"tiers": change.tiers})
        case ChangeTerms() | ChangeAccount():
            kept = await settlement.settings_or_first(doing.tx, merchant.id, at=doing.now)
            said = {
                name: each for name in change.__struct_fields__ if (each := getattr(change, name)) is not None
            }
            return side_by_side({name: getattr(kept, name) for name in said}, said)
        case _:
            return []
