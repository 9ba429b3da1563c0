"""What does funding tell others? Facts, after commit, in order for each object."""

from tael.foundation.events import Event


class CardFact(Event, frozen=True, kw_only=True):
    """What the facts about a bank card say; the card is the `object_id`."""

    user_id: str
    shown: str


class BankCardBound(CardFact, frozen=True, kw_only=True, tag="funding.bank_card_bound"):
    """The card's bank says that it is the user's own."""


class BankCardRefused(CardFact, frozen=True, kw_only=True, tag="funding.bank_card_refused"):
    """The card's bank says that it is not, or cannot be used."""

    reason: str


class BankCardUnbound(CardFact, frozen=True, kw_only=True, tag="funding.bank_card_unbound"):
    """The user removed it."""


class MoneyFact(Event, frozen=True, kw_only=True):
    """What the facts about money say; top-up or withdrawal is the `object_id`."""

    user_id: str
    amount_minor: int
    currency: str
    card: str
    """The bank card, masked; or the method."""


class TopUpCredited(MoneyFact, frozen=True, kw_only=True, tag="funding.top_up_credited"):
    """The money is in the wallet: `amount_minor` of it."""


class TopUpFailed(MoneyFact, frozen=True, kw_only=True, tag="funding.top_up_failed"):
    """Nobody paid in time."""

    reason: str


class TopUpRefunded(MoneyFact, frozen=True, kw_only=True, tag="funding.top_up_refunded"):
    """A part of it, or all, went back to where it had come from."""


class TopUpRefundFailed(MoneyFact, frozen=True, kw_only=True, tag="funding.top_up_refund_failed"):
    """It could not go back: it is in the wallet again."""

    reason: str


class TopUpOwed(MoneyFact, frozen=True, kw_only=True, tag="funding.top_up_owed"):
    """It went back to where it had come from, and is in the wallet, too: the user owes `amount_minor`."""


class WithdrawalMade(MoneyFact, frozen=True, kw_only=True, tag="funding.withdrawal_made"):
    """Somebody asked for it; the money is out of the wallet."""


class WithdrawalSucceeded(MoneyFact, frozen=True, kw_only=True, tag="funding.withdrawal_succeeded"):
    """The money is at the card: `amount_minor` of it, without the fee."""


class WithdrawalReturned(MoneyFact, frozen=True, kw_only=True, tag="funding.withdrawal_returned"):
    """It failed or came back: all of it is in the wallet again."""

    reason: str


EVENTS = (
    BankCardBound,
    BankCardRefused,
    BankCardUnbound,
    TopUpCredited,
    TopUpFailed,
    TopUpRefunded,
    TopUpRefundFailed,
    TopUpOwed,
    WithdrawalMade,
    WithdrawalSucceeded,
    WithdrawalReturned,
)
