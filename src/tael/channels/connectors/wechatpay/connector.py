"""How do we speak with WeChat Pay? Each operation as a conversation; every answer with a 2xx status is signed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from tael.channels.connectors.wechatpay import requests
from tael.channels.connectors.wechatpay.answers import (
    Refund,
    Reversal,
    Split,
    Transaction,
    Transfer,
    read_refund,
    read_reversal,
    read_split,
    read_transaction,
    read_transfer,
)
from tael.channels.connectors.wechatpay.begin import Begun, read_begun
from tael.channels.connectors.wechatpay.correspondence import Correspondence, succeeded
from tael.channels.connectors.wechatpay.matrix import CAPABILITIES
from tael.channels.connectors.wechatpay.notices import read_notice
from tael.channels.connectors.wechatpay.records import fetch_bill, fetch_certificates
from tael.channels.connectors.wechatpay.refusals import read_refusal
from tael.channels.connectors.wechatpay.scruples import what_is_wrong
from tael.channels.connectors.wechatpay.settings import WechatPayCredentials, WechatPaySettings
from tael.channels.connectors.wechatpay.signing import Disbelieved, seal_to
from tael.channels.connectors.wechatpay.values import Unreadable, read_reference
from tael.channels.errors import NotOffered
from tael.channels.port import (
    BaseConnector,
    Bill,
    BillWanted,
    Conversation,
    ErrorClass,
    HttpResponse,
    InboundNotice,
    Notice,
    NoticeReply,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    RefundOrder,
    Request,
    ask,
    unknown_outcome,
)

TRANSFERS_ARE_KEPT = timedelta(days=30)
"""How long WeChat Pay tells of a transfer. It forgets it then, which does not mean that it never was."""
CANCELLED = "-cancel"
"""What a cancellation adds to the order's number to name the refund that gives a paid order back."""


