"""With which saved card is a payment paid? Decided as the attempt begins, in the transaction that writes it down."""

from collections.abc import Collection, Sequence

import msgspec

from tael.customers.api import Customers
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.offers.model import payer_known_as
from tael.payments import store
from tael.payments.errors import PaymentMalformed
from tael.payments.usecases.start_attempts import StartAttempt


async def with_saved_cards(
    tx: Transaction, commands: Sequence[StartAttempt], *, customers: Customers
) -> list[StartAttempt | Refusal]:
    """Each wish with the card that it names, or why that may not be used. Mandates are locked in their order."""
    found: list[StartAttempt | Refusal] = list(commands)
    naming = {position: command for position, command in enumerate(commands) if command.saved is not None}
    beginning: set[str] = set()
    for position in sorted(naming, key=lambda each: _mandate_of(naming[each])):
        try:
            found[position] = await _with_its_card(tx, naming[position], customers, beginning)
            beginning.add(naming[position].payment_id)
        except Refusal as refusal:
            found[position] = refusal
    return found


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


def _mandate_of(command: StartAttempt) -> str:
    return (command.saved.mandate_id or "") if command.saved is not None else ""


async def _with_its_card(
    tx: Transaction, command: StartAttempt, customers: Customers, beginning: Collection[str]
) -> StartAttempt:
    """`beginning`: the payments that begin in the same transaction, and have no attempt yet."""

    async def count(payment_ids: Sequence[str]) -> Sequence[str]:
        return [*await store.payments_with_money(tx, payment_ids), *beginning]

    payment = (await store.find_payments(tx, [command.payment_id])).get(command.payment_id)
    if payment is None or payment.merchant_id != command.merchant_id or command.saved is None:
        return command  # it is refused for that
    card = await customers.use(
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
    command = _paying_with(command, card.card_token, card.channel)
    if card.customer_id is None:
        return command
    payer = payer_known_as("customer", card.customer_id)
    return msgspec.structs.replace(command, asked=msgspec.structs.replace(command.asked, payer=payer))


def _paying_with(command: StartAttempt, card_token: str, channel: str | None) -> StartAttempt:
    """From now on it is a card like any other."""
    means = msgspec.structs.replace(command.means, card_token=card_token)
    return msgspec.structs.replace(command, saved=None, means=means, channel=command.channel or channel)
