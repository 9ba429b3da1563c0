"""What does the channel itself know? The views of a simulator's control interface, in the words of all simulators."""

from collections.abc import Mapping, Sequence

import msgspec


class RefundTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as the channel has it."""

    refund_number: str = ""
    amount_minor: int = 0
    state: str = ""


class NoticeTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as the channel has it."""

    notice_id: str = ""
    kind: str = ""
    delivered: bool = False


class SplitTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A sharing as the channel has it."""

    split_number: str = ""
    amount_minor: int = 0
    state: str = ""


class OrderTruth(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the channel has it."""

    order_number: str
    channel_reference: str | None = None
    state: str = ""
    """In the channel's words."""
    amount_minor: int = 0
    currency: str = ""
    paid_count: int = 0
    """How many times the payer's money was taken or held."""
    captured_minor: int = 0
    refunded_minor: int = 0
    refunds: Sequence[RefundTruth] = ()
    splits: Sequence[SplitTruth] = ()
    notices: Sequence[NoticeTruth] = ()

    def refund(self, number: str) -> RefundTruth | None:
        """The refund of that number."""
        return next((refund for refund in self.refunds if refund.refund_number == number), None)


class PayoutTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A payout as the channel has it."""

    payout_number: str
    state: str = ""
    amount_minor: int = 0
    sent_count: int = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What all orders and payouts come to."""

    orders: int = 0
    paid_orders: int = 0
    paid_more_than_once: int = 0
    refunded_more_than_paid: int = 0
    payouts: int = 0
    payouts_sent_more_than_once: int = 0

    @property
    def double_effects(self) -> int:
        """How many things were done twice."""
        return self.paid_more_than_once + self.refunded_more_than_paid + self.payouts_sent_more_than_once


class Props(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a simulator or a sandbox knows: payers, cards, accounts. Its own documents say who they are."""

    payer_id: str = "2088102122458832"
    payer_code: str = ""
    """What a payer shows, where the simulator does not tell it (`show_code`)."""
    card_token: str = ""
    payer_address: str = "203.0.113.7"
    payee_account: str = ""
    slow_payee_account: str = ""
    """Of somebody whose money stays on its way until the bank acts."""
    payee_name: str = "张三"
    payee_bank: str = ""
    receiver_account: str = ""
    evidence: Mapping[str, str] = {}
    """What answers a dispute, by the channel's names of fields."""
    arrivals: tuple[str, ...] = ("receive",)
    """What makes money arrive for good, for `TRANSFER`: acts, one after the other."""
    amount_minor: int = 0
    """Of usual orders, if it is not for us to say: with a sandbox, somebody's money."""
    notice_url: str = ""
    """Where a sandbox may send notices, if it refuses our own address."""
    notices_are_shared: bool = False
    """Whether all notices go to one address of the account, which the settings name."""
