"""What do we say to Alipay, and what do we hear? The port's verbs, over one gateway.

The gateway is one address; the method's name is a parameter. Common parameters go into the query and the
content into the form, as Alipay's own clients do. All parameters are signed together, un-encoded and sorted.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from urllib.parse import urlencode

import msgspec

from tael.channels.connectors.alipay import contents
from tael.channels.connectors.alipay.answers import (
    Answer,
    Untrusted,
    decode,
    read_answer,
    read_probe,
    read_refusal,
)
from tael.channels.connectors.alipay.bills import LARGEST_FILE, read_bill
from tael.channels.connectors.alipay.movements import read_split, read_transfer, read_transfer_inquiry
from tael.channels.connectors.alipay.notices import (
    check_addressee,
    check_age,
    read_notice_fields,
    read_signed_fields,
)
from tael.channels.connectors.alipay.signing import (
    Signer,
    Unreadable,
    Verifier,
    certificate_names,
    envelope_members,
)
from tael.channels.connectors.alipay.terms import (
    BILL_METHOD,
    BILL_READY_AT,
    BILL_TYPES,
    METHODS,
    PAY_METHODS,
    AlipayCredentials,
    AlipaySettings,
    capabilities_of,
)
from tael.channels.connectors.alipay.values import read_number, write_time
from tael.channels.errors import BillNotReady, BillRefused, NotOffered
from tael.channels.port import (
    BaseConnector,
    Bill,
    BillWanted,
    Conversation,
    ErrorClass,
    GoTo,
    HttpRequest,
    HttpResponse,
    InboundNotice,
    InvokeWallet,
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
    unknown_outcome,
)
from tael.foundation.clock import CHINA

LONGEST_ANSWER = 1_000_000
_LONGEST_ADDRESS = 2048
_HEADERS = {"content-type": "application/x-www-form-urlencoded;charset=utf-8", "accept": "text/html"}


class AlipayConnector(BaseConnector):
    """Alipay, in every scene that it offers."""

    def __init__(self, settings: AlipaySettings, credentials: AlipayCredentials) -> None:
        """Load the keys once; raises `ValueError` for a key that is not RSA of 2048 bits or more."""
        self._settings = settings
        self._signer = Signer(credentials.app_private_key)
        self._verifier = Verifier(credentials.alipay_public_keys)
        self._certificates: Mapping[str, str] = {}
        if credentials.app_certificate:
            self._certificates = certificate_names(credentials.app_certificate, credentials.root_certificates)
        self.capabilities = capabilities_of(settings, credentials)

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Ask for one operation."""
        if request.operation not in self.capabilities.operations:
            raise NotOffered(f"Alipay cannot {request.operation} with what was entered for it.")
        try:
            return (yield from self._conversations[request.operation](self, request, now))
        except Untrusted as problem:
            return unknown_outcome(request, problem.why, problem.error_class, code=problem.code)

    def read_notice(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """What the notice says; raises `NoticeRefused` if it cannot be believed."""
        settings = self._settings
        fields = read_signed_fields(inbound.body, self._verifier)
        check_addressee(fields, app_id=settings.app_id, seller_id=settings.seller_id)
        check_age(fields, now=now, oldest=timedelta(seconds=settings.notice_max_age_seconds))
        return read_notice_fields(fields)

    def accept_notice(self) -> NoticeReply:
        """Exactly `success`: anything else makes Alipay send the notice again."""
        return NoticeReply(status=200, content_type="text/plain", body=b"success")

    def refuse_notice(self, reason: str) -> NoticeReply:
        """`fail`, with a status that monitoring sees; the reason is for our logs, not for the sender."""
        return NoticeReply(status=400, content_type="text/plain", body=b"fail")

    def fetch_bill(self, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
        """A day's record: ask for its address, fetch it, check its totals."""
        asked = {"bill_type": BILL_TYPES[wanted.kind], "bill_date": wanted.day.isoformat()}
        try:
            answer = yield from self._call(BILL_METHOD, asked, now)
        except Untrusted as problem:
            raise BillRefused(problem.why) from None
        if answer.sub_code == "NO_BILL_DATA" and now >= _ready_at(wanted):
            return Bill(wanted=wanted, file_name="", content=b"", lines=())
        if answer.sub_code in ("BILL_NOT_EXIST", "NO_BILL_DATA"):
            raise BillNotReady(f"Alipay has no record of {wanted.kind} of {wanted.day} yet.")
        if not answer.succeeded:
            raise BillRefused(f"Alipay gives no record: {answer.shown_code}.")
        url = self._download_url(answer.bill_download_url or "")
        response = yield from ask(HttpRequest(method="GET", url=url, largest_answer=LARGEST_FILE))
        if response.status != 200:
            raise BillRefused(f"Alipay's address of the record answered with HTTP status {response.status}.")
        lines = read_bill(response.body, kind=wanted.kind, seller_id=self._settings.seller_id)
        name = f"{self._settings.seller_id}_{asked['bill_type']}_{wanted.day:%Y%m%d}.csv.zip"
        return Bill(wanted=wanted, file_name=name, content=response.body, lines=lines)

    # One conversation each

    def _pay(self, request: Request, now: datetime) -> Conversation[Outcome]:
        order = request.the_order()
        if order.product not in PAY_METHODS:
            raise NotOffered(f"Alipay has no {order.product}.")
        method = PAY_METHODS[order.product]
        content = contents.of_payment(order, app_id=self._settings.app_id)
        addresses = {"notify_url": order.notice_url}
        if order.product in (Product.PAGE, Product.H5, Product.APP):
            signed = self._signed(method, content, now, addresses | {"return_url": order.return_url})
            return self._handed_to_payer(order, signed)
        answer = yield from self._call(method, content, now, addresses)
        return read_answer(request, answer)

    def _ask_about_order(self, request: Request, now: datetime) -> Conversation[Outcome]:
        answer = yield from self._call(METHODS[request.operation], contents.of_order(request), now)
        return read_answer(request, answer)

    def _split(self, request: Request, now: datetime) -> Conversation[Outcome]:
        """Share the money, then ask what became of it: the first answer names neither number nor amounts."""
        trade_no = yield from self._trade_no(request, now)
        if isinstance(trade_no, Outcome):
            return trade_no
        split = request.the_split()
        if request.operation is Operation.SPLIT:
            content = contents.of_split(split, trade_no=trade_no, seller_id=self._settings.seller_id)
            answer = yield from self._call(METHODS[Operation.SPLIT], content, now)
            if not answer.succeeded:
                return read_refusal(request, answer)
        asked = {"out_request_no": split.split_number, "trade_no": trade_no}
        answer = yield from self._call(METHODS[Operation.INQUIRE_SPLIT], asked, now)
        return read_split(request, answer)

    def _trade_no(self, request: Request, now: datetime) -> Conversation[str | Outcome]:
        """Alipay's number of the order, by which splits are asked; or why there is none."""
        order = request.the_order()
        known = read_number(order.channel_reference)
        if known is not None:
            return known
        inquiry = Request(operation=Operation.INQUIRE, order=order)
        answer = yield from self._call(METHODS[Operation.INQUIRE], contents.of_order(inquiry), now)
        if not answer.succeeded:
            return read_refusal(request, answer)
        learnt = read_answer(inquiry, answer).channel_reference
        if learnt is None:
            raise Untrusted("Alipay's answer names no trade.")
        return learnt

    def _pay_out(self, request: Request, now: datetime) -> Conversation[Outcome]:
        """Send money, then ask what became of it: the first answer names no amount."""
        answer = yield from self._call(
            METHODS[Operation.PAY_OUT], contents.of_payout(request.the_payout()), now
        )
        refusal = read_transfer(request, answer)
        if refusal is not None:
            return refusal
        return (yield from self._inquire_payout(request, now))

    def _inquire_payout(self, request: Request, now: datetime) -> Conversation[Outcome]:
        content = contents.of_payout_inquiry(request.the_payout())
        answer = yield from self._call(METHODS[Operation.INQUIRE_PAYOUT], content, now)
        return read_transfer_inquiry(request, answer)

    def _probe(self, request: Request, now: datetime) -> Conversation[Outcome]:
        asked = {"out_trade_no": contents.PROBE_NUMBER}
        answer = yield from self._call(METHODS[Operation.PROBE], asked, now)
        return read_probe(request, answer)

    _conversations: Mapping[
        Operation, Callable[["AlipayConnector", Request, datetime], Conversation[Outcome]]
    ] = {
        Operation.PAY: _pay,
        Operation.INQUIRE: _ask_about_order,
        Operation.CLOSE: _ask_about_order,
        Operation.CANCEL: _ask_about_order,
        Operation.REFUND: _ask_about_order,
        Operation.INQUIRE_REFUND: _ask_about_order,
        Operation.SPLIT: _split,
        Operation.INQUIRE_SPLIT: _split,
        Operation.PAY_OUT: _pay_out,
        Operation.INQUIRE_PAYOUT: _inquire_payout,
        Operation.PROBE: _probe,
    }

    # One call

    def _signed(
        self,
        method: str,
        content: contents.Content,
        now: datetime,
        addresses: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """All parameters of a call, with their signature."""
        parameters = {
            "app_id": self._settings.app_id,
            "charset": "utf-8",
            "format": "JSON",
            "method": method,
            "sign_type": "RSA2",
            "timestamp": write_time(now),
            "version": "1.0",
            **self._certificates,
            **{name: address for name, address in (addresses or {}).items() if address},
            "biz_content": msgspec.json.encode(content).decode(),
        }
        text = "&".join([f"{name}={parameters[name]}" for name in sorted(parameters) if parameters[name]])
        return parameters | {"sign": self._signer.sign(text.encode())}

    def _call(
        self,
        method: str,
        content: contents.Content,
        now: datetime,
        addresses: Mapping[str, str] | None = None,
    ) -> Conversation[Answer]:
        """One exchange with the gateway; raises `Untrusted` if the answer is not Alipay's word."""
        parameters = self._signed(method, content, now, addresses)
        body = urlencode({"biz_content": parameters.pop("biz_content")}).encode()
        response = yield from ask(
            HttpRequest(
                method="POST",
                url=f"{self._settings.gateway_url}?{urlencode(parameters)}",
                headers=_HEADERS,
                body=body,
                largest_answer=LONGEST_ANSWER,
            )
        )
        return decode(self._believed_node(method, response))

    def _believed_node(self, method: str, response: HttpResponse) -> bytes:
        """The raw bytes of what the answer says; raises `Untrusted` if they are not what Alipay signed."""
        if response.status != 200:
            kind = ErrorClass.CHANNEL if response.status >= 500 else ErrorClass.TRUST
            raise Untrusted(f"Alipay's gateway answered with HTTP status {response.status}.", kind)
        if len(response.body) > LONGEST_ANSWER:
            raise Untrusted(f"The answer is longer than {LONGEST_ANSWER} bytes.")
        try:
            members = envelope_members(response.body)
        except Unreadable as problem:
            raise Untrusted(f"Alipay's answer cannot be read: {problem}.") from None
        node = members.get(method.replace(".", "_") + "_response") or members.get("error_response")
        signature = members.get("sign")
        if node is None:
            raise Untrusted("The answer is to another question.")
        if signature is None:
            raise Untrusted("Alipay's answer carries no signature.")
        if not self._verifier.signed(node, signature.replace(b"\\/", b"/")[1:-1]):
            raise Untrusted("The answer's signature is not Alipay's.")
        return node

    def _handed_to_payer(self, order: Order, signed: Mapping[str, str]) -> Outcome:
        """What is not sent by us: the payer's browser or app brings it to Alipay, who begins the order then."""
        gateway = self._settings.gateway_url
        action: GoTo | PostForm | InvokeWallet
        match order.product:
            case Product.PAGE:
                fields = {name: value for name, value in signed.items() if name != "charset"}
                action = PostForm(url=f"{gateway}?charset=utf-8", fields=fields)
            case Product.H5:
                action = GoTo(url=f"{gateway}?{urlencode(signed)}")
            case _:
                action = InvokeWallet(parameters={"order_string": urlencode(signed)})
        return Outcome(state=OutcomeState.WAITING, order_number=order.order_number, action=action)

    def _download_url(self, url: str) -> str:
        """The address of a record, if it can be one: no other scheme than the gateway's, nothing odd in it."""
        scheme = self._settings.gateway_url.partition(":")[0]
        plain = url.isascii() and url.isprintable() and " " not in url
        if not url.startswith(f"{scheme}://") or len(url) > _LONGEST_ADDRESS or not plain:
            raise BillRefused("Alipay's answer holds no address of the record.")
        return url


def _ready_at(wanted: BillWanted) -> datetime:
    """When a record that is still not there means that nothing happened."""
    midnight = datetime.combine(wanted.day + timedelta(days=1), time(), tzinfo=CHINA)
    return midnight + BILL_READY_AT
