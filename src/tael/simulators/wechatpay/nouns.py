"""What does WeChat Pay keep of each order, refund, split and transfer? Amounts in fen."""

from datetime import datetime
from enum import StrEnum

import msgspec


class TradeState(StrEnum):
    """WeChat Pay's words for an order."""

    NOTPAY = "NOTPAY"
    USERPAYING = "USERPAYING"
    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    PAYERROR = "PAYERROR"


class Refund(msgspec.Struct, kw_only=True):
    """Money given back under the merchant's number."""

    out_refund_no: str
    refund_id: str
    amount_minor: int
    reason: str
    at: datetime
    notify_url: str = ""
    status: str = "SUCCESS"
    fee_minor: int = 0
    """What WeChat Pay gives back of its fee."""

    @property
    def counts(self) -> bool:
        """Whether the payer has, or will have, the money."""
        return self.status != "CLOSED"


class Share(msgspec.Struct, kw_only=True):
    """What one receiver gets of an order."""

    type: str
    account: str
    amount: int
    description: str
    detail_id: str = ""


class Split(msgspec.Struct, kw_only=True):
    """One request to share an order's money."""

    out_order_no: str
    order_id: str
    shares: list[Share]
    unfreeze: bool
    unfrozen_minor: int
    at: datetime


class Order(msgspec.Struct, kw_only=True):
    """One order number of the merchant."""

    out_trade_no: str
    trade_type: str
    """NATIVE, JSAPI, APP, MWEB (H5) or MICROPAY (a code that the payer showed)."""
    total_minor: int
    description: str
    said: str
    """Everything that the merchant said of it: said again, it must be the same."""
    notify_url: str
    code: str
    """Last part of the payer's page."""
    created_at: datetime
    code_expires_at: datetime
    expires_at: datetime
    attach: str = ""
    openid: str = ""
    shared: bool = False
    """Whether its money is frozen for sharing."""
    return_url: str = ""
    state: TradeState = TradeState.NOTPAY
    transaction_id: str = ""
    paid_at: datetime | None = None
    payments: int = 0
    """How often the payer's money was taken: never more than once."""
    refunds_end: str = "SUCCESS"
    """What becomes of its refunds."""
    refunds: list[Refund] = []
    splits: list[Split] = []

    @property
    def prepay_id(self) -> str:
        """What JSAPI and app payments are begun with."""
        return f"wx{self.code}"

    @property
    def refunded_minor(self) -> int:
        """All that was given back."""
        return sum(refund.amount_minor for refund in self.refunds if refund.counts)

    @property
    def fee_minor(self) -> int:
        """What WeChat Pay takes for it: 0.6 percent, rounded half up."""
        return (self.total_minor * 60 + 5_000) // 10_000

    @property
    def unsplit_minor(self) -> int:
        """What is still frozen for sharing."""
        if not self.shared or not self.payments:
            return 0
        given = sum(share.amount for split in self.splits for share in split.shares)
        return self.total_minor - given - sum(split.unfrozen_minor for split in self.splits)


class Transfer(msgspec.Struct, kw_only=True):
    """Money of the merchant's on its way to somebody's balance."""

    out_bill_no: str
    transfer_bill_no: str
    amount_minor: int
    openid: str
    user_name: str
    remark: str
    said: str
    at: datetime
    updated_at: datetime
    expires_at: datetime
    notify_url: str = ""
    state: str = "WAIT_USER_CONFIRM"
    fail_reason: str = ""
    sent: int = 0
    """How often money left for it: never more than once."""


class ShownAuthCode(msgspec.Struct, kw_only=True):
    """A code that a payer's phone shows, for one minute and one order."""

    auth_code: str
    way: str
    """`at_once`, `ask` or `poor`."""
    expires_at: datetime
    used_for: str = ""


class KnownReceiver(msgspec.Struct, kw_only=True):
    """Somebody whom the merchant made known to get parts of orders."""

    account: str
    type: str
    relation_type: str
