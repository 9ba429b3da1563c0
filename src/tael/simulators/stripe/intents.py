"""What happens to an order's money? A PaymentIntent is made, confirmed, stepped up, taken, let go."""

import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from tael.simulators.base import PAYING, Fault, Faults
from tael.simulators.stripe.book import Book
from tael.simulators.stripe.cards import BY_NAME, Card, card_of_number, card_of_token
from tael.simulators.stripe.disputes import open_dispute
from tael.simulators.stripe.forms import Fields, step_of
from tael.simulators.stripe.holds import most_of, refusal_of_more, terms_of, units_to_take, wishes_of
from tael.simulators.stripe.objects import Charge, PaymentIntent, PaymentMethod
from tael.simulators.stripe.refusals import ApiError, missing
from tael.simulators.stripe.store import number_of

_CREATE = (
    "amount currency confirm capture_method confirmation_method payment_method payment_method_data"
    " payment_method_types payment_method_options automatic_payment_methods return_url description metadata"
    " customer receipt_email statement_descriptor statement_descriptor_suffix setup_future_usage off_session"
    " error_on_requires_action"
).split()
_CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


class Intents:
    """The verbs of PaymentIntents."""

    def __init__(self, book: Book, faults: Faults, *, url: str) -> None:
        self._book = book
        self._faults = faults
        self._url = url

    # What the merchant asks

    def create(self, fields: Fields) -> PaymentIntent:
        """Make an intent, and confirm it at once if that is asked."""
        fields.only(*_CREATE)
        currency = fields.currency()
        method = fields.text("capture_method", "automatic")
        if method not in ("automatic", "automatic_async", "manual"):
            raise ApiError(400, f"Invalid capture_method: {method[:20]}", param="capture_method")
        id = self._book.new_id(PaymentIntent)
        intent = PaymentIntent(
            id=id,
            created=self._book.seconds(),
            metadata=fields.metadata(),
            amount=fields.charge_amount("amount", currency),
            currency=currency,
            capture_method=method,
            client_secret=f"{id}_secret_{secrets.token_hex(12)}",
            description=fields.text("description") or None,
            customer=fields.text("customer") or None,
            return_url=fields.text("return_url"),
            statement_descriptor_suffix=fields.text("statement_descriptor_suffix") or None,
            payment_method_options=wishes_of(fields),
        )
        method_named = fields.text("payment_method") or "payment_method_data" in fields.tree
        intent.payment_method = self._method_of(fields) if method_named else None
        if intent.payment_method:
            intent.status = "requires_confirmation"
        confirm = fields.flag("confirm")
        if confirm and not intent.payment_method:
            message = "You cannot confirm this PaymentIntent because it's missing a payment method."
            raise ApiError(400, message, code="payment_intent_unexpected_state")
        self._change(intent, "payment_intent.created")
        return self._confirm(intent) if confirm else intent

    def update(self, intent: PaymentIntent, fields: Fields) -> PaymentIntent:
        """Change what may be changed before it is paid."""
        fields.only("amount", "description", "metadata", "payment_method", "receipt_email")
        if fields.text("amount"):
            if intent.status not in ("requires_payment_method", "requires_confirmation"):
                raise self._unexpected(intent, "update the amount of")
            intent.amount = fields.charge_amount("amount", intent.currency)
        if fields.text("payment_method"):
            intent.payment_method, intent.status = self._method_of(fields), "requires_confirmation"
        intent.description = fields.text("description") or intent.description
        intent.metadata = intent.metadata | fields.metadata()
        return self._book.keep(intent)

    def confirm(self, intent: PaymentIntent, fields: Fields) -> PaymentIntent:
        """Charge the card, or ask its bank to ask the payer."""
        fields.only("payment_method", "payment_method_data", "return_url", "off_session", "client_secret")
        if intent.status not in ("requires_payment_method", "requires_confirmation"):
            raise self._unexpected(intent, "confirm")
        if fields.text("payment_method") or "payment_method_data" in fields.tree:
            intent.payment_method = self._method_of(fields)
        if not intent.payment_method:
            message = "You cannot confirm this PaymentIntent because it's missing a payment method."
            raise ApiError(400, message, code="payment_intent_unexpected_state")
        intent.return_url = fields.text("return_url") or intent.return_url
        return self._confirm(intent)

    def capture(self, intent: PaymentIntent, fields: Fields) -> PaymentIntent:
        """Take what is held, or a part of it; the rest is let go."""
        fields.only("amount_to_capture", "metadata", "statement_descriptor", "final_capture")
        if intent.status != "requires_capture":
            raise self._unexpected(intent, "capture")
        final = not fields.text("final_capture") or fields.flag("final_capture")
        charge = self._charge_of(intent)
        units = units_to_take(intent, charge, fields, final=final)
        intent.metadata = intent.metadata | fields.metadata()
        self._take(intent, charge, units, final=final)
        return intent

    def increment(self, intent: PaymentIntent, fields: Fields) -> PaymentIntent:
        """Hold more: `amount` is the new sum."""
        fields.only("amount", "metadata", "description", "statement_descriptor")
        if intent.status != "requires_capture":
            raise self._unexpected(intent, "increment the authorization of")
        charge = self._charge_of(intent)
        units = fields.amount("amount", intent.currency)
        refusal = refusal_of_more(intent, charge, units)
        if refusal is not None:
            raise refusal
        intent.amount_capturable += units - intent.amount
        intent.amount = units
        intent.metadata = intent.metadata | fields.metadata()
        shown = charge.payment_method_details["card"]
        shown["overcapture"]["maximum_amount_capturable"] = most_of(units, shown)
        self._book.keep(charge)
        self._change(intent, "payment_intent.amount_capturable_updated")
        return intent

    def cancel(self, intent: PaymentIntent, fields: Fields) -> PaymentIntent:
        """End it; what is held is let go."""
        fields.only("cancellation_reason")
        reason = fields.text("cancellation_reason")
        if reason and reason not in _REASONS:
            raise ApiError(400, f"Invalid cancellation_reason: {reason[:30]}", param="cancellation_reason")
        if intent.session and intent.status != "requires_capture":
            message = "You cannot cancel this PaymentIntent because it's part of a Checkout Session."
            raise ApiError(
                400, message, code="payment_intent_unexpected_state", payment_intent=self._show(intent)
            )
        if intent.status not in _CANCELLABLE:
            raise self._unexpected(intent, "cancel")
        return self.end(intent, reason or None)

    def end(self, intent: PaymentIntent, reason: str | None) -> PaymentIntent:
        """Cancel it, whoever asked."""
        charge = self._book.find(Charge, intent.latest_charge)
        if intent.status == "requires_capture" and charge is not None:
            charge.amount_refunded, charge.refunded = (
                charge.amount - charge.amount_captured,
                not charge.captured,
            )
            self._book.keep(charge)
        intent.status, intent.cancellation_reason = "canceled", reason
        intent.canceled_at = self._book.seconds()
        intent.amount_capturable, intent.next_action = 0, None
        self._change(intent, "payment_intent.canceled")
        return intent

    # What the payer does

    def may_authenticate(self, intent: PaymentIntent) -> bool:
        """Whether the payer's bank still waits for the payer."""
        late = intent.status == "canceled" and self._faults.is_on(
            Fault.LATE_SUCCESS, order=number_of(intent), method=PAYING
        )
        return intent.status == "requires_action" or (late and bool(intent.payment_method))

    def authenticate(self, intent: PaymentIntent, *, passed: bool) -> bool:
        """The payer proves to their bank who they are, or does not; False if nobody waits for that."""
        if not self.may_authenticate(intent):
            return False
        if intent.status == "canceled":
            self._faults.strikes(Fault.LATE_SUCCESS, order=number_of(intent), method=PAYING)
            intent.canceled_at = intent.cancellation_reason = None
        intent.next_action = None
        if passed:
            self._charge(intent, self._card_of(intent), raises=False)
        else:
            error = {
                "type": "invalid_request_error",
                "code": "payment_intent_authentication_failure",
                "message": "We are unable to authenticate your payment method.",
            }
            self._fail(intent, error)
        return True

    def pay_with(self, intent: PaymentIntent, card: Card) -> PaymentIntent:
        """Pay on a page, with the card that was typed in."""
        intent.payment_method = self._keep_method(card, None).id
        try:
            return self._confirm(intent)
        except ApiError:
            return intent

    def return_url_of(self, intent: PaymentIntent) -> str:
        """Where the bank's page leads back to."""
        if not intent.return_url:
            return ""
        between = "&" if urlsplit(intent.return_url).query else "?"
        back = {"payment_intent": intent.id, "payment_intent_client_secret": intent.client_secret}
        return f"{intent.return_url}{between}{urlencode(back)}"

    # How it goes on

    def _method_of(self, fields: Fields) -> str:
        named = fields.text("payment_method")
        if not named:
            below = fields.below("payment_method_data")
            named = below.below("card").text("token")
            if below.needed("type") != "card":
                raise ApiError(400, "Only cards are played here.", param="payment_method_data[type]")
            if not named:
                return self._keep_method(_typed_card(below.below("card")), None).id
        known = self._book.find(PaymentMethod, named)
        if known is not None:
            return known.id
        card = card_of_token(named)
        if card is None:
            kind = "token" if named.startswith("tok_") else "PaymentMethod"
            raise missing(kind, named, "payment_method", status=400)
        return self._keep_method(card, fields.text("customer") or None).id

    def _keep_method(self, card: Card, customer: str | None) -> PaymentMethod:
        shown = {
            "brand": card.brand,
            "country": "US",
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": f"sim{card.last4}",
            "funding": "credit",
            "last4": card.last4,
        }
        return self._book.keep(
            PaymentMethod(
                id=self._book.new_id(PaymentMethod),
                created=self._book.seconds(),
                card=shown,
                customer=customer,
                behaviour=card.name,
            )
        )

    def _card_of(self, intent: PaymentIntent) -> Card:
        return BY_NAME[self._book.get(PaymentMethod, intent.payment_method).behaviour]

    def _charge_of(self, intent: PaymentIntent) -> Charge:
        return self._book.get(Charge, intent.latest_charge)

    def _confirm(self, intent: PaymentIntent) -> PaymentIntent:
        card = self._card_of(intent)
        if not card.step_up:
            return self._charge(intent, card, raises=True)
        intent.status = "requires_action"
        page = f"{self._url}/pay/{intent.id}"
        redirect = {"url": page, "return_url": intent.return_url}
        sdk = {"type": "three_d_secure_redirect", "stripe_js": page}
        intent.next_action = (
            {"type": "redirect_to_url", "redirect_to_url": redirect}
            if intent.return_url
            else {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
        )
        self._change(intent, "payment_intent.requires_action")
        return intent

    def _charge(self, intent: PaymentIntent, card: Card, *, raises: bool) -> PaymentIntent:
        charge = self._go_at(intent, card)
        intent.latest_charge = charge.id
        if card.decline:
            error = {
                "type": "card_error",
                "code": card.decline,
                "message": card.message,
                "charge": charge.id,
            } | ({"decline_code": card.decline_code} if card.decline_code else {})
            self._fail(intent, error)
            if raises:
                raise self._card_error(intent, error)
            return intent
        intent.last_payment_error = intent.next_action = None
        if intent.capture_method == "manual":
            intent.status, intent.amount_capturable = "requires_capture", intent.amount
            charge.payment_method_details["card"] |= terms_of(intent, card, held_at=charge.created)
            self._book.keep(charge)
            self._book.emit("charge.succeeded", charge, about=number_of(intent))
            self._change(intent, "payment_intent.amount_capturable_updated")
        else:
            self._take(intent, charge, intent.amount)
        if card.dispute and charge.captured:
            open_dispute(self._book, charge, reason=card.dispute, inquiry=card.inquiry)
        return intent

    def _go_at(self, intent: PaymentIntent, card: Card) -> Charge:
        """Ask the bank behind the card."""
        refused = bool(card.decline)
        return self._book.keep(
            Charge(
                id=self._book.new_id(Charge),
                created=self._book.seconds(),
                metadata=dict(intent.metadata),
                status="failed" if refused else "succeeded",
                amount=intent.amount,
                currency=intent.currency,
                description=intent.description,
                failure_code=card.decline or None,
                failure_message=card.message if refused else None,
                outcome={"network_status": "declined_by_network" if refused else "approved_by_network"},
                paid=not refused,
                payment_intent=intent.id,
                payment_method=intent.payment_method or "",
                payment_method_details={
                    "type": "card",
                    "card": {"brand": card.brand, "last4": card.last4, "country": "US", "funding": "credit"},
                },
            )
        )

    def _take(self, intent: PaymentIntent, charge: Charge, units: int, *, final: bool = True) -> None:
        if units:
            fee = fee_of(units, intent.currency)
            line = self._book.move_balance(
                "charge", units, intent.currency, source=charge.id, fee=fee, waits=True
            )
            charge.balance_transaction = line.id
        charge.captured, charge.amount_captured = True, charge.amount_captured + units
        self._book.keep(charge)
        held = intent.status == "requires_capture"
        self._book.emit("charge.captured" if held else "charge.succeeded", charge, about=number_of(intent))
        intent.amount_received += units
        if not final:
            intent.amount_capturable -= units
            self._change(intent, "payment_intent.amount_capturable_updated")
            return
        intent.status, intent.amount_capturable = "succeeded", 0
        self._change(intent, "payment_intent.succeeded")

    def _fail(self, intent: PaymentIntent, error: dict[str, Any]) -> None:
        intent.status, intent.last_payment_error, intent.payment_method = (
            "requires_payment_method",
            error,
            None,
        )
        self._change(intent, "payment_intent.payment_failed")

    def _change(self, intent: PaymentIntent, event: str) -> None:
        self._book.keep(intent)
        self._book.emit(event, intent, about=number_of(intent))

    def _show(self, intent: PaymentIntent) -> dict[str, Any]:
        return self._book.show(intent)

    def _card_error(self, intent: PaymentIntent, error: dict[str, Any]) -> ApiError:
        more = {name: error[name] for name in ("decline_code", "charge") if name in error}
        return ApiError(
            402,
            error["message"],
            kind="card_error",
            code=error["code"],
            remembered=True,
            payment_intent=self._show(intent),
            **more,
        )

    def _unexpected(self, intent: PaymentIntent, verb: str) -> ApiError:
        message = f"You cannot {verb} this PaymentIntent because it has a status of {intent.status}."
        return ApiError(
            400,
            message,
            code="payment_intent_unexpected_state",
            payment_intent=self._show(intent),
            remembered=True,
        )


def fee_of(units: int, currency: str) -> int:
    """What Stripe takes: 2.9 percent and 30 of the smallest unit, in the steps of the currency."""
    step = step_of(currency)
    return ((units * 29 + 500) // 1000 + 30 + step - 1) // step * step


def _typed_card(fields: Fields) -> Card:
    """The test card of a number, as accounts may send it that keep cards themselves."""
    fields.only("number", "exp_month", "exp_year", "cvc")
    card = card_of_number(fields.needed("number"))
    if not 1 <= (fields.integer("exp_month") or 0) <= 12 or not fields.integer("exp_year"):
        raise _card_is_wrong("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    if card is None:
        raise _card_is_wrong("Your card number is incorrect.", "incorrect_number", "number")
    return card


def _card_is_wrong(message: str, code: str, field: str) -> ApiError:
    return ApiError(402, message, kind="card_error", code=code, param=f"payment_method_data[card][{field}]")
