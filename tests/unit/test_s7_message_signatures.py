"""S7: is a signed request let in exactly as it was signed, and with one bit changed never?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tael.foundation.http.signatures import (
    ALGORITHMS,
    Algorithm,
    PublicKeyMalformed,
    SignatureRefused,
    SignedRequest,
    check_signature,
    pem_of,
    read_public_key,
)
from tests.unit.signing_desk import SM2_HEAD, Signer, make_signer, pem, request_of, signed_headers

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
TARGET = "/v1/payments/pay_06dk3vg5m8x4t9c1h2zq7n0rby/refunds?expand=payment&x=%2Fy"
BODY = b'{"amount_minor":1280,"reason":"requested"}'
HEADERS = {
    "idempotency-key": "order-1001-refund",
    "tael-version": "2026-11-22",
    "content-type": "application/json",
}
SIGNERS: dict[Algorithm, Signer] = {algorithm: make_signer(algorithm) for algorithm in ALGORITHMS}


def checked(request: SignedRequest, signer: Signer, *, now: datetime = NOW) -> str:
    key = read_public_key(signer.public_pem, signer.algorithm)
    return check_signature(request, {"sgk_1": key}, now=now).nonce


def signed(signer: Signer, method: str = "POST", body: bytes = BODY, **its: object) -> SignedRequest:
    headers = signed_headers(signer, method, TARGET, body, created=NOW, headers=HEADERS, **its)  # type: ignore[arg-type]
    return request_of(method, TARGET, headers, body)


def one_bit_changed(text: str) -> Iterator[str]:
    """Every text that differs in one of the eight bits of one character."""
    raw = text.encode("latin-1")
    for place in range(len(raw)):
        for bit in range(8):
            yield (raw[:place] + bytes([raw[place] ^ (1 << bit)]) + raw[place + 1 :]).decode("latin-1")


def variants(request: SignedRequest) -> Iterator[tuple[str, SignedRequest]]:
    """The request with one bit changed, in every part."""
    start = len("https://pay.example")
    for method in one_bit_changed(request.method):
        yield "method", msgspec.structs.replace(request, method=method)
    for target in one_bit_changed(request.url[start:]):
        yield "address", msgspec.structs.replace(request, url=request.url[:start] + target)
    for body in one_bit_changed(request.body.decode()):
        yield "body", msgspec.structs.replace(request, body=body.encode("latin-1"))
    for position, (name, value) in enumerate(request.lines):
        if name == "content-type":
            continue
        for other in one_bit_changed(value):
            lines = [*request.lines]
            lines[position] = name, other
            yield f"{name} {value[:20]}", msgspec.structs.replace(request, lines=lines)
        for other in one_bit_changed(name):
            if other.lower() != name:
                lines = [*request.lines]
                lines[position] = other, value
                yield f"name {name}", msgspec.structs.replace(request, lines=lines)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_s7_no_request_with_one_bit_changed_is_accepted(algorithm: Algorithm) -> None:
    signer = SIGNERS[algorithm]
    request = signed(signer)
    assert checked(request, signer) == "n-0123456789"
    tried, accepted = 0, []
    for what, variant in variants(request):
        tried += 1
        try:
            checked(variant, signer)
        except SignatureRefused:
            continue
        accepted.append((what, variant))
    assert not accepted, accepted[:3]
    assert tried > 3_500


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_s7_a_request_without_a_body_is_bound_by_path_and_query(algorithm: Algorithm) -> None:
    signer = SIGNERS[algorithm]
    request = signed(
        signer, "GET", b"", covered=("@method", "@path", "@query", "idempotency-key", "tael-version")
    )
    checked(request, signer)
    with pytest.raises(SignatureRefused):
        checked(msgspec.structs.replace(request, url=request.url + "&limit=2"), signer)
    with pytest.raises(SignatureRefused):
        checked(msgspec.structs.replace(request, body=b"{}"), signer)


@pytest.mark.parametrize(
    "left_out", ["@method", "@target-uri", "content-digest", "idempotency-key", "tael-version"]
)
def test_s7_a_signature_that_leaves_something_out_is_refused(left_out: str) -> None:
    signer = SIGNERS["ed25519"]
    everything = ("@method", "@target-uri", "content-digest", "idempotency-key", "tael-version")
    checked(signed(signer, covered=everything), signer)
    with pytest.raises(SignatureRefused):
        checked(signed(signer, covered=tuple(name for name in everything if name != left_out)), signer)


def test_s7_path_without_query_does_not_cover_the_address() -> None:
    signer = SIGNERS["ed25519"]
    for half in ("@path", "@query"):
        with pytest.raises(SignatureRefused):
            checked(
                signed(
                    signer, covered=("@method", half, "content-digest", "idempotency-key", "tael-version")
                ),
                signer,
            )


def test_s7_a_signature_is_good_for_five_minutes_and_not_from_the_future() -> None:
    signer = SIGNERS["ed25519"]
    request = signed(signer)
    for seconds in (-30, 0, 300):
        checked(request, signer, now=NOW + timedelta(seconds=seconds))
    for seconds in (-31, 301, 10**6, -(10**6)):
        with pytest.raises(SignatureRefused):
            checked(request, signer, now=NOW + timedelta(seconds=seconds))
    ends = signed(signer, more=f";expires={int(NOW.timestamp()) + 10}")
    checked(ends, signer, now=NOW + timedelta(seconds=9))
    with pytest.raises(SignatureRefused):
        checked(ends, signer, now=NOW + timedelta(seconds=10))


def test_s7_another_key_another_algorithm_or_no_nonce_is_refused() -> None:
    signer = SIGNERS["ed25519"]
    for wrong in (
        signed(signer, key_id="sgk_2"),
        signed(signer, nonce=""),
        signed(signer, nonce="short"),
        signed(signer, nonce="n" * 129),
        signed(signer, more=';alg="hmac-sha256"'),
        signed(signer, more=';alg="rsa-pss-sha512"'),
        signed(make_signer("ed25519")),
    ):
        with pytest.raises(SignatureRefused):
            checked(wrong, signer)
    checked(signed(signer, more=';alg="ed25519"'), signer)


def test_s7_two_signatures_or_half_of_one_are_refused() -> None:
    signer = SIGNERS["ed25519"]
    good = signed(signer)
    named = dict(good.lines)
    twice = [
        ("signature", f"{named['signature']}, sig2=:AAAA:"),
        ("signature-input", f"{named['signature-input']}, sig2=()"),
    ]
    rest = [line for line in good.lines if not line[0].startswith("signature")]
    for lines in (
        rest,
        [*rest, ("signature", named["signature"])],
        [*rest, ("signature-input", named["signature-input"])],
        [*rest, *twice],
        [*good.lines, ("signature-input", named["signature-input"])],
        [*good.lines, ("idempotency-key", "another")],
    ):
        with pytest.raises(SignatureRefused):
            checked(msgspec.structs.replace(good, lines=lines), signer)


def test_s7_a_public_key_of_another_kind_or_form_is_not_registered() -> None:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    short = rsa.generate_private_key(65537, 1024).public_key()
    others = [
        pem(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) for key in (point, short)
    ]
    rubbish = [
        "",
        "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----",
        "ssh-ed25519 AAAA",
        pem(b"\x30\x00"),
    ]
    off_the_curve = pem(SM2_HEAD + bytes(63) + b"\x01")
    for algorithm in ALGORITHMS:
        strangers = [signer.public_pem for other, signer in SIGNERS.items() if other[:3] != algorithm[:3]]
        for text in [*others, *rubbish, *strangers, off_the_curve]:
            with pytest.raises(PublicKeyMalformed):
                read_public_key(text, algorithm)
        own = SIGNERS[algorithm].public_pem
        assert pem_of(read_public_key(own, algorithm)) == own