class WechatPayConnector(BaseConnector):
    """WeChat Pay, for one merchant."""

    def __init__(self, settings: WechatPaySettings, credentials: WechatPayCredentials) -> None:
        """Load the keys once; raises `ValueError` with words for people if they cannot be used."""
        self._settings = settings
        self._letters = Correspondence(settings, credentials)
        self.capabilities = CAPABILITIES
        self._conversations = {
            Operation.PAY: self._pay,
            Operation.INQUIRE: self._inquire,
            Operation.CLOSE: self._close,
            Operation.CANCEL: self._cancel,
            Operation.REFUND: self._refund,
            Operation.INQUIRE_REFUND: self._inquire_refund,
            Operation.SPLIT: self._split,
            Operation.INQUIRE_SPLIT: self._inquire_split,
            Operation.PAY_OUT: self._pay_out,
            Operation.INQUIRE_PAYOUT: self._inquire_payout,
            Operation.PROBE: self._probe,
        }

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Ask for one operation; `UNKNOWN` if the answer is malformed, unsigned or about something else."""
        conversation = self._conversations.get(request.operation)
        if conversation is None:
            raise NotOffered(f"WeChat Pay has no {request.operation}.")
        wrong = what_is_wrong(request, self._settings)
        if wrong:
            outcome = unknown_outcome(request, f"Not sent: {wrong}.", ErrorClass.REQUEST)
            return msgspec.structs.replace(outcome, state=OutcomeState.FAILED)
        try:
            return (yield from conversation(request, now))
        except (Disbelieved, Unreadable) as problem:
            return unknown_outcome(request, f"WeChat Pay's answer is not believed: {problem}.")

    # Orders

    def _pay(self, request: Request, now: datetime) -> Conversation[Outcome]:
        order = request.the_order()
        response = yield from ask(
            self._letters.post(
                requests.path_of_pay(order), requests.content_of_pay(order, self._settings), now
            )
        )
        if not succeeded(response):
            refused = self._refused(request, response, now)
            if order.product is not Product.BARCODE:
                return refused
            asked = msgspec.structs.replace(request, operation=Operation.INQUIRE)
            return (yield from _unless_known(refused, self._inquire(asked, now)))
        if order.product is not Product.BARCODE:
            begun = self._letters.believed(response, Begun, now)
            return read_begun(request, begun, signer=self._letters.signer, settings=self._settings, now=now)
        if response.status == 202:
            self._letters.check(response, now)
            return Outcome(state=OutcomeState.WAITING, order_number=order.order_number, code="USERPAYING")
        return read_transaction(request, self._letters.believed(response, Transaction, now), self._settings)

    def _inquire(self, request: Request, now: datetime) -> Conversation[Outcome]:
        query = urlencode({"mchid": self._settings.merchant_id})
        path = requests.path_of_order(request.the_order().order_number)
        response = yield from ask(self._letters.get(f"{path}?{query}", now))
        if not succeeded(response):
            return self._refused(request, response, now)
        return read_transaction(request, self._letters.believed(response, Transaction, now), self._settings)

    def _close(self, request: Request, now: datetime) -> Conversation[Outcome]:
        order = request.the_order()
        content = {"mchid": self._settings.merchant_id}
        response = yield from ask(
            self._letters.post(requests.path_of_order(order.order_number, "/close"), content, now)
        )
        if not succeeded(response):
            return self._refused(request, response, now)
        self._letters.check(response, now)
        if response.status != 204:
            return unknown_outcome(
                request, "WeChat Pay has taken the request and does not say what came of it."
            )
        return Outcome(state=OutcomeState.CLOSED, order_number=order.order_number)

    def _cancel(self, request: Request, now: datetime) -> Conversation[Outcome]:
        """Payer-presented codes are reversed; others are closed, or given back in full if they were paid."""
        order = request.the_order()
        if order.product is Product.BARCODE:
            content = {"appid": self._settings.app_id, "mchid": self._settings.merchant_id}
            response = yield from ask(
                self._letters.post(requests.path_of_order(order.order_number, "/reverse"), content, now)
            )
            if not succeeded(response):
                return self._refused(request, response, now)
            return read_reversal(request, self._letters.believed(response, Reversal, now), self._settings)
        closed = yield from self._close(request, now)
        if closed.error_class is not ErrorClass.REQUEST:
            return closed
        found = yield from self._inquire(request, now)
        if found.state is not OutcomeState.SUCCEEDED:
            return found if found.state is OutcomeState.CLOSED else closed
        number = order.order_number + CANCELLED
        refund = RefundOrder(refund_number=number, amount=order.amount, reason="订单已取消")
        asked = Request(operation=Operation.REFUND, order=order, refund=refund)
        given_back = yield from self._refund(asked, now)
        states = {OutcomeState.SUCCEEDED: OutcomeState.CLOSED, OutcomeState.WAITING: OutcomeState.WAITING}
        state = states.get(given_back.state)
        if state is None:
            why = given_back.message or "The order was paid, and giving it back did not succeed."
            return unknown_outcome(
                request, why, given_back.error_class or ErrorClass.TRUST, code=given_back.code
            )
        return msgspec.structs.replace(given_back, state=state, refund_number=None)

    # Refunds

    def _refund(self, request: Request, now: datetime) -> Conversation[Outcome]:
        content = requests.content_of_refund(request.the_order(), request.the_refund())
        response = yield from ask(self._letters.post(requests.REFUNDS, content, now))
        if not succeeded(response):
            asked = msgspec.structs.replace(request, operation=Operation.INQUIRE_REFUND)
            return (
                yield from _unless_known(
                    self._refused(request, response, now), self._inquire_refund(asked, now)
                )
            )
        return read_refund(request, self._letters.believed(response, Refund, now))

    def _inquire_refund(self, request: Request, now: datetime) -> Conversation[Outcome]:
        path = requests.path_of_refund(request.the_refund().refund_number)
        response = yield from ask(self._letters.get(path, now))
        if not succeeded(response):
            return self._refused(request, response, now)
        return read_refund(request, self._letters.believed(response, Refund, now))

    # Splits

    def _split(self, request: Request, now: datetime) -> Conversation[Outcome]:
        """Share an order; receivers are made known first."""
        split = request.the_split()
        reference = yield from self._reference_of(request, now)
        if reference is None:
            return _not_paid(request)
        steps = [
            self._letters.post(
                requests.RECEIVERS, requests.content_of_receiver(receiver, self._settings), now
            )
            for receiver in split.receivers
        ]
        for step in steps:
            known = yield from ask(step)
            if not succeeded(known):
                return (yield from self._not_shared(request, known, now))
            self._letters.check(known, now)
        if split.receivers:
            content = requests.content_of_split(split, reference, self._settings)
            response = yield from ask(self._letters.post(requests.SPLITS, content, now))
        else:
            content = requests.content_of_unfreeze(split, reference)
            response = yield from ask(self._letters.post(f"{requests.SPLITS}/unfreeze", content, now))
        if not succeeded(response):
            return (yield from self._not_shared(request, response, now))
        return read_split(request, self._letters.believed(response, Split, now), reference)

    def _not_shared(self, request: Request, response: HttpResponse, now: datetime) -> Conversation[Outcome]:
        asked = msgspec.structs.replace(request, operation=Operation.INQUIRE_SPLIT)
        return (
            yield from _unless_known(self._refused(request, response, now), self._inquire_split(asked, now))
        )

    def _inquire_split(self, request: Request, now: datetime) -> Conversation[Outcome]:
        reference = yield from self._reference_of(request, now)
        if reference is None:
            return _not_paid(request)
        path = requests.path_of_split(request.the_split().split_number, reference)
        response = yield from ask(self._letters.get(path, now))
        if not succeeded(response):
            return self._refused(request, response, now)
        return read_split(request, self._letters.believed(response, Split, now), reference)

    def _reference_of(self, request: Request, now: datetime) -> Conversation[str | None]:
        """WeChat Pay's number of the order, by which splits name it; asked for if we do not know it."""
        known = read_reference(request.the_order().channel_reference)
        if known is not None:
            return known
        paid = yield from self._inquire(msgspec.structs.replace(request, operation=Operation.INQUIRE), now)
        return paid.channel_reference if paid.state is OutcomeState.SUCCEEDED else None

    # Payouts

    def _pay_out(self, request: Request, now: datetime) -> Conversation[Outcome]:
        payout, key = request.the_payout(), self._letters.keys.newest(now)
        named = payout.payee_name and payout.amount.minor >= requests.NAME_ALLOWED_FROM_MINOR
        content = requests.content_of_transfer(
            payout, self._settings, seal_to(key, payout.payee_name) if named else ""
        )
        response = yield from ask(self._letters.post(requests.TRANSFERS, content, now))
        return self._read_transfer(request, response, now)

    def _inquire_payout(self, request: Request, now: datetime) -> Conversation[Outcome]:
        payout = request.the_payout()
        response = yield from ask(self._letters.get(requests.path_of_transfer(payout.payout_number), now))
        outcome = self._read_transfer(request, response, now)
        forgotten = payout.created_at is not None and now - payout.created_at > TRANSFERS_ARE_KEPT
        if outcome.state is OutcomeState.ABSENT and forgotten:
            why = "WeChat Pay tells of younger transfers only; the record of funds holds this one if it was sent."
            return unknown_outcome(request, why, ErrorClass.REQUEST, code=outcome.code)
        return outcome

    def _read_transfer(self, request: Request, response: HttpResponse, now: datetime) -> Outcome:
        if not succeeded(response):
            return self._refused(request, response, now)
        return read_transfer(request, self._letters.believed(response, Transfer, now), self._settings)

    # Everything else

    def _refused(self, request: Request, response: HttpResponse, now: datetime) -> Outcome:
        """What an error means. It need not be signed; but if it is, it must be signed well."""
        if "wechatpay-signature" in response.headers:
            self._letters.check(response, now)
        return read_refusal(request, response)

    def _probe(self, request: Request, now: datetime) -> Conversation[Outcome]:
        """Ask about an order that does not exist: signatures are checked before orders are looked for."""
        query = urlencode({"mchid": self._settings.merchant_id})
        response = yield from ask(self._letters.get(f"{requests.path_of_order('tael-probe')}?{query}", now))
        if not succeeded(response):
            return self._refused(request, response, now)
        self._letters.check(response, now)
        return Outcome(state=OutcomeState.SUCCEEDED)

    def read_notice(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """What the notice says; raises `NoticeRefused` if it cannot be believed."""
        return read_notice(
            inbound,
            keys=self._letters.keys,
            unsealer=self._letters.unsealer,
            merchant_id=self._settings.merchant_id,
            now=now,
        )

    def accept_notice(self) -> NoticeReply:
        """204: anything that is no success makes WeChat Pay send the notice again."""
        return NoticeReply(status=204, content_type="application/json", body=b"")

    def refuse_notice(self, reason: str) -> NoticeReply:
        """`FAIL`, with a status that monitoring sees; the reason is for our logs, not for the sender."""
        body = b'{"code":"FAIL","message":"the notice was refused"}'
        return NoticeReply(status=400, content_type="application/json", body=body)

    def fetch_bill(self, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
        """A day's record; raises `BillNotReady`, or `BillRefused` if it cannot be believed."""
        return fetch_bill(self._letters, wanted, now=now)

    def refresh_keys(self, *, now: datetime) -> Conversation[Sequence[str]]:
        """The platform certificates that are valid now, as PEM; raises `Disbelieved` or `Unreadable`."""
        return fetch_certificates(self._letters, now=now)


def _unless_known(refused: Outcome, inquiry: Conversation[Outcome]) -> Conversation[Outcome]:
    """A refusal that seems definite, unless the number is known all the same: from a call whose answer we lost."""
    if refused.state is not OutcomeState.FAILED:
        return refused
    found = yield from inquiry
    return refused if found.state is OutcomeState.ABSENT else found


def _not_paid(request: Request) -> Outcome:
    return unknown_outcome(request, "The order is not paid as far as we know.", ErrorClass.REQUEST)
