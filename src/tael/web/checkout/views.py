"""What does the payer see, for each state that a payment can be in?

One rule is worth more than the others: **pending is not failed**. As long as we do not know, the
page says so and asks the payer not to pay again; only an end of the payment is shown as an end.
"""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from tael.channels.port import Action, ErrorClass, Product, SendTokens
from tael.checkout.model import LineItem, Session
from tael.foundation.money import Money
from tael.offers.model import AppliedOffer
from tael.payments.model import Attempt, AttemptState, Payment, PaymentState
from tael.web.checkout.cards import CardForm
from tael.web.checkout.savings import Savings, query_of
from tael.web.checkout.wallets import Way


class CheckoutState(StrEnum):
    """Which panel of the page is shown."""

    PREPARING = "preparing"
    """The channel has not given us a code yet; it is coming."""
    OPEN = "open"
    """There is a code to scan."""
    HELD = "held"
    """The money is held; the merchant takes it, or what is due of it, later."""
    CONFIRMING = "confirming"
    """The time is over or the payment is being closed, and the channel has not said yet whether it was paid."""
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    CANCELED = "canceled"
    EXPIRED = "expired"
    FAILED = "failed"


BEGUN_BY_PAYER = frozenset({Product.PAGE, Product.H5, Product.CARD})
"""The scenes in which nothing is begun before the payer wants it: the page leads elsewhere, or money may move at once."""
BALANCE = "balance"
"""The way that leads to our own wallets."""
_UNDECIDED = {CheckoutState.PREPARING, CheckoutState.OPEN, CheckoutState.CONFIRMING}


class Kind(StrEnum):
    """How the chosen way is paid: which panel is shown while the payment is open."""

    CODE = "code"
    GO = "go"
    """On a page of the channel, or of the bank behind it."""
    MONEY = "money"
    """By sending money to an account that the page names."""
    TOKENS = "tokens"
    CARD = "card"
    """With a card that is typed in here, into fields of the vault."""


_KINDS = {
    Product.PAGE: Kind.GO,
    Product.H5: Kind.GO,
    Product.TRANSFER: Kind.MONEY,
    Product.CARD: Kind.CARD,
}


class CheckoutView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the checkout page shows of a payment at one moment."""

    payment_id: str
    merchant_name: str
    description: str
    reference: str
    """The merchant's own order number."""
    amount: Money
    refunded: Money
    """What has gone back to the payer for good."""
    state: CheckoutState
    method: str | None
    """The way in which the payer pays, once there is one."""
    methods: tuple[str, ...] = ()
    """The ways that are offered."""
    kind: Kind = Kind.CODE
    """How the chosen way is paid."""
    begun: bool = False
    """Whether the payer may be paying on a page of the channel."""
    refused: bool = False
    """Whether the last try in this way did not succeed."""
    declined: bool = False
    """Whether the bank, or the payer, said no to it."""
    card: CardForm | None = None
    """What the page needs to take a card; only while one can be typed in."""
    has_page: bool = False
    """Whether a page of the channel takes the card, too."""
    action: Action | None = None
    """What the payer must do; only while the state is `open`."""
    discounts: tuple[AppliedOffer, ...] = ()
    """What offers take, or took, off the amount."""
    savings: Savings = msgspec.field(default_factory=Savings)
    """The same for every way, and the coupon."""
    line_items: tuple[LineItem, ...] = ()
    cancel_url: str | None = None
    code_url: str | None
    """What the QR code holds; only while the state is `open`."""
    expires_at: datetime
    """Until when the payment can be paid. A code that runs out before is replaced."""
    ended_at: datetime | None
    now: datetime
    """When this was true."""
    return_url: str | None
    """Where the page leads back to."""
    top_up_id: str | None = None
    """Of a top-up that began on the wallet's pages: it has a page there, and this one would speak of a merchant."""

    @property
    def saved(self) -> Money:
        """What the payer does not pay."""
        return Money(sum(offer.amount_minor for offer in self.discounts), self.amount.currency)

    @property
    def to_pay(self) -> Money:
        """What the payer pays, or has paid."""
        return self.amount - self.saved

    @property
    def query(self) -> str:
        """What the addresses of the page say that begin to pay: how, with which coupon, and what the payer sees."""
        return query_of(self.method, self.savings.coupon or None, self.saved.minor)

    @property
    def at_home(self) -> bool:
        """Whether the payer pays on a page of ours."""
        return self.method == BALANCE

    @property
    def ended(self) -> bool:
        """Whether the payer has nothing more to wait for."""
        return self.state not in _UNDECIDED

    @property
    def code_version(self) -> str:
        """Changes whenever the code does; empty while there is none."""
        return hashlib.sha256(self.code_url.encode()).hexdigest()[:12] if self.code_url else ""

    @property
    def seconds_left(self) -> int:
        """Whole seconds until the payment expires, never negative."""
        return max(int((self.expires_at - self.now).total_seconds()), 0)


class Wish(msgspec.Struct, frozen=True):
    """How a payer would like to pay, and with what they read."""

    method: str | None = None
    """What they chose on this page."""
    usual: str | None = None
    """What they chose last on this device."""
    user_agent: str = ""
    coupon: str | None = None
    """The code that they typed; empty: they want none."""
    off_minor: int | None = None
    """The discount that stood on the page whose button they pressed."""
    address: str = ""
    """From where they come."""


