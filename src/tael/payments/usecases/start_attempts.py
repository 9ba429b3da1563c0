"""Start attempts: a channel is chosen and the row is committed before the channel hears of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.api import Channels
from tael.channels.errors import NoSuchChannel
from tael.channels.port import Product
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.offers.api import Offers, OpenOffers
from tael.offers.model import Purchase, Use, payer_known_as
from tael.payments import rules, store
from tael.payments.errors import AttemptUndecided, NoSuchPayment, TooManyAttempts
from tael.payments.model import Attempt, AttemptState, Payment
from tael.payments.rules import PaymentEvent
from tael.payments.usecases.apply_offers import Asked, uses_offers, why_shown_otherwise, with_discount
from tael.routing.api import Routing
from tael.routing.model import Decision, Fact, Purpose, Wanted

CHANNEL_LEASE_SECONDS = 30
"""How long whoever begins a call to a channel has before the janitor asks in its place."""


class Means(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a payer pays with, and where: it goes to the channel and is kept nowhere."""

    product: Product = Product.CODE
    payer_id: str = ""
    payer_code: str = ""
    card_token: str = ""
    payer_address: str = ""
    off_session: bool = False
    """The payer is not there: they have agreed before, by a mandate."""


class SavedCard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A card that a payer let the merchant keep, to be charged."""

    payment_method_id: str
    mandate_id: str | None = None
    """What the payer has agreed to, who is not there."""


class StartAttempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A wish to pay a payment. `merchant_id` is None when the payer asks."""

    payment_id: str
    merchant_id: str | None
    attempt_id: str
    channel: str | None = None
    """Only this one."""
    method: str | None = None
    """Any channel that payers know as this."""
    means: Means = Means()
    facts: dict[str, Fact] = {}
    """What rules of routing may ask (`card_kind`, `country`)."""
    instead_of: str | None = None
    """An attempt that is given up: its channel did not do, or was not heard of in time."""
    asked: Asked = Asked()
    """Which discount."""
    saved: SavedCard | None = None
    """The card to charge, if it is one that is kept; the token of any other is among the means."""


