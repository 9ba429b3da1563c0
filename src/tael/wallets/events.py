"""What do wallets tell others? Facts, after commit, in order for each object.

A fact names its amount, so that whoever writes a message need not ask; names of people are looked up by their ids.
"""

from datetime import date, datetime

from tael.foundation.events import Event


class TransferEvent(Event, frozen=True, kw_only=True):
    """What all facts about a transfer say; its id is the `object_id`."""

    payer_id: str
    payee_id: str
    amount_minor: int
    currency: str
    note: str


class TransferMade(TransferEvent, frozen=True, kw_only=True, tag="wallets.transfer_made"):
    """Money is on its way and can still be recalled."""

    arrives_at: datetime


class TransferArrived(TransferEvent, frozen=True, kw_only=True, tag="wallets.transfer_arrived"):
    """The payee has the money."""

    first: bool = False
    """Whether the payer had never sent anything to this payee."""
    delayed: bool = False
    """Whether it was on its way for some hours."""


class TransferRecalled(TransferEvent, frozen=True, kw_only=True, tag="wallets.transfer_recalled"):
    """The payer took it back before it arrived."""


class TransferReturned(TransferEvent, frozen=True, kw_only=True, tag="wallets.transfer_returned"):
    """It could not arrive, and is the payer's again."""

    reason: str


class LooksLikeBusiness(Event, frozen=True, kw_only=True, tag="wallets.looks_like_business"):
    """A user, the `object_id`, was paid by personal code as often in a day as merchants are."""

    payments: int


class OrderFact(Event, frozen=True, kw_only=True):
    """What all facts about an order say; its number is the `object_id`."""

    user_id: str
    amount_minor: int
    currency: str
    subject: str
    payee: str = ""
    """Whom it pays, as its payer reads it."""


class OrderShown(OrderFact, frozen=True, kw_only=True, tag="wallets.order_shown"):
    """A user has shown a payment code for so much that they have to confirm it: it waits for them."""


class OrderDeclined(OrderFact, frozen=True, kw_only=True, tag="wallets.order_declined"):
    """The user said no to what waited for them."""


class OrderPaid(OrderFact, frozen=True, kw_only=True, tag="wallets.order_paid"):
    """A user has paid a merchant by balance."""


class OrderRefunded(OrderFact, frozen=True, kw_only=True, tag="wallets.order_refunded"):
    """A part of it, or all, is back in the wallet."""


class RedPacketSent(Event, frozen=True, kw_only=True, tag="wallets.red_packet_sent"):
    """A red packet lies there to be claimed; `only_for`: by these."""

    owner_id: str
    amount_minor: int
    currency: str
    shares: int
    greeting: str
    only_for: tuple[str, ...]


class RedPacketClaimed(Event, frozen=True, kw_only=True, tag="wallets.red_packet_claimed"):
    """Somebody has taken a share."""

    owner_id: str
    user_id: str
    amount_minor: int
    currency: str


class RedPacketReturned(Event, frozen=True, kw_only=True, tag="wallets.red_packet_returned"):
    """What nobody claimed in time is its sender's again."""

    owner_id: str
    amount_minor: int
    currency: str


class StatementReady(Event, frozen=True, kw_only=True, tag="wallets.statement_ready"):
    """A statement, the `object_id`, can be fetched."""

    user_id: str
    first_day: date
    last_day: date


EVENTS = (
    StatementReady,
    TransferMade,
    TransferArrived,
    TransferRecalled,
    TransferReturned,
    LooksLikeBusiness,
    OrderShown,
    OrderDeclined,
    OrderPaid,
    OrderRefunded,
    RedPacketSent,
    RedPacketClaimed,
    RedPacketReturned,
)
