"""What do we say to UnionPay, and what do we hear? The port's verbs over the ACP gateway, version 5.1.0.

Pages of UnionPay are opened by a form that the payer's browser posts: we only sign it. Everything else is a form of
ours to one of a few addresses, and an answer of `k=v` pairs.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from tael.channels.connectors.unionpay import asking
from tael.channels.connectors.unionpay.answers import (
    Asked,
    outcome_of,
    read_acceptance,
    read_inquiry,
    why_not_ours,
)
from tael.channels.connectors.unionpay.asking import Kind, Name
from tael.channels.connectors.unionpay.clearing import LARGEST_FILE, read_clearing_file
from tael.channels.connectors.unionpay.forms import Unreadable, read_answer, read_form
from tael.channels.connectors.unionpay.meanings import (
    ACCEPTED,
    NO_SUCH_FILE,
    NOT_FOUND,
    meaning_of,
)
from tael.channels.connectors.unionpay.notices import check_addressee, check_age, read_notice_fields
from tael.channels.connectors.unionpay.offers import (
    UnionPayCredentials,
    UnionPaySettings,
    capabilities_of,
)
from tael.channels.connectors.unionpay.signing import (
    EncryptionCertificate,
    Signer,
    Trust,
    read_certificate,
)
from tael.channels.connectors.unionpay.values import SEALED_CARD, write_number
from tael.channels.errors import BillNotReady, BillRefused, NoticeRefused, NotOffered
from tael.channels.port import (
    SEAL_FOR,
    BaseConnector,
    Bill,
    BillKind,
    BillWanted,
    CardOfVault,
    Conversation,
    ErrorClass,
    HttpRequest,
    HttpResponse,
    InboundNotice,
    Notice,
    NoticeReply,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PostForm,
    Product,
    Request,
    ask,
    is_of_our_vault,
    unknown_outcome,
)
from tael.foundation.money import Money

LONGEST_ANSWER = 1_000_000
_FRONT, _APP, _BACK, _QUERY = (
    f"/gateway/api/{name}.do" for name in ("frontTransReq", "appTransReq", "backTransReq", "queryTrans")
)
_HEADERS = {"content-type": "application/x-www-form-urlencoded;charset=UTF-8"}


class _NotBelieved(Exception):
    """An answer came that counts for nothing; says why."""


class UnionPayConnector(BaseConnector):
    """UnionPay: its payment pages, its app, its codes, and payouts to cards."""

    def __init__(self, settings: UnionPaySettings, credentials: UnionPayCredentials) -> None:
        """Load keys and certificates once; raises `ValueError` for those that cannot be used."""
        self._settings = settings
        self._merchant = settings.merchant_number
        self._signer = Signer(
            private_key_pem=credentials.private_key, certificate_pem=credentials.certificate
        )
        self._trust = Trust(authorities_pem=credentials.authorities, owners=settings.certificate_owners)
        self._sealed_for = read_certificate(credentials.encryption_certificate)
        self.capabilities = capabilities_of(settings, pays_out=self._sealed_for is not None)

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Ask for one operation; `UNKNOWN` if an answer is malformed, unsigned or about something else."""
        try:
            match request.operation:
                case Operation.PAY:
                    return (yield from self._pay(request, now=now))
                case Operation.INQUIRE:
                    return (yield from self._inquire(request, now=now))
                case Operation.REFUND:
                    return (yield from self._refund(request, now=now))
                case Operation.INQUIRE_REFUND:
                    return (yield from self._inquire_refund(request, now=now))
                case Operation.PAY_OUT if self._sealed_for is not None:
                    return (yield from self._pay_out(request, self._sealed_for, now=now))
                case Operation.INQUIRE_PAYOUT:
                    return (yield from self._inquire_payout(request, now=now))
                case Operation.PROBE:
                    return (yield from self._probe(request, now=now))
                case _:
                    raise NotOffered(f"UnionPay has no {request.operation}.")
        except _NotBelieved as why:
            return unknown_outcome(request, str(why))

    # What operations there are

    def _pay(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        order = request.the_order()
        order_id = write_number(order.order_number)
        if order_id is None or order.amount.currency not in self.capabilities.currencies:
            return _not_ours_to_send(request)
        name = Name.at(order_id, order.created_at or now)
        fields = asking.payment(order, name, merchant=self._merchant)
        if order.product in asking.PAGES:
            form = PostForm(url=self._settings.gateway_url + _FRONT, fields=self._signer.sign(fields))
            return Outcome(
                state=OutcomeState.WAITING, order_number=order.order_number, amount=order.amount, action=form
            )
        kind = asking.CODE_PAYMENT if order.product is Product.CODE else asking.PAYMENT
        asked = self._asked(request, kind, name)
        path = _BACK if order.product is Product.CODE else _APP
        return read_acceptance(asked, (yield from self._heard(asked, path, fields, now=now)))

    def _inquire(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        order = request.the_order()
        order_id = write_number(order.order_number)
        if order_id is None:
            return _not_ours_to_send(request)
        if order.created_at is None:
            return _without_time(request)
        kind = asking.CODE_PAYMENT if order.product is Product.CODE else asking.PAYMENT
        name = Name.at(order_id, order.created_at)
        return (yield from self._how_stands(request, kind, name, order.amount, now=now))

    def _refund(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        order, refund = request.the_order(), request.the_refund()
        order_id, original_order = write_number(refund.refund_number), write_number(order.order_number)
        if order_id is None or original_order is None:
            return _not_ours_to_send(request)
        original = yield from self._reference_of(order, now=now)
        if original is None:
            return unknown_outcome(request, "UnionPay did not name the payment to give back.")
        name = Name.at(order_id, refund.created_at or now)
        fields = asking.refund(
            order,
            name,
            amount=refund.amount,
            original=original,
            original_order=original_order,
            merchant=self._merchant,
        )
        asked = self._asked(request, asking.REFUND, name)
        return read_acceptance(asked, (yield from self._heard(asked, _BACK, fields, now=now)))

    def _inquire_refund(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        refund = request.the_refund()
        order_id = write_number(refund.refund_number)
        if order_id is None:
            return _not_ours_to_send(request)
        if refund.created_at is None:
            return _without_time(request)
        name = Name.at(order_id, refund.created_at)
        return (yield from self._how_stands(request, asking.REFUND, name, refund.amount, now=now))

    def _pay_out(
        self, request: Request, sealed_for: EncryptionCertificate, *, now: datetime
    ) -> Conversation[Outcome]:
        """Send money to a card. Its number is encrypted by our vault: here it is seen by nobody."""
        payout = request.the_payout()
        order_id = write_number(payout.payout_number)
        account = payout.payee_account
        sendable = is_of_our_vault(account) or SEALED_CARD.fullmatch(account)
        if order_id is None or not sendable or payout.amount.currency not in self.capabilities.currencies:
            return _not_ours_to_send(request)
        if is_of_our_vault(account):
            account = yield from _sealed(account, payout.payout_number, sealed_for)
        name = Name.at(order_id, payout.created_at or now)
        fields = asking.payout(
            payout, name, merchant=self._merchant, sealed_card=account, sealed_for=sealed_for.number
        )
        asked = self._asked(request, asking.PAYOUT, name)
        return read_acceptance(asked, (yield from self._heard(asked, _BACK, fields, now=now)))

    def _inquire_payout(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        payout = request.the_payout()
        order_id = write_number(payout.payout_number)
        if order_id is None:
            return _not_ours_to_send(request)
        if payout.created_at is None:
            return _without_time(request)
        name = Name.at(order_id, payout.created_at)
        return (yield from self._how_stands(request, asking.PAYOUT, name, payout.amount, now=now))

    def _probe(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        name = Name.at(asking.PROBE_NUMBER, now)
        asked = self._asked(request, asking.INQUIRY, name)
        fields = asking.inquiry(name, merchant=self._merchant)
        heard = yield from self._heard(asked, _QUERY, fields, now=now)
        code = heard.get("respCode", "")
        meaning = meaning_of(code)
        if code in (ACCEPTED, NOT_FOUND):
            return outcome_of(asked, heard, OutcomeState.SUCCEEDED, code=code)
        state = OutcomeState.FAILED if meaning.error_class is ErrorClass.ACCOUNT else OutcomeState.UNKNOWN
        return outcome_of(asked, heard, state, code=code, error_class=meaning.error_class)

    # How they are asked for

    def _asked(self, request: Request, kind: Kind, name: Name, amount: Money | None = None) -> Asked:
        return Asked(request=request, kind=kind, name=name, merchant=self._merchant, amount=amount)

    def _how_stands(
        self, request: Request, kind: Kind, name: Name, amount: Money, *, now: datetime
    ) -> Conversation[Outcome]:
        asked = self._asked(request, kind, name, amount)
        fields = asking.inquiry(name, merchant=self._merchant)
        return read_inquiry(asked, (yield from self._heard(asked, _QUERY, fields, now=now)), now=now)

    def _reference_of(self, order: Order, *, now: datetime) -> Conversation[str | None]:
        """UnionPay's number of a payment: remembered, or asked for."""
        if order.channel_reference:
            return order.channel_reference
        stands = yield from self._inquire(_inquiry_of(order), now=now)
        return stands.channel_reference if stands.state is OutcomeState.SUCCEEDED else None

    def _heard(
        self, asked: Asked, path: str, fields: Mapping[str, str], *, now: datetime
    ) -> Conversation[dict[str, str]]:
        """The fields of an answer that is UnionPay's, and to our question."""
        response = yield from ask(self._message(self._settings.gateway_url + path, fields))
        heard = self._believed(response, now=now)
        other = why_not_ours(asked, heard)
        if other is not None:
            raise _NotBelieved(other)
        return heard

    def _message(self, url: str, fields: Mapping[str, str], *, largest: int = LONGEST_ANSWER) -> HttpRequest:
        body = urlencode(self._signer.sign(fields)).encode()
        return HttpRequest(method="POST", url=url, headers=_HEADERS, body=body, largest_answer=largest)

    def _believed(
        self, response: HttpResponse, *, now: datetime, largest: int = LONGEST_ANSWER
    ) -> dict[str, str]:
        if response.status != 200:
            raise _NotBelieved(f"UnionPay's gateway answered with HTTP status {response.status}.")
        if len(response.body) > largest:
            raise _NotBelieved(f"The answer is longer than {largest} bytes.")
        try:
            fields = read_answer(response.body)
        except Unreadable as problem:
            raise _NotBelieved(f"UnionPay's answer cannot be read: {problem}.") from None
        if not self._trust.believes(fields, now=now):
            raise _NotBelieved("The answer's signature is not UnionPay's.")
        return fields

    # What UnionPay tells by itself, and the file of a day

    def read_notice(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """What the notice says; raises `NoticeRefused` if it cannot be believed."""
        try:
            fields = read_form(inbound.body)
        except Unreadable as problem:
            raise NoticeRefused(f"The notice cannot be read: {problem}.") from None
        if not self._trust.believes(fields, now=now):
            raise NoticeRefused("The notice's signature is not UnionPay's.", field="signature")
        check_addressee(fields, merchant=self._merchant)
        check_age(fields, now=now, oldest=timedelta(seconds=self._settings.notice_max_age_seconds))
        return read_notice_fields(fields)

    def refuse_notice(self, reason: str) -> NoticeReply:
        """Any status but `200` makes UnionPay send the notice again; the reason is for our logs."""
        return NoticeReply(status=400, content_type="text/plain", body=b"fail")

    def fetch_bill(self, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
        """The clearing file of a day."""
        if wanted.kind is not BillKind.TRADES:
            raise NotOffered(f"UnionPay has no bill of {wanted.kind}.")
        settle_date = f"{wanted.day:%m%d}"
        fields = asking.clearing_file(settle_date, now=now, merchant=self._merchant)
        message = self._message(self._settings.files_url + "/", fields, largest=LARGEST_FILE)
        response = yield from ask(message)
        try:
            heard = self._believed(response, now=now, largest=LARGEST_FILE)
        except _NotBelieved as why:
            raise BillRefused(str(why)) from None
        code = heard.get("respCode", "")
        if code == NO_SUCH_FILE:
            raise BillNotReady(f"UnionPay has no file of {wanted.day} yet.")
        if heard.get("merId") != self._merchant or heard.get("settleDate") != settle_date:
            raise BillRefused("UnionPay's file is of another merchant or another day.")
        if code != ACCEPTED:
            raise BillRefused(f"UnionPay gives no file: {code[:16]} {heard.get('respMsg', '')[:100]}")
        return read_clearing_file(
            wanted,
            file_name=heard.get("fileName", "")[:100],
            file_content=heard.get("fileContent", ""),
            merchant=self._merchant,
        )


def _sealed(token: str, number: str, sealed_for: EncryptionCertificate) -> Conversation[str]:
    """The card's number, encrypted for UnionPay, as our vault says it."""
    response = yield from ask(
        HttpRequest(
            method="POST",
            url=SEAL_FOR,
            headers={"content-type": "application/x-pem-file"},
            body=sealed_for.pem.encode(),
            card=CardOfVault(token=token, number=number),
        )
    )
    text = response.body.decode("ascii", "replace")
    if response.status != 200 or not SEALED_CARD.fullmatch(text):
        raise _NotBelieved("Our vault did not encrypt the card.")
    return text


def _inquiry_of(order: Order) -> Request:
    return Request(operation=Operation.INQUIRE, order=order)


def _without_time(request: Request) -> Outcome:
    """Asked with another time, UnionPay would say that it knows nothing, whatever it knows."""
    return unknown_outcome(
        request, "UnionPay knows a transaction by the time at which it was first sent.", ErrorClass.REQUEST
    )


def _not_ours_to_send(request: Request) -> Outcome:
    """Nothing was sent, and nothing can have been sent before: UnionPay has no way to write this."""
    return Outcome(
        state=OutcomeState.FAILED,
        order_number=request.order.order_number if request.order else "",
        refund_number=request.refund.refund_number if request.refund else None,
        payout_number=request.payout.payout_number if request.payout else None,
        message="UnionPay takes yuan only, and numbers of at most 32 letters and digits.",
        error_class=ErrorClass.REQUEST,
    )
