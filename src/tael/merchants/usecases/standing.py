"""How does a merchant come to stand otherwise? Suspended, resumed, given notice, closed; watched more or less closely."""

from datetime import datetime

import msgspec

from tael.merchants.errors import NotFromThisState
from tael.merchants.events import MerchantClosed, MerchantClosing, MerchantResumed, MerchantSuspended
from tael.merchants.model import MerchantState, Standing
from tael.merchants.rules import standing as rules
from tael.merchants.schemas import GiveNotice, Risk, SetRisk, SuspendMerchant
from tael.merchants.usecases.desk import Doing


async def suspend(doing: Doing, command: SuspendMerchant) -> Standing:
    """No new payments; refuses `NotFromThisState`."""
    before = await doing.merchant()
    after = rules.moved(before, MerchantState.SUSPENDED, now=doing.now, reason=command.reason)
    await doing.write(before, after)
    await doing.tell(MerchantSuspended(object_id=after.id, happened_at=doing.now, reason=command.reason))
    return after


async def give_notice(doing: Doing, command: GiveNotice) -> Standing:
    """The merchant itself ends it; refuses `NotFromThisState`."""
    closing = await begin_closing(
        doing, await doing.merchant(), closes_at=doing.now + rules.NOTICE, reason=command.reason
    )
    return closing.as_told


async def begin_closing(doing: Doing, before: Standing, *, closes_at: datetime, reason: str) -> Standing:
    """Notice is given: closed then, at the earliest."""
    after = rules.moved(before, MerchantState.CLOSING, now=doing.now, reason=reason, closes_at=closes_at)
    await doing.write(before, after)
    await doing.tell(
        MerchantClosing(object_id=after.id, happened_at=doing.now, closes_at=closes_at, reason=reason)
    )
    return after


async def resume(doing: Doing, before: Standing) -> Standing:
    """It acts again; refuses `NotFromThisState`, also whoever was never let in: that takes an approved application."""
    if before.state is MerchantState.APPLYING:
        raise NotFromThisState(f"{before.name} applies: it acts once its application is approved.")
    after = rules.moved(before, MerchantState.ACTIVE, now=doing.now)
    await doing.write(before, after)
    await doing.tell(MerchantResumed(object_id=after.id, happened_at=doing.now, by=doing.actor))
    return after


async def close(doing: Doing) -> Standing | None:
    """Closed, if its time has come; `None`: it has not, or somebody thought better of it."""
    before = await doing.merchant()
    if before.state is not MerchantState.CLOSING or before.closes_at is None or before.closes_at > doing.now:
        return None
    after = rules.moved(before, MerchantState.CLOSED, now=doing.now, reason=before.state_reason)
    await doing.write(before, after)
    await doing.tell(MerchantClosed(object_id=after.id, happened_at=doing.now))
    return after


async def set_risk(doing: Doing, command: SetRisk) -> Standing:
    """Another risk level."""
    before = await doing.merchant()
    after = watched(before, command.risk)
    await doing.write(before, after)
    return after


def watched(merchant: Standing, risk: Risk) -> Standing:
    """The merchant with this risk level."""
    return msgspec.structs.replace(
        merchant,
        risk=risk.level,
        risk_reasons=risk.reasons,
        risk_review_on=risk.review_on,
        version=merchant.version + 1,
    )