class Started(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The live attempt, new or not."""

    payment: Payment
    attempt: Attempt
    new: bool = False
    """Whether it was made for this very wish: then nobody but whoever made the wish has asked a channel for it."""
    wish: StartAttempt | None = None
    """The wish, with the card that it named."""


async def start_attempts(
    tx: Transaction,
    commands: Sequence[StartAttempt],
    *,
    channels: Channels,
    routing: Routing,
    offers: Offers,
    now: datetime,
    new: Sequence[Payment] = (),
) -> list[Started | Refusal]:
    """The live attempt of each payment in the wanted way; made if there is none, with what offers take off it.

    `new` are payments that are made with their first attempt: they are written if it begins, and not if it is refused.
    """
    payments, attempts = await _standing(tx, {command.payment_id for command in commands}, new)
    opened = await _open_offers(tx, offers, commands, payments, attempts, channels=channels)
    beginning = _Beginning(payments, attempts, channels=channels, routing=routing, opened=opened, now=now)
    results = [beginning.begin(command) for command in commands]
    first = [beginning.moved.pop(payment.id) for payment in new if payment.id in beginning.moved]
    async with tx.together():
        await store.insert_payments(tx, first)
        await store.insert_attempts(tx, beginning.new)
        await store.update_attempts(tx, list(beginning.given_up.values()))
        await store.update_payments(tx, list(beginning.moved.values()))
        await routing.keep(tx, beginning.decisions)
    if opened is not None:
        await opened.write(tx)
    return results


async def _standing(
    tx: Transaction, ids: set[str], new: Sequence[Payment]
) -> tuple[dict[str, Payment], dict[str, list[Attempt]]]:
    """Payments, locked, and their attempts; as those begin that are not written yet."""
    made = {payment.id: payment for payment in new}
    locked = await store.lock_payments(tx, ids - made.keys()) if ids - made.keys() else {}
    attempts = await store.attempts_of(tx, list(locked)) if locked else {}
    return locked | made, attempts | {id: [] for id in made}


class _Beginning:
    """Payments and their attempts while one after the other is begun: later ones see what earlier ones did."""

    def __init__(
        self,
        payments: dict[str, Payment],
        attempts: dict[str, list[Attempt]],
        *,
        channels: Channels,
        routing: Routing,
        opened: OpenOffers | None,
        now: datetime,
    ) -> None:
        self._payments, self._attempts = payments, attempts
        self._channels, self._routing, self._opened = channels, routing, opened
        self._now = now
        self.new: list[Attempt] = []
        self.given_up: dict[str, Attempt] = {}
        self.moved: dict[str, Payment] = {}
        self.decisions: list[Decision] = []

    def begin(self, command: StartAttempt) -> Started | Refusal:
        payment = self._payments.get(command.payment_id)
        if payment is None or command.merchant_id not in (None, payment.merchant_id):
            return NoSuchPayment(f"There is no payment {command.payment_id}.", field="payment_id")
        own = self._attempts[payment.id]
        found = _why_not(payment, own, command, self._now) or _live_one(own, command)
        if isinstance(found, Refusal):
            return found
        if found is not None:
            return Started(payment=payment, attempt=found)
        decision = _choose(payment, own, command, self._channels, self._routing)
        if isinstance(decision, Refusal):
            return decision
        made = self._discounted(
            payment, _new_attempt(payment, command, decision.chosen, self._channels, self._now), command
        )
        if isinstance(made, Refusal):
            return made
        self.decisions.append(decision)
        self.new.append(made)
        leaving = {each.id: _given_up(each, self._now) for each in own if _is_left(each, command)}
        self.given_up |= leaving
        self._attempts[payment.id] = [*(leaving.get(each.id, each) for each in own), made]
        payment = rules.move(payment, PaymentEvent.ATTEMPT_STARTED)
        self._payments[payment.id] = self.moved[payment.id] = payment
        return Started(payment=payment, attempt=made, new=True)

    def _discounted(self, payment: Payment, attempt: Attempt, command: StartAttempt) -> Attempt | Refusal:
        if self._opened is None:
            return attempt
        asked = _asked_by(command, attempt.method)
        return with_discount(self._opened, payment, attempt, asked, channels=self._channels)


async def _open_offers(
    tx: Transaction,
    offers: Offers,
    commands: Sequence[StartAttempt],
    payments: Mapping[str, Payment],
    attempts: Mapping[str, Sequence[Attempt]],
    *,
    channels: Channels,
) -> OpenOffers | None:
    """The offers that these attempts might use, locked; none if no offer is for any of them: then nothing is asked."""
    uses = []
    for command in commands:
        payment = payments.get(command.payment_id)
        if payment is None or not _may_be_less(offers, payment, attempts[payment.id], command):
            continue
        if any(_fits(each, command) for each in attempts[payment.id]):
            continue
        method = _method_of(command, channels)
        purchase = Purchase(
            merchant_id=payment.merchant_id,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            method=method,
            payer=_asked_by(command, method).payer,
            codes=command.asked.codes or (),
        )
        uses.append(Use(payment_id=payment.id, attempt_id=command.attempt_id, purchase=purchase))
    return await offers.open(tx, uses) if uses else None


def _may_be_less(
    offers: Offers, payment: Payment, attempts: Sequence[Attempt], command: StartAttempt
) -> bool:
    return command.asked.something or offers.may_concern(payment.merchant_id) or uses_offers(attempts)


def _method_of(command: StartAttempt, channels: Channels) -> str:
    """What payers know the wanted way as; nothing if there is no such channel: then no attempt is made."""
    if command.channel is None:
        return command.method or ""
    try:
        return channels.capabilities(command.channel).method
    except NoSuchChannel:
        return ""


def _asked_by(command: StartAttempt, method: str) -> Asked:
    """What is asked for, and by whom: a wallet lets nobody pay within it but the payer that it was told of.

    Elsewhere nobody checks what a merchant calls the payer.
    """
    if command.means.product is not Product.JSAPI or not command.means.payer_id:
        return command.asked
    payer = payer_known_as(method, command.means.payer_id)
    return msgspec.structs.replace(command.asked, payer=payer)


def _why_not(
    payment: Payment, attempts: Sequence[Attempt], command: StartAttempt, now: datetime
) -> Refusal | None:
    refusal = rules.why_not_startable(payment, now)
    if refusal is not None:
        return refusal
    undecided = next((each for each in attempts if each.live and not each.product.payer_acts_last), None)
    if undecided is not None and not _fits(undecided, command):
        return AttemptUndecided(
            f"The attempt {undecided.id} has not come to its end: the money may have moved.",
            hint="Wait until it has ended; it is being inquired about.",
        )
    return None


def _live_one(attempts: Sequence[Attempt], command: StartAttempt) -> Attempt | Refusal | None:
    live = next((each for each in attempts if _fits(each, command)), None)
    if live is not None:
        return why_shown_otherwise(live, command.asked) or live
    if len(attempts) >= rules.ATTEMPTS_LIMIT:
        return TooManyAttempts(
            f"{rules.ATTEMPTS_LIMIT} attempts to pay have failed already.", hint="Make a new payment."
        )
    return None


def _fits(attempt: Attempt, command: StartAttempt) -> bool:
    same_codes = command.asked.codes is None or set(command.asked.codes) == set(attempt.taken_off.codes)
    return same_codes and _is_same_way(attempt, command)


def _is_left(attempt: Attempt, command: StartAttempt) -> bool:
    """Whether another takes its place: its channel did not do, or the payer pays in the same way with other coupons."""
    return attempt.live and (attempt.id == command.instead_of or _is_same_way(attempt, command))


def _is_same_way(attempt: Attempt, command: StartAttempt) -> bool:
    return (
        attempt.live
        and not attempt.abandoned
        and attempt.id != command.instead_of
        and attempt.product is command.means.product
        and command.channel in (None, attempt.channel)
        and command.method in (None, attempt.method)
    )


def _choose(
    payment: Payment,
    attempts: Sequence[Attempt],
    command: StartAttempt,
    channels: Channels,
    routing: Routing,
) -> Decision | Refusal:
    if command.channel is not None:
        try:
            can = channels.capabilities(command.channel)
        except NoSuchChannel as refusal:
            return refusal
        product = command.means.product
        not_offered = rules.why_not_offered(payment, command.channel, can, product) or rules.why_not_held_by(
            payment, command.channel, can, product
        )
        if not_offered is not None:
            return not_offered
    tried = frozenset(each.channel for each in attempts) if command.instead_of else frozenset[str]()
    wanted = Wanted(
        subject=command.attempt_id,
        purpose=Purpose.PAY,
        amount=Money(payment.amount_minor, payment.currency),
        merchant_id=payment.merchant_id,
        product=command.means.product,
        method=command.method,
        facts=command.facts,
        pinned=command.channel,
        held=payment.manual,
        excluded=tried,
    )
    return routing.decide([wanted])[0]


def _given_up(attempt: Attempt, now: datetime) -> Attempt:
    return msgspec.structs.replace(attempt, abandoned=True, next_inquiry_at=now)


def _new_attempt(
    payment: Payment, command: StartAttempt, channel: str, channels: Channels, now: datetime
) -> Attempt:
    return Attempt(
        id=command.attempt_id,
        payment_id=payment.id,
        channel=channel,
        method=channels.capabilities(channel).method,
        product=command.means.product,
        state=AttemptState.CREATED,
        abandoned=False,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        action=None,
        action_expires_at=None,
        received_minor=0,
        payer_sealed=None,
        channel_reference=None,
        channel_code=None,
        error_class=None,
        created_at=now,
        ended_at=None,
        inquiries=0,
        next_inquiry_at=now + timedelta(seconds=CHANNEL_LEASE_SECONDS),
    )
