"""How is a question written, and what does an answer mean? The protocol is in docs/guides/verification.md."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from tael.foundation.wire import CARD_NUMBER, CardOfVault, HttpRequest, HttpResponse
from tael.verification import rules
from tael.verification.connectors.sealing import CARD_FIELD, Seal, body_digest, question_digest
from tael.verification.errors import NoticeRefused
from tael.verification.port import (
    UNKNOWN_REASONS,
    Answer,
    DocumentRead,
    Element,
    Finding,
    InboundNotice,
    Notice,
    Question,
    Reason,
    SourceName,
    unknown,
)

CLIENT, TIME, ONCE, SIGNATURE = "verify-client", "verify-time", "verify-once", "verify-signature"
FRESH_SECONDS = 300
LARGEST_ANSWER = 200_000
_FINDINGS = {
    "match": Finding.MATCHED,
    "mismatch": Finding.MISMATCHED,
    "not_checked": Finding.UNCHECKED,
}
_REASONS = {reason.value: reason for reason in Reason if reason not in UNKNOWN_REASONS}
_LONGEST_URL = 500
_Text = Annotated[str, Meta(max_length=200)]


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider read off the pictures."""

    name: _Text = ""
    number: _Text = ""
    valid_until: _Text = ""
    address: _Text = ""
    nation: _Text = ""


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an answer or a notice; what else stands in it is no concern of ours."""

    number: _Text
    status: Literal["done", "pending", "failed"]
    reference: _Text = ""
    elements: dict[str, Literal["match", "mismatch", "not_checked"]] = {}
    reason: _Text = ""
    score_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    card_last4: _Text = ""
    page_url: str = ""
    read: _Read | None = None


class SignedJsonSource:
    """One source of a provider that speaks this protocol."""

    def __init__(
        self, name: SourceName, *, url: str, client: str, seal: Seal, timeout_seconds: float
    ) -> None:
        """url: of its checks, e.g. `https://provider.example/mobile_operator/checks`."""
        self.timeout_seconds = timeout_seconds
        self._name = name
        self._url = url
        self._client = client
        self._seal = seal

    def request(self, question: Question) -> HttpRequest:
        """The question, signed."""
        body, address = self._body(question), urlsplit(self._url)
        target = f"{address.path}?{address.query}" if address.query else address.path
        time = _seconds(question.asked_at)
        lines = ["verify request", "POST", target, self._client, time, question.once, question_digest(body)]
        said = question.particulars
        return HttpRequest(
            method="POST",
            url=self._url,
            headers={
                "content-type": "application/json",
                CLIENT: self._client,
                TIME: time,
                ONCE: question.once,
                SIGNATURE: self._seal.sign(lines),
            },
            body=msgspec.json.encode(body),
            largest_answer=LARGEST_ANSWER,
            card=CardOfVault(token=said.card_token, number=question.number)
            if Element.CARD in question.elements
            else None,
        )

    def read(self, question: Question, response: HttpResponse) -> Answer:
        """What the answer means."""
        if response.status != 200:
            return unknown(Reason.PROVIDER_ERROR)
        time = response.headers.get(TIME, "")
        lines = ["verify answer", "200", self._client, time, question.once, body_digest(response.body)]
        if not self._is_theirs(lines, response.headers, time, now=question.asked_at):
            return unknown(Reason.BAD_SIGNATURE)
        return self._understood(
            response.body, question.number, question.elements, card_last4=question.particulars.card_last4
        )

    def hear(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """A notice of a result that comes later; refuses `NoticeRefused`."""
        headers = inbound.headers
        time, once = headers.get(TIME, ""), headers.get(ONCE, "")
        lines = ["verify notice", inbound.path, self._client, time, once, body_digest(inbound.body)]
        if headers.get(CLIENT) != self._client or not self._is_theirs(lines, headers, time, now=now):
            raise NoticeRefused("The notice is not signed by the provider, not for us, or too old.")
        try:
            return Notice(number=msgspec.json.decode(inbound.body, type=_Said).number, body=inbound.body)
        except msgspec.MsgspecError:
            raise NoticeRefused("The notice is not what a provider says.") from None

    def read_notice(self, number: str, elements: frozenset[Element], notice: Notice) -> Answer:
        """What the notice says of the check."""
        return self._understood(notice.body, number, elements)

    def _is_theirs(
        self, lines: Sequence[str], headers: Mapping[str, str], time: str, *, now: datetime
    ) -> bool:
        fresh = (
            time.isascii() and time.isdecimal() and abs(int(time[:12]) - int(_seconds(now))) <= FRESH_SECONDS
        )
        return fresh and self._seal.is_theirs(lines, headers.get(SIGNATURE, ""))

    def _body(self, question: Question) -> dict[str, Any]:
        said, document = question.particulars, question.particulars.document
        body: dict[str, Any] = {
            "number": question.number,
            "product": self._name,
            "name": said.name,
            "document": {
                "kind": document.kind,
                "number": document.number,
                "issued_by": document.issued_by,
            },
        }
        if document.valid_until is not None:
            body["document"]["valid_until"] = document.valid_until.isoformat()
        if Element.PHONE in question.elements:
            body["phone"] = said.phone
        if Element.CARD in question.elements:
            body[CARD_FIELD] = CARD_NUMBER
        for name, picture in (("front", said.front), ("back", said.back), ("face", said.face)):
            if picture:
                body[name] = base64.b64encode(picture).decode()
        if question.notify_url and self._name is SourceName.VIDEO:
            body["notify_url"] = question.notify_url
        return body

    def _understood(
        self, body: bytes, number: str, elements: frozenset[Element], *, card_last4: str = ""
    ) -> Answer:
        try:
            said = msgspec.json.decode(body, type=_Said)
        except (msgspec.MsgspecError, RecursionError):
            return unknown(Reason.MALFORMED)
        other_card = bool(card_last4 and said.card_last4 and said.card_last4 != card_last4)
        if said.number != number or other_card:
            return unknown(Reason.CONTRADICTORY, reference=said.reference)
        if said.status == "failed":
            return unknown(Reason.PROVIDER_ERROR, reference=said.reference)
        if said.status == "pending":
            page = urlsplit(said.page_url).scheme in ("http", "https") and len(said.page_url) <= _LONGEST_URL
            return unknown(Reason.PENDING, reference=said.reference, page_url=said.page_url if page else "")
        if not said.elements:
            return unknown(Reason.MALFORMED, reference=said.reference)
        findings = {
            Element(name): _FINDINGS[word] for name, word in said.elements.items() if name in set(Element)
        }
        answer = rules.concluded(
            elements,
            findings,
            reason=_REASONS.get(said.reason, Reason.NONE),
            reference=said.reference,
            score_percent=said.score_percent,
        )
        read = None if said.read is None else msgspec.convert(msgspec.to_builtins(said.read), DocumentRead)
        return msgspec.structs.replace(answer, read=read if Element.PICTURES in elements else None)


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))
