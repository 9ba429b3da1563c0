"""Is it signed as UnionPay signs? By two of its own messages, and by OpenSSL's command line."""

import base64
import hashlib
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from tael.channels.connectors.unionpay.forms import read_answer
from tael.channels.connectors.unionpay.signing import CERTIFICATE, Trust, signed_by
from tael.channels.errors import NoticeRefused
from tael.channels.port import Operation, OutcomeState, PostForm, Product, Request
from tael.simulators.unionpay.messages import digest_of, write_form
from tests.unit.unionpay_desk import NOW, ORDER, Desk, sent_by
from tests.unit.unionpay_samples import ANSWER, NOTICE, OWNERS


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("unionpay"))


def _certificate(fields: Mapping[str, str]) -> x509.Certificate:
    return x509.load_pem_x509_certificate(fields[CERTIFICATE].encode())


@pytest.mark.parametrize("sample", [NOTICE, ANSWER], ids=["notice", "answer"])
def test_messages_that_unionpay_signed_are_believed_as_they_came(sample: bytes) -> None:
    fields = read_answer(sample)
    assert signed_by(_certificate(fields), fields)


@pytest.mark.parametrize("sample", [NOTICE, ANSWER], ids=["notice", "answer"])
@pytest.mark.parametrize("name", ["txnAmt", "orderId", "merId", "respCode", "queryId"])
def test_messages_that_unionpay_signed_are_refused_once_a_field_differs(sample: bytes, name: str) -> None:
    fields = read_answer(sample)
    changed = {**fields, name: fields[name][:-1] + ("1" if fields[name][-1] != "1" else "2")}
    assert not signed_by(_certificate(fields), changed)


def test_a_certificate_in_unionpays_name_counts_for_nothing_without_its_authority(desk: Desk) -> None:
    trust = Trust(authorities_pem=desk.keys.authorities, owners=OWNERS)
    fields = read_answer(ANSWER)
    assert signed_by(_certificate(fields), fields)
    assert not trust.believes(fields, now=datetime(2024, 1, 5, 12, tzinfo=UTC))


def test_openssl_computes_the_signature_that_we_send(desk: Desk, tmp_path: Path) -> None:
    sent = dict(sent_by(desk.asked(Request(operation=Operation.PAY, order=ORDER))))
    text = "&".join(f"{name}={sent[name]}" for name in sorted(sent) if name != "signature")
    digest = subprocess.run(
        ["openssl", "dgst", "-sha256", "-r"], input=text.encode(), capture_output=True, check=True
    ).stdout.split()[0]
    key = tmp_path / "key.pem"
    key.write_text(desk.keys.merchant.private_key)
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(key)], input=digest, capture_output=True, check=True
    ).stdout
    assert sent["signature"] == base64.b64encode(signature).decode()
    assert sent["certId"] == desk.keys.merchant.number


def test_a_page_is_opened_by_a_signed_form_and_nothing_is_sent(desk: Desk) -> None:
    order = msgspec.structs.replace(ORDER, product=Product.PAGE, return_url="https://shop.example/thanks")
    conversation = desk.connector.converse(Request(operation=Operation.PAY, order=order), now=NOW)
    with pytest.raises(StopIteration) as end:
        next(conversation)
    outcome = end.value.value
    assert outcome.state is OutcomeState.WAITING
    assert isinstance(outcome.action, PostForm)
    assert outcome.action.url == "http://unionpay.example/gateway/api/frontTransReq.do"
    assert desk.seal.merchant_signed(outcome.action.fields)
    assert outcome.action.fields["frontUrl"] == "https://shop.example/thanks"
    assert outcome.action.fields["orderId"] == "attZu06dk3vg5m8x4t9c1h2zq7n0rby"
    assert outcome.action.fields["payTimeout"] == "20260501124610"


def test_no_single_bit_of_a_notice_can_change_without_being_noticed(desk: Desk) -> None:
    whole = write_form(desk.seal.seal(desk.notice_fields()))
    believed = desk.connector.read_notice(desk.inbound(whole), now=NOW)
    for position in range(0, len(whole), 3):
        spoilt = bytearray(whole)
        spoilt[position] ^= 1 << (position % 8)
        try:
            read = desk.connector.read_notice(desk.inbound(bytes(spoilt)), now=NOW)
        except NoticeRefused:
            continue
        assert read == believed, f"bit {position % 8} of byte {position} made another notice of it"


def test_old_and_new_authorities_are_both_believed_while_they_overlap(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other")
    from_the_other = other.notice()
    with pytest.raises(NoticeRefused, match="signature"):
        desk.connector.read_notice(from_the_other, now=NOW)
    both = desk.made(authorities=desk.keys.authorities + other.keys.authorities)
    assert both.read_notice(from_the_other, now=NOW).outcome is not None
    assert both.read_notice(desk.notice(), now=NOW).outcome is not None


def test_a_certificate_of_another_owner_is_refused_though_the_authority_is_right(desk: Desk) -> None:
    trust = Trust(authorities_pem=desk.keys.authorities, owners=("Somebody else",))
    fields = desk.seal.seal(desk.notice_fields())
    assert not trust.believes(fields, now=NOW)


def test_the_merchants_own_certificate_cannot_speak_for_unionpay(desk: Desk) -> None:
    fields = {**desk.notice_fields(), CERTIFICATE: desk.keys.merchant.certificate}
    signature = desk.keys.merchant.key.sign(digest_of(fields), PKCS1v15(), hashes.SHA256())
    spoken = {**fields, "signature": base64.b64encode(signature).decode()}
    with pytest.raises(NoticeRefused, match="signature"):
        desk.connector.read_notice(desk.inbound(write_form(spoken)), now=NOW)


def test_an_expired_certificate_is_refused_after_its_last_day(desk: Desk) -> None:
    trust = Trust(authorities_pem=desk.keys.authorities, owners=(desk.settings["certificate_owners"][0],))
    fields = desk.seal.seal(desk.notice_fields())
    assert trust.believes(fields, now=datetime(2054, 12, 31, tzinfo=UTC))
    assert not trust.believes(fields, now=datetime(2055, 1, 1, tzinfo=UTC) + timedelta(seconds=1))


def test_keys_that_cannot_be_used_are_refused_in_words(desk: Desk) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="another private key"):
        desk.made(private_key=other.decode())
    with pytest.raises(ValueError, match="root is missing"):
        desk.made(authorities=desk.keys.middle.certificate)
    with pytest.raises(ValueError, match="no certificate of an authority"):
        desk.made(authorities=desk.keys.merchant.certificate)


def test_the_digest_is_written_in_small_hexadecimal_letters() -> None:
    assert (
        digest_of({"b": "2", "a": "1", "signature": "x"}) == hashlib.sha256(b"a=1&b=2").hexdigest().encode()
    )
