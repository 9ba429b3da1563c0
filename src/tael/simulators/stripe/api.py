"""Which address does what? One table of Stripe's calls, each carried out on the book."""

import secrets
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from tael.simulators.stripe.book import Book
from tael.simulators.stripe.disputes import close_dispute, take_file, update_dispute
from tael.simulators.stripe.forms import Fields
from tael.simulators.stripe.intents import Intents
from tael.simulators.stripe.lists import list_page, search_page
from tael.simulators.stripe.money_out import MoneyOut
from tael.simulators.stripe.objects import (
    BalanceTransaction,
    Charge,
    Dispute,
    Event,
    File,
    PaymentIntent,
    PaymentMethod,
    Payout,
    Refund,
    Session,
    Thing,
    WebhookEndpoint,
)
from tael.simulators.stripe.refusals import ApiError
from tael.simulators.stripe.sessions import Sessions
from tael.simulators.stripe.store import number_of

T = TypeVar("T", bound=Thing)
Shown = dict[str, Any]
_KINDS: dict[str, type[Thing]] = {
    "payment_intents": PaymentIntent,
    "charges": Charge,
    "refunds": Refund,
    "disputes": Dispute,
    "files": File,
    "payouts": Payout,
    "balance_transactions": BalanceTransaction,
    "checkout/sessions": Session,
    "events": Event,
    "webhook_endpoints": WebhookEndpoint,
    "payment_methods": PaymentMethod,
}
_FILTERS = ("payment_intent", "charge", "type", "status", "currency", "source", "customer", "destination")
METHODS = (
    "POST /v1/payment_intents",
    "GET /v1/payment_intents",
    "GET /v1/payment_intents/search",
    "GET /v1/payment_intents/{id}",
    "POST /v1/payment_intents/{id}/capture",
    "POST /v1/payment_intents/{id}/increment_authorization",
    "POST /v1/payment_intents/{id}/cancel",
    "POST /v1/checkout/sessions",
    "GET /v1/checkout/sessions",
    "GET /v1/checkout/sessions/{id}",
    "POST /v1/checkout/sessions/{id}/expire",
    "POST /v1/refunds",
    "GET /v1/refunds",
    "GET /v1/refunds/{id}",
    "POST /v1/payouts",
    "GET /v1/payouts",
    "GET /v1/payouts/{id}",
    "POST /v1/disputes/{id}",
    "GET /v1/disputes/{id}",
    "POST /v1/disputes/{id}/close",
    "POST /v1/files",
    "GET /v1/balance",
    "GET /v1/balance_transactions",
    "GET /v1/events",
)


class Target:
    """What a path names: a kind of things, perhaps one of them, perhaps something to do with it."""

    def __init__(self, path: str) -> None:
        rest = path.removeprefix("/v1/")
        two = rest.startswith("checkout/")
        parts = rest.split("/", 2 if two else 1)
        self.group = "/".join(parts[:2]) if two else parts[0]
        below = (parts[2] if len(parts) > 2 else "") if two else (parts[1] if len(parts) > 1 else "")
        self.id, _, self.verb = below.partition("/")
        self.kind = _KINDS.get(self.group)

    def method(self, verb: str) -> str:
        """The call's name: `POST /v1/payment_intents/{id}/capture`."""
        of_one = "/search" if self.id == "search" else "/{id}" if self.id else ""
        return f"{verb} /v1/{self.group}{of_one}{'/' + self.verb if self.verb else ''}"


