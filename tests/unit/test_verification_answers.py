"""Is an answer believed only if it is whole, signed, fresh, and about what was asked?"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.foundation.signing import make_key
from tael.foundation.wire import CARD_NUMBER, HttpResponse
from tael.testing.verification import particulars
from tael.verification import rules
from tael.verification.connectors.sealing import HmacSeal, Sm2Seal, question_digest
from tael.verification.connectors.signed_json import SignedJsonSource
from tael.verification.errors import NoticeRefused, SourceRefused
from tael.verification.port import Answer, InboundNotice, Particulars, Question, Reason, SourceName, State
from tael.verification.registry import read_source_file, source_of

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
NUMBER = "chk_06dk3vg5m8x4t9c1h2zq7n0rby"
CARD = "tok_06dk3vg5m8x4t9c1h2zq7n0rby"
SECRET = "a secret of thirty-two characters"
URL = "https://provider.example/x/checks?v=1"
ALL_MATCH = {"name": "match", "document": "match", "phone": "match"}


def source(name: SourceName = SourceName.MOBILE_OPERATOR) -> SignedJsonSource:
    return SignedJsonSource(name, url=URL, client="tael", seal=HmacSeal(SECRET), timeout_seconds=10)


def question(name: SourceName = SourceName.MOBILE_OPERATOR, said: Particulars | None = None) -> Question:
    said = said or particulars(card_token=CARD, card_last4="4242")
    elements = frozenset(rules.ELEMENTS[name])
    return Question(number=NUMBER, elements=elements, particulars=said, once="0" * 32, asked_at=NOW)


def signed(lines: list[str]) -> str:
    """As the protocol says it, with nothing of ours."""
    return base64.b64encode(hmac.digest(SECRET.encode(), "\n".join(lines).encode(), "sha256")).decode()


def response(body: bytes, *, at: datetime = NOW, once: str = "0" * 32, **changes: Any) -> HttpResponse:
    time = str(int(at.timestamp()))
    lines = ["verify answer", "200", "tael", time, once, hashlib.sha256(body).hexdigest()]
    headers = {"verify-time": time, "verify-signature": signed(lines)}
    return HttpResponse(status=changes.get("status", 200), headers=headers, body=changes.get("sent", body))


def read(said: Any, *, name: SourceName = SourceName.MOBILE_OPERATOR, **changes: Any) -> Answer:
    body = (
        said if isinstance(said, bytes) else json.dumps({"number": NUMBER, "status": "done"} | said).encode()
    )
    return source(name).read(question(name), response(body, **changes))


def test_a_whole_signed_answer_is_believed() -> None:
    answer = read({"elements": ALL_MATCH, "reference": "P-1"})
    assert (answer.state, answer.reference) == (State.MATCHED, "P-1")


@pytest.mark.parametrize(
    ("said", "changes", "reason"),
    [
        ({"elements": ALL_MATCH}, {"once": "1" * 32}, Reason.BAD_SIGNATURE),
        ({"elements": ALL_MATCH}, {"at": NOW - timedelta(minutes=6)}, Reason.BAD_SIGNATURE),
        ({"elements": ALL_MATCH}, {"sent": b"{}"}, Reason.BAD_SIGNATURE),
        ({"elements": ALL_MATCH}, {"status": 500}, Reason.PROVIDER_ERROR),
        ({"elements": ALL_MATCH}, {"status": 302}, Reason.PROVIDER_ERROR),
        ({"elements": ALL_MATCH, "number": NUMBER[:-1] + "z"}, {}, Reason.CONTRADICTORY),
        ({"elements": ALL_MATCH, "reason": "phone_of_another"}, {}, Reason.CONTRADICTORY),
        ({"elements": {}}, {}, Reason.MALFORMED),
        ({"elements": {"name": "perhaps"}}, {}, Reason.MALFORMED),
        ({"elements": ALL_MATCH, "status": "failed"}, {}, Reason.PROVIDER_ERROR),
        ({"elements": ALL_MATCH, "status": "pending"}, {}, Reason.PENDING),
        (b'{"number": "chk', {}, Reason.MALFORMED),
        (b"[" * 100_000, {}, Reason.MALFORMED),
    ],
)
def test_whatever_else_comes_back_is_unknown(said: Any, changes: dict[str, Any], reason: Reason) -> None:
    answer = read(said, **changes)
    assert (answer.state, answer.reason) == (State.UNKNOWN, reason)


@given(st.binary(max_size=200))
def test_no_bytes_that_somebody_signed_are_an_accident(body: bytes) -> None:
    assert read(body).state is State.UNKNOWN


def test_an_answer_about_another_card_is_unknown() -> None:
    elements = {**ALL_MATCH, "card": "match"}
    assert (
        read({"elements": elements, "card_last4": "4242"}, name=SourceName.BANK_CARD).state is State.MATCHED
    )
    other = read({"elements": elements, "card_last4": "4243"}, name=SourceName.BANK_CARD)
    assert (other.state, other.reason) == (State.UNKNOWN, Reason.CONTRADICTORY)


def test_a_page_of_another_kind_than_a_web_page_leads_nowhere() -> None:
    assert read({"status": "pending", "page_url": "javascript:alert(1)"}).page_url == ""
    assert (
        read({"status": "pending", "page_url": "https://p.example/v/1"}).page_url == "https://p.example/v/1"
    )


def test_the_card_is_a_placeholder_that_our_signature_does_not_cover() -> None:
    request = source(SourceName.BANK_CARD).request(question(SourceName.BANK_CARD))
    body = json.loads(request.body)
    assert body["card_number"] == CARD_NUMBER
    assert request.card is not None
    assert (request.card.token, request.card.number) == (CARD, NUMBER)
    assert question_digest(body) == question_digest({**body, "card_number": "6222020000004041"})
    assert question_digest(body) != question_digest({**body, "phone": "+8613800001235"})


def test_a_question_is_signed_over_where_it_goes_and_what_it_says() -> None:
    request = source().request(question())
    body = json.loads(request.body)
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    lines = [
        "verify request",
        "POST",
        "/x/checks?v=1",
        "tael",
        request.headers["verify-time"],
        "0" * 32,
        digest,
    ]
    assert request.headers["verify-signature"] == signed(lines)
    assert "card_number" not in body


def notice(body: bytes, *, at: datetime = NOW, path: str = "/notices/verification/video") -> InboundNotice:
    time, once = str(int(at.timestamp())), "f" * 32
    signature = signed(["verify notice", path, "tael", time, once, hashlib.sha256(body).hexdigest()])
    headers = {
        "verify-client": "tael",
        "verify-time": time,
        "verify-once": once,
        "verify-signature": signature,
    }
    return InboundNotice(path="/notices/verification/video", headers=headers, body=body)


def test_a_notice_is_believed_if_the_provider_signed_it_for_this_address_just_now() -> None:
    body = json.dumps({"number": NUMBER, "status": "done", "elements": ALL_MATCH}).encode()
    heard = source().hear(notice(body), now=NOW)
    answer = source().read_notice(heard.number, frozenset(rules.ELEMENTS[SourceName.MOBILE_OPERATOR]), heard)
    assert (heard.number, answer.state) == (NUMBER, State.MATCHED)
    for wrong in (
        notice(body, at=NOW - timedelta(minutes=6)),
        notice(body, path="/test/notices/verification/video"),
        notice(b"[]"),
        InboundNotice(path="/notices/verification/video", headers={}, body=body),
    ):
        with pytest.raises(NoticeRefused):
            source().hear(wrong, now=NOW)


def test_keys_of_sm2_know_one_another_and_nobody_else() -> None:
    ours, theirs = make_key("sm2"), make_key("sm2")
    private = f"sm2 {ours.private.hex()} {ours.public.hex()}"
    seal = Sm2Seal(private, theirs.name)
    raw = base64.b64encode(theirs.sign(b"a\nb")).decode()
    assert seal.is_theirs(["a", "b"], raw)
    assert not seal.is_theirs(["a", "c"], raw)
    assert not seal.is_theirs(["a", "b"], seal.sign(["a", "b"]))
    assert not seal.is_theirs(["a", "b"], "no base64")


@pytest.mark.parametrize(
    "text",
    [
        "url = 'https://p.example'",
        "url = 'ftp://p.example'\nclient = 'c'\nalgorithm = 'hmac-sha256'\nsecret = '" + "s" * 40 + "'",
        "url = 'https://p.example'\nclient = 'c'\nalgorithm = 'hmac-sha256'\nsecret = 'short'",
        "url = 'https://p.example'\nclient = 'c'\nalgorithm = 'sm2-sm3'\nprivate_key = 'sm2 zz zz'",
        "url = 'https://p.example'\nclient = 'c'\nalgorithm = 'none'",
        "= no toml",
    ],
)
def test_a_file_that_cannot_be_used_is_refused_without_its_secret(text: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        source_of(SourceName.VIDEO, read_source_file(text))
    assert "s" * 40 not in refused.value.message
