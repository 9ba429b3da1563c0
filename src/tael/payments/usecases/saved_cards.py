"""With which saved card is a payment paid? Decided as the attempt begins, in the transaction that writes it down."""

from collections.abc import Sequence

import msgspec

from tael.customers.api import Customers
from tael.customers.model import MandateUse
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.offers.model import payer_said_as
from tael.payments import store
from tael.payments.errors import PaymentMalformed
from tael.payments.model import Payment
from tael.payments.usecases.start_attempts import StartAttempt, Started


async def with_saved_cards(
    tx: Transaction, commands: Sequence[StartAttempt], *, customers: Customers, new: Sequence[Payment] = ()
) -> list[StartAttempt | Refusal]:
    """Each wish with the card that it names, or why that may not be used. Mandates are locked in their order.

    What begins by a mandate in the same transaction counts as if its attempt were made. `new`: payments that are made
    with their first attempt.
    """
    found: list[StartAttempt | Refusal] = list(commands)
    naming = {position: command for position, command in enumerate(commands) if command.saved is not None}
    if not naming:
        return found
    beginning: list[MandateUse] = []
    payments = await store.find_payments(tx, {command.payment_id for command in naming.values()})
    payments |= {payment.id: payment for payment in new}
    for position in sorted(naming, key=lambda each: _mandate_of(naming[each])):
        payment = payments.get(naming[position].payment_id)
        try:
            found[position] = await _with_its_card(tx, naming[position], payment, customers, beginning)
        except Refusal as refusal:
            found[position] = refusal
    return found


async def write_mandate_uses(
    tx: Transaction, begun: Sequence[Started | Refusal], *, customers: Customers
) -> None:
    """Which of the attempts that were made in this transaction charge by a mandate; only those use it."""
    uses = [
        _use(each.wish, each.payment)
        for each in begun
        if isinstance(each, Started) and each.new and each.wish is not None and _mandate_of(each.wish)
    ]
    if uses:
        await customers.write_uses(tx, uses)


async def with_its_card_again(command: StartAttempt, *, customers: Customers) -> StartAttempt:
    """A wish that was taken over from a caller who died: its card once more, if it is still kept.

    If not, there is nothing to pay with, and the channel is only asked what became of the attempt.
    """
    if command.saved is None:
        return command
    try:
        kept = await customers.usable(command.saved.payment_method_id, merchant_id=command.merchant_id or "")
    except Refusal:
        return command
    return _paying_with(command, kept.card_token, kept.channel)


def _use(command: StartAttempt, payment: Payment) -> MandateUse:
    return MandateUse(
        mandate_id=_mandate_of(command),
        payment_id=payment.id,
        attempt_id=command.attempt_id,
        amount_minor=payment.amount_minor,
    )


def _mandate_of(command: StartAttempt) -> str:
    return (command.saved.mandate_id or "") if command.saved is not None else ""


async def _with_its_card(
    tx: Transaction,
    command: StartAttempt,
    payment: Payment | None,
    customers: Customers,
    beginning: list[MandateUse],
) -> StartAttempt:
    """`beginning`: how mandates are used in the same transaction, by attempts that are not written yet; one more now."""

    async def count(uses: Sequence[MandateUse]) -> Sequence[MandateUse]:
        theirs = [(use.payment_id, use.attempt_id) for use in uses]
        counting = await store.with_money(tx, theirs) if theirs else []
        return [*(uses[place] for place in counting), *beginning]

    if (
        payment is None
        or payment.merchant_id != command.merchant_id
        or payment.ended
        or command.saved is None
    ):
        return msgspec.structs.replace(command, saved=None)  # it is refused for that
    card = await customers.may_use(
        tx,
        command.saved.payment_method_id,
        merchant_id=payment.merchant_id,
        payment_id=payment.id,
        amount=Money(payment.amount_minor, payment.currency),
        mandate_id=command.saved.mandate_id,
        off_session=command.means.off_session,
        count=count,
    )
    if card.channel is not None and command.channel not in (None, card.channel):
        raise PaymentMalformed(f"{card.channel} alone knows that card.", field="channel")
    if command.saved.mandate_id is not None:
        beginning.append(_use(command, payment))
    command = _paying_with(command, card.card_token, card.channel)
    if card.customer_id is None:
        return command
    payer = payer_said_as(card.customer_id)
    return msgspec.structs.replace(command, asked=msgspec.structs.replace(command.asked, payer=payer))


def _paying_with(command: StartAttempt, card_token: str, channel: str | None) -> StartAttempt:
    """With the token it is a card like any other; over another channel it is charged only if it may be then."""
    means = msgspec.structs.replace(command.means, card_token=card_token)
    return msgspec.structs.replace(command, means=means, channel=command.channel or channel)
