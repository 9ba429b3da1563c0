"""What do tests, the acceptance kit and the pages see of a simulator? The same nouns for every channel."""

from collections.abc import Sequence
from datetime import datetime

import msgspec


class RefundView(msgspec.Struct, frozen=True, kw_only=True):
    """Money given back."""

    refund_number: str
    amount_minor: int
    state: str = "succeeded"
    at: datetime | None = None


class SplitView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an order's money that went to somebody else."""

    split_number: str
    account: str
    amount_minor: int
    state: str = "succeeded"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to deliver a notice, and what was heard."""

    at: datetime
    heard: str


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice, and the tries to deliver it."""

    notice_id: str
    kind: str
    delivered: bool
    attempts: list[Attempt]


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """One order number of the merchant. Money in minor units of `currency`."""

    order_number: str
    channel_reference: str
    state: str
    """In the channel's words."""
    amount_minor: int
    currency: str
    paid_count: int
    """How often the payer's money was taken or held: never more than once."""
    captured_minor: int
    """What the merchant has got of it, before refunds."""
    refunded_minor: int
    refunds: list[RefundView] = []
    splits: list[SplitView] = []
    notices: list[NoticeView] = []
    """Filled in by the base."""
    subject: str = ""
    page: str = ""
    """The path of the payer's page, if there is one."""
    over: bool = False
    """Whether it has ended without money for the merchant."""


class PayoutView(msgspec.Struct, frozen=True, kw_only=True):
    """Money that the merchant sent to somebody."""

    payout_number: str
    state: str
    """In the channel's words."""
    amount_minor: int
    currency: str
    sent_count: int
    """How often money left for it: never more than once."""
    payee: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The totals that prove that nothing had two effects."""

    orders: int
    paid_orders: int
    paid_more_than_once: int
    paid_minor: int
    refunds: int
    refunded_minor: int
    refunded_more_than_paid: int
    payouts: int
    payouts_minor: int
    payouts_sent_more_than_once: int
    notices: int
    notices_delivered: int
    notices_given_up: int
    """Never accepted, in all the tries that the channel makes."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A button of the payer's page: one of the channel's acts."""

    act: str
    words: str
    """The name of the button's text in `words`."""
    primary: bool = False
    with_amount: bool = False


class PayerView(msgspec.Struct, frozen=True, kw_only=True):
    """What the payer sees behind a code or a link."""

    order_number: str
    subject: str
    amount_minor: int
    currency: str
    situation: str
    """`waiting`, `paid`, `held`, `refunded` or `ended`."""
    payer: str
    valid_until: datetime | None = None
    choices: Sequence[Choice] = ()
    """What can be done now; empty when it is over."""
    return_url: str = ""
    """Where the page leads to after the payer has paid."""
    refunded_minor: int = 0


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the simulator knows and whoever plays with it has to be told: a table of the operator's page."""

    title: str
    text: str
    rows: Sequence[tuple[str, str]]
    """What to take, and what comes of it."""


class ShownCode(msgspec.Struct, frozen=True, kw_only=True):
    """What the payer shows to be scanned; the act `show_code` gives it."""

    code: str


class Act(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Upon what somebody acts: the order by its number or by what its code or link holds, or something else."""

    order: str = ""
    code: str = ""
    """What the action for the payer holds, or the last part of it."""
    payout: str = ""
    account: str = ""
    amount_minor: int | None = None
    count: int | None = None
    """How many: blocks, days."""
    text: str = ""
    """A word that the act knows: why, in which way."""

    @property
    def last_of_code(self) -> str:
        """What follows the last slash of `code`, without a query."""
        return self.code.partition("?")[0].rpartition("/")[2]


class Refused(Exception):
    """What was asked of the simulator's control cannot be done; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
