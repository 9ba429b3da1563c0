"""Do requests that our client signs pass the platform's check, with keys as openssl makes them?"""

import base64
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tael.client.signing import signer
from tael.foundation.http.signatures import (
    Algorithm,
    SignatureRefused,
    SignedRequest,
    check_signature,
    read_public_key,
)

URL = "https://pay.example/v1/payments?limit=1&q=caf%C3%A9"
OPENSSL: dict[Algorithm, list[str]] = {
    "ed25519": ["ed25519"],
    "rsa-pss-sha512": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "sm2-sm3": ["SM2"],
}


def _keys(folder: Path, algorithm: Algorithm) -> tuple[bytes, str]:
    """A private key and its public half, in PEM."""
    private = folder / "private.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", *OPENSSL[algorithm], "-out", private],
        check=True,
        capture_output=True,
    )
    public = subprocess.run(
        ["openssl", "pkey", "-in", private, "-pubout"], check=True, capture_output=True, text=True
    )
    return private.read_bytes(), public.stdout


@pytest.mark.parametrize("algorithm", OPENSSL)
@pytest.mark.parametrize("body", [None, b'{"amount_minor":1280}'])
def test_a_signed_request_passes_and_a_changed_one_does_not(
    tmp_path: Path, algorithm: Algorithm, body: bytes | None
) -> None:
    private, public = _keys(tmp_path, algorithm)
    signers = {"sgk_1": read_public_key(public, algorithm)}
    now = datetime.now(UTC)
    headers = {"Idempotency-Key": "order-1", "Tael-Version": "2026-11-22", "Authorization": "Bearer tael_1"}
    method = "GET" if body is None else "POST"

    headers |= signer("sgk_1", private).sign(method, URL, headers, body)

    request = SignedRequest(method=method, url=URL, lines=list(headers.items()), body=body or b"")
    signature = check_signature(request, signers, now=now)
    assert signature.signer == "sgk_1"
    another = list((headers | {"Idempotency-Key": "order-2"}).items())
    with pytest.raises(SignatureRefused):
        check_signature(
            SignedRequest(method=method, url=URL, lines=another, body=body or b""), signers, now=now
        )
    with pytest.raises(SignatureRefused):
        check_signature(request, signers, now=now + timedelta(minutes=6))


def test_each_signature_has_a_nonce_of_its_own(tmp_path: Path) -> None:
    mine = signer("sgk_1", _keys(tmp_path, "ed25519")[0])

    once, again = (mine.sign("GET", URL, {}, None)["Signature-Input"] for _ in range(2))

    assert once.partition("nonce")[2] != again.partition("nonce")[2]


def test_what_is_no_private_key_is_refused_with_what_one_looks_like() -> None:
    with pytest.raises(ValueError, match="BEGIN PRIVATE KEY"):
        signer("sgk_1", b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(b"x") + b"\n")
