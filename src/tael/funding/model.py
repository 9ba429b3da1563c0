"""What are the nouns of funding? Bank card, top-up, refund of one, quote, withdrawal; and the dated rule."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.money import Money
from tael.identity.model import Strength
from tael.merchants.model import PLATFORM

PLATFORM_PAYEE = PLATFORM
"""Top-ups are payments to the merchant that is the platform itself."""
CARD_ACCOUNT = "card"
"""The kind of account that a card of our vault is, in the words of the channels that pay out to it."""
Minor = Annotated[int, Meta(ge=0)]


class TopUpTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much may be topped up, in minor units of one currency."""

    smallest_minor: Minor
    single_minor: Minor
    day_minor: Minor
    day_count: Minor


class WithdrawalTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much may be withdrawn, what it costs, and how long it takes; in minor units of one currency."""

    smallest_minor: Minor
    single_minor: Minor
    day_minor: Minor
    day_count: Minor
    fee_basis_points: Annotated[int, Meta(ge=0, le=10_000)]
    fee_smallest_minor: Minor
    fee_largest_minor: Minor
    arrives_seconds: Annotated[int, Meta(ge=1)]
    """How long it usually takes until it is on the card."""


class CurrencyTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of one currency."""

    top_up: TopUpTerms
    withdrawal: WithdrawalTerms


class FundingTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule `funding.terms`."""

    currencies: dict[str, CurrencyTerms]
    """What can be topped up and withdrawn; there is no other."""
    most_cards: Annotated[int, Meta(ge=1, le=100)]
    """How many bank cards a user may have bound."""
    tries_day: Annotated[int, Meta(ge=1, le=100)]
    """How many cards a user may try to bind in a day."""
    quote_seconds: Annotated[int, Meta(ge=30)]
    """How long a quote holds."""
    top_up_seconds: Annotated[int, Meta(ge=60)]
    """How long a top-up can be paid."""
    methods_refused: tuple[str, ...]
    """With which methods nobody tops up: a balance does not fill a balance."""


DATED_RULES: Mapping[str, type[msgspec.Struct]] = {"funding.terms": FundingTerms}


class SoFar(msgspec.Struct, frozen=True):
    """What somebody has done of a kind today."""

    minor: int = 0
    count: int = 0


class FundingFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which top-ups or withdrawals are wanted, newest first."""

    user_id: str | None = None
    state: str | None = None
    before: str | None = None
    """The id where the last page ended."""
    limit: int = 50


class CardState(StrEnum):
    """Where a bank card stands."""

    CHECKING = "checking"
    """Its bank has been asked whose it is, and has not said so beyond doubt."""
    BOUND = "bound"
    REFUSED = "refused"
    """It is not this user's, or cannot be used."""
    UNBOUND = "unbound"


class BankCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card of a user, as much as we know of it."""

    id: str
    user_id: str
    token: str
    """Of our vault."""
    fingerprint: str
    """The same for the same number, in this installation alone."""
    brand: str
    issuer: str
    """The bank's code, by the first digits; empty if no table says."""
    first6: str
    last4: str
    phone_shown: str
    """The telephone that the bank knows for it, masked."""
    state: CardState
    check_id: str
    reason: str
    """Why it was refused."""
    is_default: bool
    created_at: datetime
    bound_at: datetime | None
    ended_at: datetime | None

    @property
    def shown(self) -> str:
        """`622202******1234`."""
        return f"{self.first6}******{self.last4}"


class TopUpState(StrEnum):
    """Where a top-up stands."""

    WAITING = "waiting"
    """Its payment can be paid, or is being paid."""
    CREDITED = "credited"
    """The money is in the wallet."""
    FAILED = "failed"
    """Its payment ended unpaid. What is paid late all the same goes back by itself."""


class TopUp(msgspec.Struct, frozen=True, kw_only=True):
    """Money into a wallet, by a payment."""

    id: str
    user_id: str
    amount_minor: int
    currency: str
    method: str
    bank_card_id: str | None
    payment_id: str
    state: TopUpState
    fee_minor: int
    """What of it the platform keeps, by the terms of its payee."""
    refunded_minor: int
    """What has gone back, or is going."""
    reason: str
    created_at: datetime
    ended_at: datetime | None

    @property
    def amount(self) -> Money:
        """What is paid."""
        return Money(self.amount_minor, self.currency)

    @property
    def credited_minor(self) -> int:
        """What came into the wallet."""
        return self.amount_minor - self.fee_minor if self.state is TopUpState.CREDITED else 0


class TopUpRefundState(StrEnum):
    """Where a refund of a top-up stands."""

    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The channel definitely did not give it back: it is in the wallet again."""


class TopUpRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money of a top-up on its way back to where it came from."""

    id: str
    top_up_id: str
    user_id: str
    amount_minor: int
    currency: str
    refund_id: str
    """Of the payment."""
    state: TopUpRefundState
    strength: Strength
    reason: str
    created_at: datetime
    sent_at: datetime | None
    """When payments were asked for it."""
    ended_at: datetime | None
    fee_returned_minor: int = 0
    """What of the payee's fee came back to the user when it had gone."""
    reversals: int = 0

    @property
    def amount(self) -> Money:
        """How much goes back."""
        return Money(self.amount_minor, self.currency)


class TopUpDebt(msgspec.Struct, frozen=True, kw_only=True):
    """What a user owes: it is in their wallet, and their channel has given it back to them all the same."""

    id: str
    """The refund of the payment, by which it has gone; or the attempt whose transfer was recalled, and when."""
    top_up_id: str
    user_id: str
    amount_minor: int
    currency: str
    since: datetime
    ended_at: datetime | None = None
    note: str = ""
    """How it ended."""

    @property
    def amount(self) -> Money:
        """How much is owed."""
        return Money(self.amount_minor, self.currency)


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What a withdrawal would cost and when it would arrive, as its user was shown."""

    id: str
    user_id: str
    bank_card_id: str
    amount_minor: int
    """What leaves the wallet."""
    fee_minor: int
    """What of it the platform keeps; the rest arrives."""
    currency: str
    arrives_seconds: int
    made_at: datetime
    expires_at: datetime
    used_by: str | None = None
    """The withdrawal that was made by it."""

    @property
    def amount(self) -> Money:
        """What leaves the wallet."""
        return Money(self.amount_minor, self.currency)


class WithdrawalState(StrEnum):
    """Where a withdrawal stands."""

    PROCESSING = "processing"
    """The money is reserved, and on its way as far as anybody knows."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """It definitely did not go: it is in the wallet again."""
    RETURNED = "returned"
    """It had arrived, and the bank sent it back: it is in the wallet again, with the fee."""


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """Money out of a wallet, to a bank card of its owner."""

    id: str
    user_id: str
    bank_card_id: str
    quote_id: str
    payout_id: str
    amount_minor: int
    fee_minor: int
    currency: str
    state: WithdrawalState
    strength: Strength
    """How strongly it was confirmed: in which counter it stands."""
    reason: str
    """Why it failed or came back: the channel's code."""
    created_at: datetime
    arrives_by: datetime
    ended_at: datetime | None

    @property
    def amount(self) -> Money:
        """What left the wallet."""
        return Money(self.amount_minor, self.currency)

    @property
    def arriving(self) -> Money:
        """What arrives at the card."""
        return Money(self.amount_minor - self.fee_minor, self.currency)
