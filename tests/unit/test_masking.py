"""What is kept of a message? Enough for support, nothing for a thief."""

import base64
import hashlib
from urllib.parse import quote

import msgspec
import pytest

from tael.channels.masking import LONGEST_KEPT, masked_notice, masked_request, masked_response
from tael.channels.port import HttpRequest, HttpResponse, InboundNotice

SECRETS = (
    "hunter2secret",
    "4242424242424242",
    "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
    "13812345678",
    "张三丰",
    "MIIEvQ_signature_bytes",
)
BODY = (
    '{"appid":"wx1","out_trade_no":"att_1","amount":{"total":1280},"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},'
    '"sign":"MIIEvQ_signature_bytes","card":{"number":"4242424242424242","cvc":"123"},'
    '"payee":{"name":"张三丰","phone":"13812345678"},"password":"hunter2secret"}'
)


def test_a_json_body_keeps_what_helps_and_hides_who_and_what_pays() -> None:
    kept = masked_request(
        HttpRequest(
            method="POST",
            url="https://api.example/v3/pay?sign=MIIEvQ_signature_bytes&mchid=19",
            headers={"Authorization": "Bearer hunter2secret", "Content-Type": "application/json"},
            body=BODY.encode(),
        )
    )
    for helpful in ("POST https://api.example/v3/pay", "att_1", "1280", "mchid=19", "application/json"):
        assert helpful in kept
    for secret in SECRETS:
        assert secret not in kept


def test_forms_and_xml_are_masked_like_json() -> None:
    form = b"out_trade_no=att_1&biz_content=%7B%22buyer_id%22%3A%222088101117955611%22%7D&sign=MIIEvQ_signature_bytes"
    kept = masked_notice(InboundNotice(headers={}, query="", body=form))
    assert "att_1" in kept
    assert "2088101117955611" not in kept
    assert "MIIEvQ_signature_bytes" not in kept
    xml = b"<Doc><EndToEndId>rfd_1</EndToEndId><Cdtr><Nm>Alice Liddell</Nm></Cdtr><IBAN>DE89370400440532013000</IBAN></Doc>"
    shown = masked_response(HttpResponse(status=200, headers={"content-type": "application/xml"}, body=xml))
    assert "rfd_1" in shown
    assert "Alice" not in shown
    assert "DE8937040044" not in shown


def test_of_a_message_with_files_only_its_length_is_kept() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nLi Lei, 7 Tea Road\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    kept = masked_request(
        HttpRequest(method="POST", url="https://api.example/files", headers=headers, body=body)
    )
    assert f"{len(body)} bytes" in kept
    assert "Li Lei" not in kept


def test_accounts_in_a_message_within_a_message_are_masked() -> None:
    inner = "<Doc><EndToEndId>P-pay_1</EndToEndId><Othr><Id>6222021234567890</Id></Othr><Nm>Bob Dodgson</Nm></Doc>"
    body = msgspec.json.encode({"messages": [{"name": "camt.054", "body": inner}]})
    kept = masked_response(HttpResponse(status=200, headers={}, body=body))
    assert "P-pay_1" in kept
    assert "622202123456" not in kept
    assert "Dodgson" not in kept


def test_a_card_number_is_cut_wherever_it_stands() -> None:
    for text in (b"declined: 4242 4242 4242 4242!", b"note=4242-4242-4242-4242"):
        kept = masked_response(HttpResponse(status=200, headers={}, body=text))
        assert "424242******4242" in kept
    order = b"out_trade_no 4200000001202611229"
    assert "4200000001202611229" in masked_response(HttpResponse(status=200, headers={}, body=order))


@pytest.mark.parametrize("body", [b"\xff\xfe\x00binary", b"{" * 100_000, b"[" * 5_000, b"a" * 1_000_000, b""])
def test_any_bytes_at_all_are_kept_short_and_printable(body: bytes) -> None:
    kept = masked_response(HttpResponse(status=200, headers={}, body=body))
    assert len(kept) <= LONGEST_KEPT + 40
    assert "\0" not in kept


def test_a_value_that_is_cut_off_from_its_end_is_not_shown() -> None:
    """The names that tell what to mask stand around a value; where the end is missing, the value goes too."""
    filler = b"<Note>" + b"a" * 60_000 + b"</Note>"
    for start, secret in (
        (b"<Doc>" + filler, b"<IBAN>DE89370400440532013000"),
        (b"x=1&y=", b"&sign=MIIEvQ_signature"),
    ):
        before = start.ljust(4 * LONGEST_KEPT - 20, b"b") + secret
        kept = masked_response(HttpResponse(status=200, headers={}, body=before + b"c" * 100_000))
        assert secret[:16].decode() not in kept
    shrunk = b"<D><cert_pem>" + b"q" * (4 * LONGEST_KEPT - 40) + b"</cert_pem><IBAN>DE893704" + b"1" * 100_000
    assert "DE8937" not in masked_response(HttpResponse(status=200, headers={}, body=shrunk))


def test_files_are_named_by_size_and_hash_and_their_lines_are_not_kept() -> None:
    header = "交易时间,商户号,用户标识,金额"
    file = (header + "\n" + "`2026-03-01,`19,`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`12.80\n" * 50).encode()
    kept = masked_response(HttpResponse(status=200, headers={}, body=file))
    assert header in kept
    assert f"{len(file)} bytes, SHA-256 {hashlib.sha256(file).hexdigest()}" in kept
    without_header = file.split(b"\n", 1)[1]
    for body in (file, without_header, b"fileContent=" + b"eJyrVkosLcmIz0vMTVWyUkosLcmIT8xNrVSyUoo" * 9):
        assert "oUpF8uMuAJO" not in masked_response(HttpResponse(status=200, headers={}, body=body))
    packed = masked_response(
        HttpResponse(status=200, headers={}, body=b"fileContent=eJyrVkosLcmIz0vMTVWyUkos&x=1")
    )
    assert "eJyrVkos" not in packed
    assert "x=1" in packed


def test_json_that_would_take_long_to_mask_is_only_named() -> None:
    body = msgspec.json.encode({"rows": [{"password": "hunter2secret"}] * 20_000})
    kept = masked_response(HttpResponse(status=200, headers={}, body=body))
    assert "hunter2secret" not in kept
    assert f"{len(body)} bytes, SHA-256" in kept
    assert len(kept) < 200


def test_what_cannot_be_shown_harms_nobody() -> None:
    request = HttpRequest(method="GET", url="http://[broken")
    assert "cannot be shown" in masked_request(request)


def test_fields_that_are_packed_into_one_are_not_shown_at_all() -> None:
    whose = base64.b64encode("{customerNm=张三丰}".encode()).decode()
    form = f"txnType=11&customerInfo={quote(whose)}&orderId=att1".encode()
    said = masked_request(
        HttpRequest(
            method="POST",
            url="https://api.example/pay",
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=form,
        )
    )
    assert "customerInfo=***&" in said
    assert whose[-4:] not in said
    assert "orderId=att1" in said