class Api:
    """Carries out calls; raises `ApiError`."""

    def __init__(self, book: Book, intents: Intents, sessions: Sessions, money_out: MoneyOut) -> None:
        self._book = book
        self._sessions = sessions
        self._creates: dict[str, Callable[[Fields], Thing]] = {
            "payment_intents": intents.create,
            "checkout/sessions": sessions.create,
            "refunds": money_out.refund,
            "payouts": money_out.pay_out,
            "files": lambda fields: take_file(book, fields),
            "webhook_endpoints": self._create_endpoint,
        }
        self._does: dict[tuple[str, str], Callable[[Any, Fields], Thing]] = {
            ("payment_intents", ""): intents.update,
            ("payment_intents", "confirm"): intents.confirm,
            ("payment_intents", "capture"): intents.capture,
            ("payment_intents", "increment_authorization"): intents.increment,
            ("payment_intents", "cancel"): intents.cancel,
            ("checkout/sessions", "expire"): lambda session, _fields: sessions.expire(session),
            ("disputes", ""): lambda dispute, fields: update_dispute(book, dispute, fields),
            ("disputes", "close"): lambda dispute, _fields: close_dispute(book, dispute),
            ("payouts", "cancel"): lambda payout, _fields: money_out.cancel_payout(payout),
            ("refunds", ""): self._update_refund,
        }

    def carry_out(self, verb: str, path: str, fields: Fields) -> Shown:
        """What the call gives."""
        target = Target(path)
        if verb == "GET" and path == "/v1/balance":
            return self._balance()
        if verb == "GET" and target.kind is not None:
            return self._read(target, target.kind, path, fields)
        if verb == "POST" and not target.id and target.group in self._creates:
            return self._show(self._creates[target.group](fields), fields, fresh=True)
        if verb == "POST" and target.kind is not None and (target.group, target.verb) in self._does:
            thing = self._book.get(target.kind, target.id, param="intent" if target.verb else "id")
            return self._show(self._does[target.group, target.verb](thing, fields), fields)
        if verb == "DELETE" and target.kind is WebhookEndpoint:
            endpoint = self._book.get(WebhookEndpoint, target.id)
            endpoint.status = "deleted"
            self._book.keep(endpoint)
            return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}
        message = f"Unrecognized request URL ({verb}: {path})."
        raise ApiError(404, message)

    def about(self, path: str, fields: Fields) -> str:
        """The merchant's number of what a call is about, as far as it can be seen before it is carried out."""
        target = Target(path)
        metadata = fields.tree.get("metadata")
        if isinstance(metadata, dict) and not target.id:
            for name in ("payout_number", "order_number"):
                if isinstance(metadata.get(name), str):
                    return str(metadata[name])
        thing = self._book.find(target.kind, target.id) if target.kind and target.id else None
        named = getattr(thing, "payment_intent", None) or fields.tree.get("payment_intent")
        intent = self._book.find(PaymentIntent, named) if isinstance(named, str) else None
        found = intent or thing
        if found is not None:
            return number_of(found)
        query = fields.tree.get("query")
        return query.partition(":'")[2].rstrip("'") if isinstance(query, str) else ""

    def _read(self, target: Target, kind: type[Thing], path: str, fields: Fields) -> Shown:
        if target.id == "search" and kind is PaymentIntent:
            return search_page(self._book, fields, path=path)
        if target.id:
            return self._show(self._book.get(kind, target.id), fields)
        wanted = {name: fields.text(name) for name in _FILTERS if fields.text(name)}
        things = [
            thing
            for thing in self._book.all(kind)
            if all(getattr(thing, name, None) == value for name, value in wanted.items())
            and getattr(thing, "status", "") != "deleted"
        ]
        return list_page(self._book, things, fields, path=path)

    def _show(self, thing: Thing, fields: Fields, *, fresh: bool = False) -> Shown:
        shown = self._book.show(thing, fields.texts("expand"))
        if isinstance(thing, WebhookEndpoint) and not fresh:
            del shown["secret"]
        return shown

    def _balance(self) -> Shown:
        currencies = dict.fromkeys(["usd", *(line.currency for line in self._book.all(BalanceTransaction))])
        sums = {currency: self._book.balance(currency) for currency in currencies}

        def shown(place: int) -> list[Shown]:
            return [
                {"amount": both[place], "currency": currency, "source_types": {"card": both[place]}}
                for currency, both in sums.items()
            ]

        return {"object": "balance", "available": shown(0), "pending": shown(1), "livemode": False}

    def _create_endpoint(self, fields: Fields) -> WebhookEndpoint:
        fields.only("url", "enabled_events", "description", "api_version", "metadata")
        return self._book.keep(
            WebhookEndpoint(
                id=self._book.new_id(WebhookEndpoint),
                created=self._book.seconds(),
                url=fields.needed("url"),
                enabled_events=fields.texts("enabled_events") or ["*"],
                description=fields.text("description") or None,
                api_version=fields.text("api_version") or None,
                metadata=fields.metadata(),
                secret=f"whsec_{secrets.token_hex(16)}",
            )
        )

    def _update_refund(self, refund: Refund, fields: Fields) -> Refund:
        fields.only("metadata")
        refund = msgspec.structs.replace(refund, metadata=refund.metadata | fields.metadata())
        return self._book.keep(refund)
