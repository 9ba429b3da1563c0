"""What can be done with money that a card holds? Several captures, more later, a tip beyond it: where it was asked for."""

from typing import Any

from tael.simulators.stripe.cards import Card
from tael.simulators.stripe.forms import Fields
from tael.simulators.stripe.objects import Charge, PaymentIntent
from tael.simulators.stripe.refusals import ApiError

HELD_SECONDS = 7 * 86_400
BEYOND_PERCENT = 20
MOST_TIMES = 10
"""More than so many times the first amount, the card's bank does not hold."""
_WISHES = {
    "request_multicapture": "multicapture",
    "request_incremental_authorization": "incremental_authorization",
    "request_overcapture": "overcapture",
    "request_extended_authorization": "extended_authorization",
}
_BRANDS = ("visa", "mastercard", "amex", "discover")


def wishes_of(fields: Fields) -> dict[str, Any]:
    """`payment_method_options`, as an intent keeps them."""
    options = fields.below("payment_method_options")
    options.only("card")
    card = options.below("card")
    card.only(*_WISHES, "request_three_d_secure")
    wishes = {name: card.text(name) for name in _WISHES if card.text(name)}
    for name, value in wishes.items():
        if value not in ("if_available", "never"):
            raise ApiError(400, f"Invalid {name}: {value[:20]}", param=card.name(name))
    return {"card": wishes} if wishes else {}


def terms_of(intent: PaymentIntent, card: Card, *, held_at: int) -> dict[str, Any]:
    """What a charge shows of the money that it holds."""
    asked = intent.payment_method_options.get("card", {})
    terms: dict[str, Any] = {"capture_before": held_at + HELD_SECONDS}
    for wish, name in _WISHES.items():
        available = asked.get(wish) == "if_available" and card.brand in _BRANDS
        terms[name] = {"status": "available" if available else "unavailable"}
    terms["overcapture"]["maximum_amount_capturable"] = most_of(intent.amount, terms)
    return terms


def most_of(amount: int, terms: dict[str, Any]) -> int:
    """The most that may be taken of a hold."""
    beyond = BEYOND_PERCENT if terms.get("overcapture", {}).get("status") == "available" else 0
    return amount * (100 + beyond) // 100


def is_given(charge: Charge, name: str) -> bool:
    """Whether a charge may be treated so."""
    shown = charge.payment_method_details.get("card", {})
    return bool(shown.get(name, {}).get("status") == "available")


def units_to_take(intent: PaymentIntent, charge: Charge, fields: Fields, *, final: bool) -> int:
    """How much a capture takes; nothing, to release the rest. Refused beyond what may be taken."""
    if not final and not is_given(charge, "multicapture"):
        message = "This PaymentIntent does not support multicapture."
        raise ApiError(400, message, code="parameter_invalid_empty", param="final_capture")
    if fields.text("amount_to_capture") == "0" and final and intent.amount_received:
        return 0
    if not fields.text("amount_to_capture"):
        return intent.amount_capturable
    units = fields.amount("amount_to_capture", intent.currency)
    most = intent.amount_capturable
    if final and not intent.amount_received:
        most = most_of(intent.amount, charge.payment_method_details.get("card", {}))
    if units > most or (not final and units >= most):
        message = "The amount you entered is larger than the amount that can be captured."
        raise ApiError(400, message, code="amount_too_large", param="amount_to_capture")
    return units


def refusal_of_more(intent: PaymentIntent, charge: Charge, units: int) -> ApiError | None:
    """Why no more is held, if it is not."""
    if not is_given(charge, "incremental_authorization"):
        message = "This PaymentIntent does not support incremental authorizations."
        return ApiError(400, message, code="invalid_request_error", param="amount")
    if units <= intent.amount:
        message = "The amount must be larger than the amount that is authorized."
        return ApiError(400, message, code="parameter_invalid_integer", param="amount")
    if units > MOST_TIMES * charge.amount:
        more = {"decline_code": "insufficient_funds", "charge": charge.id}
        return ApiError(
            402,
            "Your card has insufficient funds.",
            kind="card_error",
            code="card_declined",
            remembered=True,
            **more,
        )
    return None
