"""What do we say to Alipay, and what do we hear? The port's verbs for codes that a payer scans.

The gateway is one address; the method's name is a parameter. Common parameters go into the query and the
content into the form, as Alipay's own clients do. All parameters are signed together, un-encoded and sorted.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from tael.channels.connectors.alipay.answers import read_answer, untrusted
from tael.channels.connectors.alipay.notices import (
    check_addressee,
    check_age,
    read_notice_fields,
    read_signed_fields,
)
from tael.channels.connectors.alipay.signing import Signer, Unreadable, Verifier, envelope_members
from tael.channels.connectors.alipay.values import CURRENCY, write_subject, write_time
from tael.channels.port import (
    Capabilities,
    HttpRequest,
    HttpResponse,
    InboundNotice,
    Notice,
    NoticeReply,
    Operation,
    Outcome,
    RefundOrder,
    Request,
)

METHODS = {
    Operation.OPEN_CODE: "alipay.trade.precreate",
    Operation.INQUIRE: "alipay.trade.query",
    Operation.CLOSE: "alipay.trade.close",
    Operation.CANCEL: "alipay.trade.cancel",
    Operation.REFUND: "alipay.trade.refund",
    Operation.INQUIRE_REFUND: "alipay.trade.fastpay.refund.query",
}

TIMEOUT_SECONDS = {
    Operation.OPEN_CODE: 5.0,
    Operation.INQUIRE: 3.0,
    Operation.CLOSE: 5.0,
    Operation.CANCEL: 10.0,
    Operation.REFUND: 10.0,
    Operation.INQUIRE_REFUND: 3.0,
}

LONGEST_ANSWER = 1_000_000
_HEADERS = {"content-type": "application/x-www-form-urlencoded;charset=utf-8", "accept": "text/html"}


class AlipaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What Alipay gave us, and what we gave Alipay."""

    gateway_url: str
    app_id: str
    seller_id: str
    """The account that is paid (2088…): notices for another are refused."""
    app_private_key_pem: str
    """Ours, to sign requests. PEM, or bare base64 as Alipay's key tool writes it."""
    alipay_public_key_pem: str
    """Alipay's, to check answers and notices. PEM, or bare base64 as Alipay's console shows it."""
    notice_max_age_seconds: int = 26 * 3600
    """How old a notice may be; see `notices` for the schedule of repetitions that this covers."""
    code_lifetime_seconds: int = 7200
    """How long Alipay keeps a code, whatever the order's own end."""

    def __repr__(self) -> str:
        """Without the keys: settings end up in logs and tracebacks."""
        return f"AlipaySettings(gateway_url={self.gateway_url!r}, app_id={self.app_id!r}, keys hidden)"


class AlipayConnector:
    """Alipay, for codes that a payer scans (product QR_CODE_OFFLINE)."""

    name = "alipay"

    def __init__(self, settings: AlipaySettings) -> None:
        """Load the keys once; raises `ValueError` for a key that is not RSA of 2048 bits or more."""
        self._settings = settings
        self._signer = Signer(settings.app_private_key_pem)
        self._verifier = Verifier(settings.alipay_public_key_pem)
        self.capabilities = Capabilities(
            operations=frozenset(METHODS),
            currencies=frozenset({CURRENCY}),
            smallest_minor=1,
            largest_minor=10_000_000_000,
            code_lifetime_seconds=settings.code_lifetime_seconds,
            refund_window_days=365,
            partial_refunds=True,
            operation_timeout_seconds=TIMEOUT_SECONDS,
        )

    def build(self, request: Request, *, now: datetime) -> HttpRequest:
        """The signed message for one operation."""
        content = msgspec.json.encode(_content_of(request)).decode()
        common = {
            "app_id": self._settings.app_id,
            "charset": "utf-8",
            "format": "JSON",
            "method": METHODS[request.operation],
            "sign_type": "RSA2",
            "timestamp": write_time(now),
            "version": "1.0",
        }
        if request.operation is Operation.OPEN_CODE:
            common["notify_url"] = request.order.notice_url
        signed = common | {"biz_content": content}
        text = "&".join([f"{name}={signed[name]}" for name in sorted(signed) if signed[name]])
        common["sign"] = self._signer.sign(text.encode())
        return HttpRequest(
            method="POST",
            url=f"{self._settings.gateway_url}?{urlencode(common)}",
            headers=_HEADERS,
            body=urlencode({"biz_content": content}).encode(),
        )

    def read(self, request: Request, response: HttpResponse) -> Outcome:
        """What the answer means; `UNKNOWN` if it is malformed, unsigned or about something else."""
        if response.status != 200:
            return untrusted(request, f"Alipay's gateway answered with HTTP status {response.status}.")
        if len(response.body) > LONGEST_ANSWER:
            return untrusted(request, f"The answer is longer than {LONGEST_ANSWER} bytes.")
        try:
            members = envelope_members(response.body)
        except Unreadable as problem:
            return untrusted(request, f"Alipay's answer cannot be read: {problem}.")
        node = members.get(METHODS[request.operation].replace(".", "_") + "_response")
        node = node or members.get("error_response")
        signature = members.get("sign")
        if node is None:
            return untrusted(request, "The answer is to another question.")
        if signature is None:
            return untrusted(request, "Alipay's answer carries no signature.")
        if not self._verifier.signed(node, signature.replace(b"\\/", b"/")[1:-1]):
            return untrusted(request, "The answer's signature is not Alipay's.")
        return read_answer(request, node)

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


def _content_of(request: Request) -> Mapping[str, str]:
    """The `biz_content` of one operation."""
    order = request.order
    content = {"out_trade_no": order.order_number}
    match request.operation:
        case Operation.OPEN_CODE:
            content |= {
                "total_amount": order.amount.decimal(),
                "subject": write_subject(order.subject),
                "product_code": "QR_CODE_OFFLINE",
                "time_expire": write_time(order.expires_at),
            }
        case Operation.REFUND:
            refund = _refund_of(request)
            content |= {
                "refund_amount": refund.amount.decimal(),
                "out_request_no": refund.refund_number,
                "refund_reason": refund.reason,
            }
        case Operation.INQUIRE_REFUND:
            content |= {"out_request_no": _refund_of(request).refund_number}
        case Operation.INQUIRE | Operation.CLOSE | Operation.CANCEL:
            pass
    return content


def _refund_of(request: Request) -> RefundOrder:
    if request.refund is None:
        raise ValueError(f"{request.operation} needs a refund")
    return request.refund
