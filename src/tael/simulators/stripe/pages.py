"""What does the payer see? A form for a test card, and the bank's question whether it is really them.

A card's number goes no further than from the browser to here: it is looked up among the test cards and forgotten.
Once nothing is left to do, the page that all simulators have says how it ended.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from jinja2 import FileSystemLoader

from tael.foundation.clock import Clock
from tael.simulators.base import Answer, Call, Faults, SimulatedChannel, plain
from tael.simulators.base import pages as base_pages
from tael.simulators.stripe.book import Book
from tael.simulators.stripe.cards import BY_NAME, card_of_number
from tael.simulators.stripe.forms import minor_of
from tael.simulators.stripe.intents import Intents
from tael.simulators.stripe.objects import PaymentIntent, Session
from tael.simulators.stripe.sessions import Sessions

_TEMPLATES = [Path(__file__).parent / "templates", Path(base_pages.__file__).parent / "templates"]
_SHOWN_CARDS: Mapping[str, str] = {
    "visa": "good_card",
    "threeDSecure2Required": "asks_card",
    "chargeDeclined": "declined_card",
    "chargeDeclinedInsufficientFunds": "poor_card",
}


class CardPages(base_pages.Pages):
    """The pages on which something is left to do."""

    def __init__(
        self,
        channel: SimulatedChannel,
        book: Book,
        intents: Intents,
        sessions: Sessions,
        *,
        faults: Faults,
        clock: Clock,
    ) -> None:
        super().__init__(channel, faults=faults, clock=clock)
        self._templates.loader = FileSystemLoader(_TEMPLATES)
        self._book = book
        self._intents = intents
        self._sessions = sessions

    def answer(self, call: Call) -> Answer | None:
        """The page, or what comes of its form; None if there is nothing left to do on it."""
        if not call.path.startswith(base_pages.PAYER):
            return None
        code = call.path.removeprefix(base_pages.PAYER)
        session, intent = self._book.find(Session, code), self._book.find(PaymentIntent, code)
        if session is not None and self._sessions.may_be_paid(session):
            return self._of_session(call, session)
        if intent is not None and self._intents.may_authenticate(intent):
            return self._of_intent(call, intent)
        return None

    def _of_session(self, call: Call, session: Session) -> Answer:
        if call.method != "POST":
            return self._form(call, session, _language_of(call.asked("lang"), call))
        form = _form_of(call)
        if form is None:
            return _NOT_OURS
        return _see_other(self._pay(session, form, _language_of(form.get("lang", ""), call)))

    def _of_intent(self, call: Call, intent: PaymentIntent) -> Answer:
        if call.method != "POST":
            return self._question(call, intent, _language_of(call.asked("lang"), call))
        form = _form_of(call)
        if form is None:
            return _NOT_OURS
        return _see_other(self._say(intent, form, _language_of(form.get("lang", ""), call)))

    def _form(self, call: Call, session: Session, language: str) -> Answer:
        return self._page(
            "card.html",
            language,
            call.path,
            leads_to=session.success_url or "",
            title=session.title,
            amount_minor=minor_of(session.amount_total, session.currency),
            currency=session.currency.upper(),
            number=session.client_reference_id or session.id,
            back=session.cancel_url or "",
            said=call.asked("said"),
            cards=[(BY_NAME[name], words) for name, words in _SHOWN_CARDS.items()],
        )

    def _question(self, call: Call, intent: PaymentIntent, language: str) -> Answer:
        return self._page(
            "step_up.html",
            language,
            call.path,
            leads_to=intent.return_url,
            title=intent.description or "",
            amount_minor=minor_of(intent.amount, intent.currency),
            currency=intent.currency.upper(),
            number=intent.metadata.get("order_number") or intent.id,
        )

    def _pay(self, session: Session, form: Mapping[str, str], language: str) -> str:
        """Where to go after a card was typed in."""
        here = f"{base_pages.PAYER}{session.id}?lang={language}"
        card = card_of_number(form.get("number", ""))
        if card is None:
            return f"{here}&said=not_a_test_card"
        intent = self._sessions.pay(session, card)
        if intent is not None and intent.status == "requires_action":
            return f"{base_pages.PAYER}{intent.id}?lang={language}"
        if session.status == "complete":
            return after_payment(session)
        return f"{here}&said=card_declined"

    def _say(self, intent: PaymentIntent, form: Mapping[str, str], language: str) -> str:
        """Where to go after the payer has answered their bank."""
        self._intents.authenticate(intent, passed=form.get("choice") == "pass")
        self._sessions.complete(intent)
        session = self._book.find(Session, intent.session)
        if session is None:
            return self._intents.return_url_of(intent) or f"{base_pages.PAYER}{intent.id}?lang={language}"
        if session.status == "complete":
            return after_payment(session)
        return f"{base_pages.PAYER}{session.id}?lang={language}&said=card_declined"


_NOT_OURS = plain("forms are taken from our own pages only", status=403)


def _form_of(call: Call) -> dict[str, str] | None:
    """The form, if it was sent from one of our own pages."""
    if call.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return None
    return dict(parse_qsl(call.body.decode("utf-8", "replace")[:10_000]))


def _see_other(to: str) -> Answer:
    return Answer(status=303, content_type="", headers={"location": to})


def after_payment(session: Session) -> str:
    """Where a page leads that was paid on."""
    return (session.success_url or "/").replace("{CHECKOUT_SESSION_ID}", session.id)


def _language_of(asked: str, call: Call) -> str:
    if asked in ("zh", "en"):
        return asked
    return "en" if call.headers.get("accept-language", "zh").lower().startswith("en") else "zh"
