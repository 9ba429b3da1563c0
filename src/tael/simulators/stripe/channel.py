"""What can be done with the simulated Stripe, and what is seen of it?

acts    pay, decline, fail      on an order's page: a good card; going away; a card or a step-up that fails
        pay_with                the same with the test card named in `text` (`createDispute`)
        dispute                 a payer goes to their bank about a paid order; `text` says why
        dispute_won, dispute_lost
        payout_succeed, payout_fail
        refund_succeed, refund_fail
        listen                  send all events to the address in `text`, too
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from tael.simulators.base import (
    OF_ANY_POSTMAN,
    OF_ANY_WIRE,
    Act,
    ActResult,
    Answer,
    Call,
    Fault,
    OrderView,
    PayerView,
    PayoutView,
    Refused,
    SimulatedChannel,
    Stage,
)
from tael.simulators.stripe.api import METHODS, Api
from tael.simulators.stripe.book import Book
from tael.simulators.stripe.cards import BY_NAME, Card
from tael.simulators.stripe.disputes import OPEN, UNDER_REVIEW, decide, let_time_pass, open_dispute
from tael.simulators.stripe.gateway import Gateway
from tael.simulators.stripe.intents import Intents
from tael.simulators.stripe.keys import prepare_keys
from tael.simulators.stripe.money_out import MoneyOut
from tael.simulators.stripe.objects import Charge, Dispute, PaymentIntent, Payout, Refund, Session
from tael.simulators.stripe.pages import CardPages
from tael.simulators.stripe.sessions import Sessions
from tael.simulators.stripe.store import number_of
from tael.simulators.stripe.views import Views
from tael.simulators.stripe.webhooks import Webhooks
from tael.simulators.stripe.words import WORDS

_NOTICE_TIME = ("/v1/checkout/", "/v1/payouts")
"""Whose things change by themselves: looked after when somebody looks, and with every `advance`."""


class StripeSimulator(SimulatedChannel):
    """Stripe, played for one account in test mode."""

    name = "stripe"
    words = WORDS
    methods = METHODS
    offers = (
        OF_ANY_WIRE
        | OF_ANY_POSTMAN
        | {
            Fault.WRONG_SIGNATURE,
            Fault.WRONG_AMOUNT,
            Fault.WRONG_MERCHANT,
            Fault.WRONG_ORDER,
            Fault.SYSTEM_ERROR_BEFORE,
            Fault.SYSTEM_ERROR_AFTER,
            Fault.BALANCE_NOT_ENOUGH,
            Fault.LATE_SUCCESS,
            Fault.OUT_OF_ORDER,
        }
    )

    def __init__(self, stage: Stage) -> None:
        keys = prepare_keys(stage.home)
        self._book = book = Book(stage.journal, stage.clock)
        self._intents = intents = Intents(book, stage.faults, url=stage.url)
        self._sessions = sessions = Sessions(book, intents, stage.faults, url=stage.url)
        self._money_out = money_out = MoneyOut(book, stage.faults)
        self._gateway = Gateway(
            Api(book, intents, sessions, money_out), book, stage, secret_key=keys.secret_key
        )
        self._webhooks = Webhooks(book, stage, keys.webhook_secret)
        self._views = Views(book)
        self._pages = CardPages(self, book, intents, sessions, faults=stage.faults, clock=stage.clock)
        self.postman = self._webhooks.postman
        book.tell = self._webhooks.tell
        acts: dict[str, Callable[[Act], ActResult]] = {
            "pay": lambda act: self._pay(act, BY_NAME["visa"]),
            "pay_with": lambda act: self._pay(act, _card_named(act.text)),
            "decline": self._decline,
            "fail": lambda act: self._pay(act, None),
            "dispute": self._dispute,
            "dispute_won": lambda act: self._decide(act, won=True),
            "dispute_lost": lambda act: self._decide(act, won=False),
            "payout_succeed": lambda act: self._finish_payout(act, ""),
            "payout_fail": lambda act: self._finish_payout(act, act.text or "account_closed"),
            "refund_succeed": lambda act: self._finish_refunds(act, succeeded=True),
            "refund_fail": lambda act: self._finish_refunds(act, succeeded=False),
            "listen": self._listen,
        }
        self.acts = {name: self._committing(act) for name, act in acts.items()}

    async def answer(self, call: Call) -> Answer | None:
        """The API, and the payer's pages."""
        if call.path.startswith("/v1/"):
            if call.path.startswith(_NOTICE_TIME):
                self._sessions.let_time_pass()
                self._money_out.let_payouts_arrive()
            return self._gateway.answer(call)
        page = self._pages.answer(call)
        self._book.commit()
        return page

    def _committing(self, act: Callable[[Act], ActResult]) -> Callable[[Act], ActResult]:
        """The act, and all that it changed written down after it."""

        def committing(upon: Act) -> ActResult:
            try:
                return act(upon)
            finally:
                self._book.commit()

        return committing

    def bring_nearer(self, by: timedelta) -> None:
        """Everything lies so much further back; what was due by now happens."""
        self._book.bring_nearer(by)
        self._sessions.let_time_pass()
        self._money_out.let_payouts_arrive()
        self._money_out.let_refunds_end()
        let_time_pass(self._book)
        self._book.commit()

    def wake_up(self) -> None:
        """Tell of what was written but not told when the process was killed."""
        self._webhooks.tell_what_was_not_told()

    def orders(self) -> Iterable[OrderView]:
        """Every order."""
        return self._views.orders()

    def order(self, number: str) -> OrderView | None:
        """One order, by our number or by Stripe's id."""
        return self._views.order(number)

    def payouts(self) -> Iterable[PayoutView]:
        """Every payout."""
        return self._views.payouts()

    def payer(self, code: str) -> PayerView | None:
        """How it ended, of what lies behind a page on which nothing is left to do."""
        return self._views.payer(code)

    # What payers, banks and operators do

    def _found(self, act: Act) -> PaymentIntent | Session:
        """The order's intent if there is one by now, else its page."""
        wanted = act.last_of_code or act.order
        by_id = self._book.find(PaymentIntent, wanted) or self._book.find(Session, wanted)
        if by_id is not None:
            return by_id
        found: list[PaymentIntent | Session] = [
            *self._book.numbered(Session, wanted),
            *self._book.numbered(PaymentIntent, wanted),
        ]
        if not found:
            raise Refused(404, "No order has this number or code.")
        return found[-1]

    def _intent(self, act: Act) -> PaymentIntent:
        found = self._found(act)
        intent = (
            found
            if isinstance(found, PaymentIntent)
            else self._book.find(PaymentIntent, found.payment_intent)
        )
        if intent is None:
            raise Refused(409, "Nobody has tried to pay the order.")
        return intent

    def _view(self, thing: PaymentIntent | Session) -> OrderView:
        return self._views.view(number_of(thing))

    def _pay(self, act: Act, card: Card | None) -> ActResult:
        """Pass the step-up, or pay on the page; without a card, fail at either."""
        found = self._found(act)
        if isinstance(found, PaymentIntent) and self._intents.may_authenticate(found):
            self._intents.authenticate(found, passed=card is not None)
            self._sessions.complete(found)
            return self._view(found)
        session = found if isinstance(found, Session) else self._book.find(Session, found.session)
        if session is None:
            raise Refused(409, f"The order is {found.status}: nobody is asked to pay it.")
        if self._sessions.pay(session, card or BY_NAME["chargeDeclined"]) is None:
            raise Refused(409, f"The page is {session.status}: it cannot be paid on now.")
        return self._view(session)

    def _decline(self, act: Act) -> ActResult:
        """Look at the page and go away."""
        return self._view(self._found(act))

    def _dispute(self, act: Act) -> ActResult:
        intent = self._intent(act)
        charge = self._book.find(Charge, intent.latest_charge)
        if charge is None or not charge.captured or charge.dispute:
            raise Refused(409, "Only a paid order can be disputed, once.")
        inquiry = act.text == "inquiry"
        reason = "general" if inquiry else act.text or "fraudulent"
        open_dispute(self._book, charge, reason=reason, inquiry=inquiry)
        return self._view(intent)

    def _decide(self, act: Act, *, won: bool) -> ActResult:
        intent = self._intent(act)
        for dispute in self._book.of_intent(Dispute, intent.id):
            if dispute.status in (*OPEN, *UNDER_REVIEW):
                decide(self._book, dispute, won=won)
                return self._view(intent)
        raise Refused(409, "The order has no dispute that is open.")

    def _finish_payout(self, act: Act, failure: str) -> ActResult:
        number = act.payout or act.order
        for payout in (*self._book.numbered(Payout, number), self._book.find(Payout, number)):
            if payout is not None and self._money_out.finish_payout(payout, failure=failure):
                return self._views.payout(number_of(payout))
        raise Refused(409, "No payout of that number is on its way.")

    def _finish_refunds(self, act: Act, *, succeeded: bool) -> ActResult:
        intent = self._intent(act)
        for refund in self._book.of_intent(Refund, intent.id):
            if refund.status == "pending" or (refund.status == "succeeded" and not succeeded):
                self._money_out.finish_refund(refund, succeeded=succeeded)
        return self._view(intent)

    def _listen(self, act: Act) -> ActResult:
        if not act.text.startswith(("http://", "https://")):
            raise Refused(422, "The text must be an address.")
        self._webhooks.listen(act.text)
        return None


def _card_named(name: str) -> Card:
    if name not in BY_NAME:
        raise Refused(422, f"There is no test card {name[:40]!r}.")
    return BY_NAME[name]


def settings(_home: Path, url: str) -> Mapping[str, str]:
    """What a platform enters as the channel's settings."""
    return {"api_url": url}


def credentials(home: Path, _url: str) -> Mapping[str, str]:
    """What a platform enters as the channel's credentials."""
    keys = prepare_keys(home)
    return {"secret_key": keys.secret_key, "webhook_secrets": keys.webhook_secret}
