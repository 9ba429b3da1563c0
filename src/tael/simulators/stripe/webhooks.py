"""How does Stripe tell? Every event is kept; those that somebody wants are sent, signed at the moment of sending.

An account's endpoints are made over the API, with a secret of their own. The address in an order's metadata
(`notice_url`) gets the events about that order under the account's usual secret, and so does an address that was given
by the act `listen`.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from tael.simulators.base import Delivery, Drawer, Fault, Letter, Notice, Postman, Stage
from tael.simulators.stripe.book import Book
from tael.simulators.stripe.objects import Dispute, Event, PaymentIntent, Refund, WebhookEndpoint
from tael.simulators.stripe.wrong import made_wrong

WAITS = (
    *(timedelta(minutes=minutes) for minutes in (5, 30, 120, 300, 600, 600)),
    *(timedelta(hours=12) for _ in range(4)),
)
"""Three days, ever slower."""
WANTED = frozenset(
    "payment_intent.amount_capturable_updated payment_intent.succeeded"
    " payment_intent.payment_failed payment_intent.canceled checkout.session.expired charge.refunded refund.created"
    " refund.updated refund.failed charge.dispute.created charge.dispute.updated charge.dispute.closed"
    " payout.created payout.paid payout.failed payout.canceled".split()
)
"""What an address gets that did not choose."""


class Listener(msgspec.Struct, kw_only=True):
    """An address that was given by the act `listen`."""

    url: str


class StripeDelivery(Delivery):
    """Signs events and sends them as they are."""

    waits: Sequence[timedelta] = WAITS

    def __init__(self, book: Book, usual_secret: str) -> None:
        self._book = book
        self._usual_secret = usual_secret

    def write(self, notice: Notice, *, now: datetime, wrong: frozenset[Fault]) -> Letter:
        """`Stripe-Signature: t=…,v1=…` over `t.body`."""
        event = made_wrong(notice.content["event"], wrong)
        if Fault.WRONG_MERCHANT in wrong:
            event |= {"account": "acct_1SomebodyElse"}
        body = msgspec.json.encode(event)
        endpoint = self._book.find(WebhookEndpoint, notice.content["endpoint"])
        secret = endpoint.secret if endpoint is not None else self._usual_secret
        if Fault.WRONG_SIGNATURE in wrong:
            secret += "x"
        seconds = str(int(now.timestamp()))
        signature = hmac.new(secret.encode(), seconds.encode() + b"." + body, sha256).hexdigest()
        return Letter(
            headers={
                "content-type": "application/json; charset=utf-8",
                "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                "stripe-signature": f"t={seconds},v1={signature}",
            },
            body=body,
        )

    def accepted(self, status: int, body: bytes) -> bool:
        """Any status of success."""
        return 200 <= status < 300

    def older(self, notice: Notice, *, now: datetime) -> Sequence[tuple[str, dict[str, Any]]]:
        """What happened before a success, told after it."""
        event = notice.content["event"]
        older = _BEFORE.get(event["type"], ())
        return [
            (kind, notice.content | {"event": self._earlier(event, kind, status, now)})
            for kind, status in older
        ]

    def _earlier(self, event: dict[str, Any], kind: str, status: str, now: datetime) -> dict[str, Any]:
        thing = event["data"]["object"] | {"status": status}
        if thing["object"] == "payment_intent":
            thing |= {"amount_received": 0, "amount_capturable": 0, "latest_charge": None}
        return event | {
            "id": self._book.new_id(Event),
            "type": kind,
            "created": int(now.timestamp()) - 30,
            "data": {"object": thing},
        }


_BEFORE = {
    "payment_intent.succeeded": (
        ("payment_intent.requires_action", "requires_action"),
        ("payment_intent.processing", "processing"),
    ),
    "refund.created": (("refund.updated", "pending"),),
    "payout.paid": (("payout.updated", "in_transit"),),
}


class Webhooks:
    """Hears of events and hands them to the postman."""

    def __init__(self, book: Book, stage: Stage, usual_secret: str) -> None:
        self._book = book
        self._listeners: Drawer[Listener] = stage.journal.drawer("listener", Listener)
        self._next_id = ""
        self._faults = stage.faults
        self.postman = Postman(
            StripeDelivery(book, usual_secret),
            clock=stage.clock,
            speed=stage.speed,
            faults=stage.faults,
            journal=stage.journal,
            new_id=self._take_id,
        )

    def listen(self, url: str) -> None:
        """Send what is about no order of its own address there, too."""
        self._listeners.keep(url, Listener(url=url))

    def tell(self, event: Event) -> None:
        """Send the event to everybody who wants it."""
        shown = self._book.show(event)
        told: set[str] = set()
        for endpoint in self._book.all(WebhookEndpoint):
            if endpoint.status == "enabled" and {"*", event.type} & set(endpoint.enabled_events):
                told.add(endpoint.url)
                self._post(event, shown, url=endpoint.url, endpoint=endpoint.id)
        if event.type not in WANTED:
            return
        for url in dict.fromkeys((self._url_of(event), *self._listeners.things)):
            if url and url not in told:
                self._post(event, shown, url=url, endpoint="")

    def tell_what_was_not_told(self) -> None:
        """Send the events of which no notice was written down."""
        told = {notice.content["event"]["id"] for notice in self.postman}
        for event in self._book.all(Event):
            if event.id not in told:
                self.tell(event)

    def _post(self, event: Event, shown: dict[str, Any], *, url: str, endpoint: str) -> None:
        sent = sum(notice.content["event"]["id"] == event.id for notice in self.postman.about(event.about))
        self._next_id = f"{event.id}@{sent}" if sent else event.id
        content = {"event": shown | {"pending_webhooks": 1}, "endpoint": endpoint}
        self.postman.post(content, about=event.about, kind=event.type, url=url)

    def _take_id(self, now: datetime) -> str:
        taken, self._next_id = self._next_id, ""
        return taken or self._book.new_id(Event)

    def _url_of(self, event: Event) -> str:
        thing = event.data["object"]
        url = thing.get("metadata", {}).get("notice_url")
        if url is None and thing["object"] in (Refund.__name__.lower(), Dispute.__name__.lower()):
            intent = self._book.find(PaymentIntent, thing["payment_intent"])
            url = intent.metadata.get("notice_url") if intent is not None else None
        return url or ""
