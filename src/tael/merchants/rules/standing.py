"""How does a merchant stand, and what may it still do? Tables; no input, no output, no clock."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from tael.merchants.errors import MerchantSuspended, NotFromThisState
from tael.merchants.model import Merchant, MerchantState, Standing
from tael.merchants.rules import EVERY_PERMISSION

NOTICE = timedelta(days=30)
"""How long before its end a merchant is told, and how long one is bound that gives notice."""
LONGEST_NOTICE_DAYS = 365

_NEW_BUSINESS = frozenset("payments.write counter.charge checkout.write customers.write offers.write".split())
_READS = frozenset(each for each in EVERY_PERMISSION if each.endswith(".read"))
_AT_THE_DOOR = _READS | {"merchant.write", "team.write", "keys.write", "webhooks.write"}
_AFTERWARDS = _READS | {"exports.write"}

LEFT: Mapping[MerchantState, frozenset[str]] = {
    MerchantState.APPLYING: _AT_THE_DOOR,
    MerchantState.ACTIVE: EVERY_PERMISSION,
    MerchantState.SUSPENDED: EVERY_PERMISSION - _NEW_BUSINESS,
    MerchantState.CLOSING: EVERY_PERMISSION - _NEW_BUSINESS,
    MerchantState.CLOSED: _AFTERWARDS,
}
"""What a merchant's people and keys may do in live mode, at most. Refunds, disputes, exports and settlement go on while it is
suspended or closing; what would begin new payments does not."""

NEXT: Mapping[MerchantState, frozenset[MerchantState]] = {
    MerchantState.APPLYING: frozenset({MerchantState.ACTIVE, MerchantState.CLOSED}),
    MerchantState.ACTIVE: frozenset({MerchantState.SUSPENDED, MerchantState.CLOSING}),
    MerchantState.SUSPENDED: frozenset({MerchantState.ACTIVE, MerchantState.CLOSING}),
    MerchantState.CLOSING: frozenset({MerchantState.ACTIVE, MerchantState.SUSPENDED, MerchantState.CLOSED}),
    MerchantState.CLOSED: frozenset(),
}
"""From where a merchant comes to where. A closing merchant that is resumed goes on as if nobody had given notice."""


def permissions_left(state: MerchantState, permissions: frozenset[str]) -> frozenset[str]:
    """What is left of somebody's permissions in this state."""
    return permissions & LEFT[state]


def why_not_selling(merchant: Merchant) -> MerchantSuspended | None:
    """Why no new payment is taken for a merchant, however a payer comes to it; `None`: it sells."""
    if merchant.state is MerchantState.ACTIVE:
        return None
    return MerchantSuspended(
        f"{merchant.name} takes no payments at present.", hint="Ask the merchant: nothing was paid."
    )


def in_test_mode(merchant: Merchant) -> Merchant:
    """How a merchant stands in test mode: it may try everything, from its application until it is closed."""
    if merchant.state is MerchantState.CLOSED:
        return merchant
    return msgspec.structs.replace(merchant, state=MerchantState.ACTIVE)


def moved(
    merchant: Standing,
    state: MerchantState,
    *,
    now: datetime,
    reason: str = "",
    closes_at: datetime | None = None,
) -> Standing:
    """The merchant in another state; refuses `NotFromThisState`."""
    if state not in NEXT[merchant.state]:
        raise NotFromThisState(
            f"{merchant.name} is {merchant.state}; from there it does not become {state}.",
            hint=f"It can become: {', '.join(sorted(NEXT[merchant.state])) or 'nothing else'}.",
        )
    return msgspec.structs.replace(
        merchant,
        state=state,
        state_since=now,
        state_reason=reason,
        closes_at=closes_at,
        version=merchant.version + 1,
    )