NO_WISH = Wish()
"""Whatever is offered first, on a computer."""


class CheckoutDesk(Protocol):
    """What the page needs of payments. Each verb raises `foundation.errors.NotFound`."""

    async def open(self, payment_id: str, wish: Wish = NO_WISH) -> CheckoutView:
        """The payment, with what the payer needs to pay in the wanted way (the first that is offered, if none is said).

        Calls the channel if there is nothing live. May be repeated at will: it never begins a second order beside a
        live one, and answers `preparing` rather than fail if the channel does not answer. A way that leads to a page of
        the channel is begun by `begin` only.
        """
        ...

    async def begin(self, payment_id: str, wish: Wish = NO_WISH) -> Action | None:
        """What leads the payer's browser to the channel's page; none if there is nothing of the kind any more."""
        ...

    async def look(self, payment_id: str, wish: Wish = NO_WISH) -> CheckoutView:
        """The payment as our records have it; never calls the channel."""
        ...

    def changes(self, payment_id: str, wish: Wish = NO_WISH) -> AsyncIterator[CheckoutView]:
        """The payment as it is, then again each time that it has changed; ends after an end state.

        It starts to listen before it looks, so that nothing can happen in between.
        """
        ...


def view_of(
    payment: Payment,
    attempt: Attempt | None,
    *,
    merchant_name: str,
    now: datetime,
    way: Way | None = None,
    methods: tuple[str, ...] = (),
    session: Session | None = None,
    discounts: tuple[AppliedOffer, ...] = (),
    savings: Savings | None = None,
) -> CheckoutView:
    """The page's view of a payment and its latest attempt in the way that the payer has chosen."""
    product = attempt.product if attempt else way.product if way else Product.CODE
    state = _state_of(payment, attempt, product, now)
    action = attempt.action if attempt and attempt.live and state is CheckoutState.OPEN else None
    tokens = isinstance(action, SendTokens)
    return CheckoutView(
        payment_id=payment.id,
        merchant_name=merchant_name,
        description=payment.description,
        reference=payment.reference,
        amount=payment.amount,
        refunded=Money(payment.refunded_minor, payment.currency),
        state=state,
        method=attempt.method if attempt else way.method if way else None,
        methods=methods,
        kind=Kind.TOKENS if tokens else _KINDS.get(product, Kind.CODE),
        begun=attempt is not None and attempt.live,
        refused=attempt is not None and attempt.state is AttemptState.FAILED,
        declined=attempt is not None and attempt.error_class in (ErrorClass.PAYER, ErrorClass.DECLINED),
        action=action,
        discounts=discounts,
        savings=savings or Savings(),
        line_items=session.line_items if session else (),
        cancel_url=session.cancel_url if session else None,
        code_url=action.uri if isinstance(action, SendTokens) else getattr(action, "code_url", None),
        expires_at=payment.expires_at,
        ended_at=payment.ended_at,
        now=now,
        return_url=payment.return_url,
        top_up_id=_top_up_of(payment),
    )


def _top_up_of(payment: Payment) -> str | None:
    """The top-up that the payment is for, if what it leads back to is the wallet's page of it."""
    kind, _, number = payment.source.partition(":")
    leads_back = urlsplit(payment.return_url or "").path.endswith(f"/wallet/top-ups/{number}")
    return number if kind == "top_up" and leads_back else None


_ENDS = {
    PaymentState.CANCELED: CheckoutState.CANCELED,
    PaymentState.FAILED: CheckoutState.FAILED,
    PaymentState.EXPIRED: CheckoutState.EXPIRED,
    PaymentState.AUTHORISED: CheckoutState.HELD,
}


def _state_of(payment: Payment, attempt: Attempt | None, product: Product, now: datetime) -> CheckoutState:
    if payment.state in _ENDS:
        return _ENDS[payment.state]
    if payment.state is PaymentState.CAPTURED:
        return _captured(payment)
    if payment.closing_as or now >= payment.expires_at:
        return CheckoutState.CONFIRMING
    undecided = attempt is not None and attempt.live and not product.payer_acts_last
    if undecided and not (attempt is not None and _has_live_action(attempt, now)):
        return CheckoutState.CONFIRMING
    if product in BEGUN_BY_PAYER:
        return CheckoutState.OPEN
    return CheckoutState.OPEN if attempt and _has_live_action(attempt, now) else CheckoutState.PREPARING


def _captured(payment: Payment) -> CheckoutState:
    if payment.refunded_minor == 0:
        return CheckoutState.PAID
    whole = payment.refunded_minor >= payment.captured_minor
    return CheckoutState.REFUNDED if whole else CheckoutState.PARTLY_REFUNDED


def _has_live_action(attempt: Attempt, now: datetime) -> bool:
    """Whether there is a code to show, or something else to do; one inquiry without an answer does not take it from the payer."""
    return (
        attempt.live
        and attempt.action is not None
        and (attempt.action_expires_at is None or now < attempt.action_expires_at)
    )


def safe_link(url: str | None, *, schemes: frozenset[str] = frozenset({"https", "http"})) -> str | None:
    """`url` if a page may link to it: never `javascript:` and its kin, whoever gave it to us."""
    return url if url and urlsplit(url).scheme.lower() in schemes else None
