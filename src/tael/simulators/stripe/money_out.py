"""How does money leave the account? Back to cards as refunds, to the merchant's bank as payouts."""

from tael.simulators.base import Fault, Faults
from tael.simulators.stripe.book import Book
from tael.simulators.stripe.cards import BY_NAME
from tael.simulators.stripe.forms import Fields
from tael.simulators.stripe.objects import (
    Charge,
    Dispute,
    PaymentIntent,
    PaymentMethod,
    Payout,
    Refund,
)
from tael.simulators.stripe.refusals import ApiError, needed
from tael.simulators.stripe.store import number_of

PAYOUT_TAKES_SECONDS = 2 * 86_400
USUAL_ACCOUNT = "ba_1TaelMerchantAccount"
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
REFUND, PAYOUT = "POST /v1/refunds", "POST /v1/payouts"


class MoneyOut:
    """The verbs of refunds and payouts."""

    def __init__(self, book: Book, faults: Faults) -> None:
        self._book = book
        self._faults = faults

    def refund(self, fields: Fields) -> Refund:
        """Give back all that is left of a charge, or a part."""
        fields.only("payment_intent", "charge", "amount", "reason", "metadata")
        charge = self._charge_to_refund(fields)
        reason = fields.text("reason")
        if reason and reason not in REASONS:
            raise ApiError(400, f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
        left = charge.amount_captured - self._given_back(charge)
        units = fields.amount("amount", charge.currency) if fields.text("amount") else left
        if left == 0:
            message = f"Charge {charge.id} has already been refunded."
            raise ApiError(400, message, code="charge_already_refunded", remembered=True)
        if units > left:
            message = f"Refund amount ({units}) is greater than unrefunded amount on charge ({left})"
            raise ApiError(400, message, param="amount", remembered=True)
        intent = self._book.get(PaymentIntent, charge.payment_intent)
        self._need_balance(charge.currency, units, order=number_of(intent), method=REFUND)
        return self._give_back(intent, charge, units, fields, reason or None)

    def _give_back(
        self, intent: PaymentIntent, charge: Charge, units: int, fields: Fields, reason: str | None
    ) -> Refund:
        card = BY_NAME[self._book.get(PaymentMethod, charge.payment_method).behaviour]
        refund = Refund(
            id=self._book.new_id(Refund),
            created=self._book.seconds(),
            metadata=fields.metadata(),
            status="pending" if card.refund == "pending" else "succeeded",
            amount=units,
            currency=charge.currency,
            charge=charge.id,
            payment_intent=intent.id,
            reason=reason,
        )
        line = self._book.move_balance("refund", -units, charge.currency, source=refund.id)
        refund.balance_transaction = line.id
        charge.amount_refunded += units
        charge.refunded = charge.amount_refunded == charge.amount_captured
        self._book.keep(charge)
        self._book.keep(refund)
        about = number_of(intent)
        self._book.emit("refund.created", refund, about=about)
        self._book.emit("charge.refunded", charge, about=about)
        return refund

    def _given_back(self, charge: Charge) -> int:
        """What refunds gave back; `amount_refunded` counts what was held and let go, too."""
        refunds = self._book.of_intent(Refund, charge.payment_intent)
        return sum(each.amount for each in refunds if each.status in ("pending", "succeeded"))

    def _charge_to_refund(self, fields: Fields) -> Charge:
        if intent_id := fields.text("payment_intent"):
            intent = self._book.get(PaymentIntent, intent_id, param="payment_intent")
            charge = self._book.find(Charge, intent.latest_charge)
        elif charge_id := fields.text("charge"):
            charge = self._book.get(Charge, charge_id, param="charge")
        else:
            raise needed("payment_intent")
        if charge is None or not charge.paid or not charge.captured:
            raise ApiError(400, "This PaymentIntent does not have a successful charge to refund.")
        dispute = self._book.find(Dispute, charge.dispute)
        if dispute is not None and not dispute.is_charge_refundable and dispute.status != "won":
            raise ApiError(400, "This charge has been charged back.", code="charge_disputed")
        return charge

    def finish_refund(self, refund: Refund, *, succeeded: bool) -> None:
        """The bank behind the card has taken the money back in, or not."""
        refund.status = "succeeded" if succeeded else "failed"
        charge = self._book.get(Charge, refund.charge)
        about = number_of(self._book.get(PaymentIntent, refund.payment_intent))
        if not succeeded:
            refund.failure_reason = "expired_or_canceled_card"
            line = self._book.move_balance("refund_failure", refund.amount, refund.currency, source=refund.id)
            refund.failure_balance_transaction = line.id
            charge.amount_refunded -= refund.amount
            charge.refunded = False
            self._book.keep(charge)
        self._book.keep(refund)
        self._book.emit("refund.updated" if succeeded else "refund.failed", refund, about=about)

    def pay_out(self, fields: Fields) -> Payout:
        """Send money to the merchant's bank account; it is there after two days."""
        fields.only(
            "amount",
            "currency",
            "destination",
            "method",
            "metadata",
            "description",
            "source_type",
            "statement_descriptor",
        )
        currency = fields.currency()
        units = fields.amount("amount", currency)
        destination = fields.text("destination") or USUAL_ACCOUNT
        if not destination.startswith(("ba_", "card_")):
            message = f"No such external account: '{destination[:60]}'"
            raise ApiError(400, message, code="resource_missing", param="destination")
        metadata = fields.metadata()
        about = metadata.get("payout_number", "")
        self._need_balance(currency, units, order=about, method=PAYOUT)
        now = self._book.seconds()
        payout = Payout(
            id=self._book.new_id(Payout),
            created=now,
            metadata=metadata,
            amount=units,
            currency=currency,
            arrival_date=now + PAYOUT_TAKES_SECONDS,
            description=fields.text("description") or None,
            destination=destination,
            method=fields.text("method", "standard"),
        )
        line = self._book.move_balance("payout", -units, currency, source=payout.id)
        payout.balance_transaction = line.id
        self._tell_of_payout(payout, "created")
        return payout

    def cancel_payout(self, payout: Payout) -> Payout:
        """Call it back before it has left."""
        if payout.status != "pending":
            message = "Payouts can only be canceled while they are pending."
            raise ApiError(400, message, code="payout_cannot_be_canceled", remembered=True)
        self._book.move_balance("payout_cancel", payout.amount, payout.currency, source=payout.id)
        payout.status = "canceled"
        self._tell_of_payout(payout, "canceled")
        return payout

    def finish_payout(self, payout: Payout, *, failure: str = "") -> bool:
        """It has arrived, or the bank sends it back; also after it had arrived."""
        if payout.status not in ("pending", "in_transit", *(("paid",) if failure else ())):
            return False
        if failure:
            line = self._book.move_balance("payout_failure", payout.amount, payout.currency, source=payout.id)
            payout.failure_balance_transaction, payout.failure_code = line.id, failure
            payout.failure_message = "The bank could not process this transfer."
        payout.status = "failed" if failure else "paid"
        self._tell_of_payout(payout, payout.status)
        return True

    def let_payouts_arrive(self) -> None:
        """Payouts whose day has come are there."""
        now = self._book.seconds()
        for payout in self._book.all(Payout):
            if payout.status in ("pending", "in_transit") and payout.arrival_date <= now:
                self.finish_payout(payout)

    def let_refunds_end(self) -> None:
        """Refunds that were on their way arrive; those of one test card come back."""
        for refund in self._book.all(Refund):
            card = BY_NAME[self._book.get(PaymentMethod, self._charge_of(refund).payment_method).behaviour]
            if refund.status == "pending":
                self.finish_refund(refund, succeeded=True)
            elif card.refund == "failed" and refund.status == "succeeded":
                self.finish_refund(refund, succeeded=False)

    def _charge_of(self, refund: Refund) -> Charge:
        return self._book.get(Charge, refund.charge)

    def _tell_of_payout(self, payout: Payout, what: str) -> None:
        self._book.keep(payout)
        self._book.emit(f"payout.{what}", payout, about=number_of(payout))

    def _need_balance(self, currency: str, units: int, *, order: str, method: str) -> None:
        empty = self._faults.strikes(Fault.BALANCE_NOT_ENOUGH, order=order, method=method)
        if empty or self._book.funds(currency) < units:
            message = "You have insufficient funds in your Stripe account for this transfer."
            raise ApiError(400, message, code="balance_insufficient", remembered=True)
