"""What do we say to Lantern, and what do we hear? The port's verbs, for codes that a payer scans."""

from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from tael.channels.errors import NoticeRefused
from tael.channels.port import (
    AmountRange,
    BaseConnector,
    Capabilities,
    Conversation,
    ErrorClass,
    HttpRequest,
    HttpResponse,
    InboundNotice,
    Notice,
    NoticeReply,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Request,
    Security,
    ask,
    unknown_outcome,
)
from tael_lantern.answers import CURRENCY, ERRORS, LARGEST_MINOR, decode, notice_outcome, outcome_of
from tael_lantern.signatures import SIGNATURE, TIME, WINDOW, Untrusted, check, sign, write_time

_PATHS = {
    Operation.PAY: ("POST", "/v1/orders"),
    Operation.INQUIRE: ("GET", "/v1/orders/{order}"),
    Operation.CLOSE: ("POST", "/v1/orders/{order}/close"),
    Operation.REFUND: ("POST", "/v1/orders/{order}/refunds"),
    Operation.INQUIRE_REFUND: ("GET", "/v1/orders/{order}/refunds/{refund}"),
    Operation.PROBE: ("GET", "/v1/ping"),
}


class LanternSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown."""

    base_url: str
    merchant: str


class LanternCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed."""

    secrets: str
    """One to a line. We sign with the first; what Lantern signs with any of them is believed, so that a new one can be
    put in before the old one goes."""


class LanternConnector(BaseConnector):
    """Lantern, for codes that a payer scans."""

    def __init__(self, settings: LanternSettings, credentials: LanternCredentials) -> None:
        """Raises `ValueError` if there is no secret of a sensible length."""
        self._settings = settings
        self._secrets = credentials.secrets.split()
        if not self._secrets or min(map(len, self._secrets)) < 32:
            raise ValueError("Lantern's secrets have 32 characters or more")
        self.capabilities = Capabilities(
            method="lantern",
            operations=frozenset(_PATHS),
            products=frozenset({Product.CODE}),
            amounts={CURRENCY: AmountRange(1, LARGEST_MINOR)},
            lifetime_seconds={Product.CODE: 3600},
            security=Security(
                requests="HMAC-SHA256",
                answers="HMAC-SHA256",
                notices="HMAC-SHA256",
                notice_window_seconds=int(WINDOW.total_seconds()),
            ),
            error_codes=ERRORS,
        )

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Ask for one operation."""
        message = self._message(request, now)
        response = yield from ask(message)
        return self._read(request, message, response, now)

    def read_notice(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """What a notice says; raises `NoticeRefused` if it cannot be believed."""
        try:
            check(inbound.headers, self._secrets, "notice", body=inbound.body, now=now)
            message = decode(inbound.body, merchant=self._settings.merchant)
        except (Untrusted, ValueError) as problem:
            raise NoticeRefused(f"The notice is not believed: {problem}.") from problem
        if not message.notice:
            raise NoticeRefused("The notice has no number.")
        return Notice(notice_id=message.notice, outcome=notice_outcome(message))

    def accept_notice(self) -> NoticeReply:
        """Lantern stops when it hears `lit`."""
        return NoticeReply(status=200, content_type="text/plain", body=b"lit")

    def _message(self, request: Request, now: datetime) -> HttpRequest:
        method, path = _PATHS[request.operation]
        order = request.order.order_number if request.order else ""
        refund = request.refund.refund_number if request.refund else ""
        path = path.format(order=order, refund=refund)
        content = self._content(request)
        body = msgspec.json.encode(content) if content else b""
        time = write_time(now)
        signature = sign(self._secrets[0], "request", self._settings.merchant, method, path, time, body=body)
        return HttpRequest(
            method=method,
            url=f"{self._settings.base_url}{path}",
            headers={
                "lantern-merchant": self._settings.merchant,
                TIME: time,
                SIGNATURE: signature,
                "content-type": "application/json",
            },
            body=body,
        )

    def _content(self, request: Request) -> dict[str, str | int]:
        if request.operation is Operation.PAY:
            order = request.the_order()
            return {
                "order": order.order_number,
                "amount": order.amount.minor,
                "subject": order.subject,
                "expires_at": int(order.expires_at.timestamp()),
                "notice_url": order.notice_url,
            }
        if request.operation is Operation.REFUND:
            refund = request.the_refund()
            return {"refund": refund.refund_number, "amount": refund.amount.minor, "reason": refund.reason}
        return {}

    def _read(self, request: Request, message: HttpRequest, response: HttpResponse, now: datetime) -> Outcome:
        """Believe nothing before the signature, the time and the addressee are right."""
        asked = f"{message.method} {urlsplit(message.url).path} {message.headers[SIGNATURE]}"
        try:
            check(
                response.headers,
                self._secrets,
                "answer",
                asked,
                str(response.status),
                body=response.body,
                now=now,
            )
            content = decode(response.body, merchant=self._settings.merchant)
        except (Untrusted, ValueError) as problem:
            if response.status == 401 and request.operation is Operation.PROBE:
                words = "Lantern does not believe us: merchant or secret is wrong."
                return Outcome(state=OutcomeState.FAILED, message=words, error_class=ErrorClass.ACCOUNT)
            return unknown_outcome(request, f"The answer is not believed: {problem}.")
        return outcome_of(request, content)
