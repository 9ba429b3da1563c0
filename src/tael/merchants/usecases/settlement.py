"""How do a merchant's settlement settings change? Each change is a new line that begins at a moment."""

from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.merchants import store
from tael.merchants.model import BankAccount, SettlementSettings
from tael.merchants.rules import settlement as rules
from tael.merchants.rules.particulars import check_account, masked_account
from tael.merchants.schemas import ChangeSettlement
from tael.merchants.store import SQL
from tael.merchants.usecases.desk import Doing, KeptSettings, about_account, plain


async def change_settlement(doing: Doing, command: ChangeSettlement) -> SettlementSettings:
    """What a merchant changes by itself; refuses `NeedsReview`."""
    await doing.merchant()
    before = await settings_or_first(doing.tx, doing.merchant_id, at=doing.now)
    if command.cycle is not None:
        rules.check_no_faster(before.cycle, command.cycle)
    changed = msgspec.structs.replace(
        before,
        cycle=command.cycle or before.cycle,
        minimum_minor=before.minimum_minor if command.minimum_minor is None else command.minimum_minor,
    )
    return await begin_settings(doing, changed, set_by=doing.actor, approved_by=None)


async def begin_settings(
    doing: Doing, settings: KeptSettings, *, set_by: str, approved_by: str | None
) -> SettlementSettings:
    """Let settings begin now."""
    begun = msgspec.structs.replace(
        settings,
        id=new_id("set"),
        effective_from=doing.now,
        created_at=doing.now,
        set_by=set_by,
        approved_by=approved_by,
    )
    await store.write(doing.tx, SQL.insert_settings, begun)
    await doing.tell_change("merchants.settlement")
    return plain(begun, SettlementSettings)


def with_account(doing: Doing, settings: KeptSettings, account: BankAccount) -> KeptSettings:
    """Settings with another account, sealed and masked; refuses `ApplicationMalformed`."""
    check_account(account, field="account")
    return msgspec.structs.replace(
        settings,
        account=masked_account(account),
        account_sealed=doing.seal(account, about=about_account(doing.merchant_id)),
    )


async def settings_or_first(tx: Transaction, merchant_id: str, *, at: datetime) -> KeptSettings:
    """The settings that hold at a moment, or those with which everybody begins, not written yet."""
    found = await tx.row(SQL.settings_at, KeptSettings, merchant_id=merchant_id, at=at)
    return found or KeptSettings(
        id="",
        merchant_id=merchant_id,
        effective_from=at,
        cycle=rules.FIRST_CYCLE,
        minimum_minor=rules.FIRST_MINIMUM_MINOR,
        reserve_basis_points=rules.FIRST_RESERVE_BASIS_POINTS,
        account=None,
        account_sealed=None,
        set_by="",
        approved_by=None,
        created_at=at,
    )
