"""Which test cards are there, and how does each behave? Stripe's own, by number, token and payment method."""

import re

import msgspec


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """How a test card behaves."""

    name: str
    """As in `pm_card_<name>` and `tok_<name>`."""
    number: str
    brand: str = "visa"
    decline: str = ""
    """The code of the error."""
    decline_code: str = ""
    message: str = "Your card was declined."
    step_up: bool = False
    """Whether the payer's bank asks the payer (3-D Secure)."""
    dispute: str = ""
    """The reason of the dispute that follows."""
    inquiry: bool = False
    """Whether the dispute is only a question at first."""
    refund: str = "succeeded"
    """What becomes of its refunds."""

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]


def _declined(
    name: str, number: str, decline_code: str, *, code: str = "card_declined", say: str = ""
) -> Card:
    message = say or "Your card was declined."
    return Card(name=name, number=number, decline=code, decline_code=decline_code, message=message)


_ALL = (
    Card(name="visa", number="4242424242424242"),
    Card(name="visa_debit", number="4000056655665556"),
    Card(name="mastercard", number="5555555555554444", brand="mastercard"),
    Card(name="amex", number="378282246310005", brand="amex"),
    Card(name="jcb", number="3566002020360505", brand="jcb"),
    Card(name="unionpay", number="6200000000000005", brand="unionpay"),
    Card(name="cn", number="4000001560000002"),
    Card(name="hk", number="4000003440000004"),
    _declined("chargeDeclined", "4000000000000002", "generic_decline"),
    _declined(
        "chargeDeclinedInsufficientFunds",
        "4000000000009995",
        "insufficient_funds",
        say="Your card has insufficient funds.",
    ),
    _declined("chargeDeclinedLostCard", "4000000000009987", "lost_card"),
    _declined("chargeDeclinedStolenCard", "4000000000009979", "stolen_card"),
    _declined("chargeDeclinedFraudulent", "4100000000000019", "fraudulent"),
    _declined("chargeDeclinedVelocityLimitExceeded", "4000000000006975", "card_velocity_exceeded"),
    _declined("chargeDeclinedDoNotHonor", "4000000000000101", "do_not_honor"),
    _declined(
        "chargeDeclinedExpiredCard", "4000000000000069", "", code="expired_card", say="Your card has expired."
    ),
    _declined(
        "chargeDeclinedIncorrectCvc",
        "4000000000000127",
        "",
        code="incorrect_cvc",
        say="Your card's security code is incorrect.",
    ),
    _declined(
        "chargeDeclinedProcessingError",
        "4000000000000119",
        "",
        code="processing_error",
        say="An error occurred while processing your card. Try again in a little bit.",
    ),
    Card(name="authenticationRequired", number="4000002500003155", step_up=True),
    Card(name="threeDSecure2Required", number="4000000000003220", step_up=True),
    Card(
        name="threeDSecureRequiredChargeDeclined",
        number="4000008400001629",
        step_up=True,
        decline="card_declined",
        decline_code="generic_decline",
    ),
    Card(name="createDispute", number="4000000000000259", dispute="fraudulent"),
    Card(name="createDisputeProductNotReceived", number="4000000000002685", dispute="product_not_received"),
    Card(name="createDisputeInquiry", number="4000000000001976", dispute="general", inquiry=True),
    Card(name="refundFail", number="4000000000005126", refund="failed"),
    Card(name="pendingRefund", number="4000000000007726", refund="pending"),
)
BY_NAME = {card.name: card for card in _ALL}
BY_NUMBER = {card.number: card for card in _ALL}
_VAULT_NAME = re.compile(r"(?:pm_card|tok)_(?:visa_)?([A-Za-z0-9_]{2,60})")


def card_of_token(token: str) -> Card | None:
    """The test card that `tok_…` or `pm_card_…` stands for."""
    plain = token.removeprefix("pm_card_").removeprefix("tok_")
    if plain != token and plain in BY_NAME:
        return BY_NAME[plain]
    match = _VAULT_NAME.fullmatch(token)
    return BY_NAME.get(match[1]) if match else None


def card_of_number(number: str) -> Card | None:
    """The test card with this number, however it is spaced; real cards are none."""
    return BY_NUMBER.get(re.sub(r"[ -]", "", number[:40]))
