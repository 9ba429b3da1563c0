"""Is this request what the key's holder wrote? HTTP Message Signatures (RFC 9421), with Content-Digest (RFC 9530).

A signature covers the method, the address with its query, the digest of the body, the Idempotency-Key and whatever else
changes what is done; it is good for five minutes, and once. Algorithms are those of the standard for Ed25519 and RSA, and
`sm2-sm3`, which is ours: SM2 with SM3 (GB/T 32918.2) and the usual identity `1234567812345678`, as DER.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Literal, get_args

import gmssl_pyx  # type: ignore[import-untyped]  # it ships a stub without the mark that says so
import msgspec
from cryptography.exceptions import InvalidSignature as NotSigned
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureAlgorithm, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519, RSA_PSS_SHA512, RSA_V1_5_SHA256
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from tael.foundation.clock import Clock
from tael.foundation.db import Database, queries
from tael.foundation.errors import Malformed, Unauthenticated

SQL = queries("tael.foundation")

GOOD_SECONDS = 300
"""How long after it was made a signature is accepted."""
AHEAD_SECONDS = 30
"""How far the signer's clock may be ahead of ours."""
_NONCE_LENGTH = range(8, 129)
_LEAST_RSA_BITS, _MOST_RSA_BITS = 2048, 8192
_SIGNATURE = re.compile(r"[a-z*][a-z0-9_.*-]*=:([A-Za-z0-9+/]{2,}={0,2}):")
_SM2_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
"""What an SM2 public key begins with as DER (RFC 5280): the curve, and the mark of an uncompressed point."""

Algorithm = Literal["ed25519", "rsa-pss-sha512", "rsa-v1_5-sha256", "sm2-sm3"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)


class SignatureRefused(Unauthenticated):
    """The signature is missing, incomplete, too old, or not that of this request by a key that is registered."""

    code = "signature_refused"


class SignatureSeen(SignatureRefused):
    """A request with this nonce has come before: each signature is good once."""

    code = "signature_seen"


class PublicKeyMalformed(Malformed):
    """That is no public key of the algorithm."""

    code = "public_key_malformed"


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key by which somebody's signatures are known."""

    algorithm: Algorithm
    der: bytes
    """SubjectPublicKeyInfo."""


class SignedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed of a request, as it came over the wire."""

    method: str
    url: str
    lines: list[tuple[str, str]]
    """The header lines."""
    body: bytes

    @property
    def headers(self) -> "SignedRequest":
        """Itself: the library asks for `headers.items()`."""
        return self

    def items(self) -> list[tuple[str, str]]:
        """The header lines."""
        return self.lines


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature that was found good, but for whether it was seen before."""

    signer: str
    nonce: str
    created_at: datetime


class Nonces:
    """Which signatures were seen, by any process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, signature: Signature) -> None:
        """Write it down, before anything is done; refuses `SignatureSeen`."""
        good_until = signature.created_at + timedelta(seconds=GOOD_SECONDS + AHEAD_SECONDS)
        async with self._database.transaction() as tx:
            new = await tx.run(
                SQL.note_nonce,
                signer=signature.signer,
                nonce=signature.nonce,
                good_until=good_until,
                now=self._clock.now(),
            )
        if not new:
            raise SignatureSeen(
                "A request with this nonce has come before.",
                field="Signature-Input",
                hint="Sign each request anew, with a new nonce; keep its Idempotency-Key if it is a repeat.",
            )


def read_public_key(pem: str, algorithm: Algorithm) -> PublicKey:
    """The public key in a PEM text (`-----BEGIN PUBLIC KEY-----`); refuses `PublicKeyMalformed`."""
    lines = [line.strip() for line in pem.strip().splitlines()]
    if len(lines) < 3 or lines[0] != "-----BEGIN PUBLIC KEY-----" or lines[-1] != "-----END PUBLIC KEY-----":
        raise _no_key("It begins with -----BEGIN PUBLIC KEY----- and ends with -----END PUBLIC KEY-----.")
    try:
        der = base64.b64decode("".join(lines[1:-1]), validate=True)
    except binascii.Error:
        raise _no_key("Between its first and last line stands base64.") from None
    key = PublicKey(algorithm=algorithm, der=der)
    why_not = _why_not_of(key)
    if why_not:
        raise _no_key(why_not)
    return key


def pem_of(key: PublicKey) -> str:
    """The key as PEM."""
    text = base64.b64encode(key.der).decode()
    rows = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *rows, "-----END PUBLIC KEY-----", ""])


def check_signature(request: SignedRequest, signers: Mapping[str, PublicKey], *, now: datetime) -> Signature:
    """The signature of a request, by one of `signers`; refuses `SignatureRefused`."""
    named = {name.lower() for name, _ in request.lines}
    needed = ["@method"]
    needed += [name for name in ("idempotency-key", "tael-version") if name in named]
    if request.body or request.method == "POST":
        needed.append("content-digest")
    signer, key = _signer(request, signers)
    _check_base64(request)
    verifier = _Verifier(signature_algorithm=_ALGORITHMS[key.algorithm], key_resolver=_Known(key))
    try:
        [found] = verifier.verify(request, max_age=None, require_components=needed, body=request.body)
    except HTTPMessageSignaturesException as error:
        raise _refused(_reason(error)) from error
    covered = found.covered_components.keys()
    if '"@target-uri"' not in covered and not {'"@path"', '"@query"'} <= covered:
        raise _refused("It does not cover the address: @target-uri, or @path and @query.")
    created = _moment(found.parameters.get("created"))
    if not now - timedelta(seconds=GOOD_SECONDS) <= created <= now + timedelta(seconds=AHEAD_SECONDS):
        raise _refused(
            f"It was created at {created:%Y-%m-%dT%H:%M:%SZ}; here it is {now:%Y-%m-%dT%H:%M:%SZ}."
        )
    if "expires" in found.parameters and _moment(found.parameters["expires"]) <= now:
        raise _refused("It has expired.")
    if found.nonce is None or len(found.nonce) not in _NONCE_LENGTH:
        raise _refused(f"It has no nonce of {_NONCE_LENGTH.start} to {_NONCE_LENGTH.stop - 1} characters.")
    return Signature(signer=signer, nonce=found.nonce, created_at=created)


class _Sm2(HTTPSignatureAlgorithm):
    """SM2 with SM3: not in the registry of RFC 9421."""

    algorithm_id = "sm2-sm3"

    def __init__(self, public_key: Any = None, private_key: Any = None) -> None:
        self._public, self._private = public_key, private_key

    def sign(self, message: bytes) -> bytes:
        public, private = self._private
        return bytes(gmssl_pyx.sm2_sign(private, public, message))

    def verify(self, signature: bytes, message: bytes) -> None:
        if not gmssl_pyx.sm2_verify(self._public, message, signature):
            raise NotSigned


_ALGORITHMS: Mapping[str, type[HTTPSignatureAlgorithm]] = {
    algorithm.algorithm_id: algorithm for algorithm in (ED25519, RSA_PSS_SHA512, RSA_V1_5_SHA256, _Sm2)
}


class _Known(HTTPSignatureKeyResolver):
    """The one key that may have signed."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    def resolve_public_key(self, _key_id: str) -> Any:
        return _loaded(self._key)


class _Verifier(HTTPMessageVerifier):
    """Leaves time to us: we are handed a clock."""

    require_created: ClassVar[bool] = True  # type: ignore[misc]  # the library did not think of it as a constant

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        """Nothing."""


@lru_cache(maxsize=1024)
def _loaded(key: PublicKey) -> Any:
    """The key as its algorithm wants it."""
    return key.der[len(_SM2_HEAD) :] if key.algorithm == "sm2-sm3" else load_der_public_key(key.der)


def _why_not_of(key: PublicKey) -> str:
    """Why this is no key of its algorithm, or nothing."""
    if key.algorithm == "sm2-sm3":
        fits = key.der.startswith(_SM2_HEAD) and len(key.der) == len(_SM2_HEAD) + 64
        return "" if fits and _is_point(_loaded(key)) else "It is no point of the curve of SM2."
    try:
        loaded = load_der_public_key(key.der)
    except (ValueError, UnsupportedAlgorithm):
        return "It cannot be read."
    if loaded.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != key.der:
        return "It is not written in the usual way."
    if key.algorithm == "ed25519":
        return "" if isinstance(loaded, Ed25519PublicKey) else "It is no key of Ed25519."
    if not isinstance(loaded, RSAPublicKey):
        return "It is no key of RSA."
    fits = _LEAST_RSA_BITS <= loaded.key_size <= _MOST_RSA_BITS
    return "" if fits else f"A key of RSA has {_LEAST_RSA_BITS} to {_MOST_RSA_BITS} bits."


_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93


def _is_point(coordinates: bytes) -> bool:
    """Whether y² = x³ - 3x + b on the curve of GB/T 32918.5."""
    x, y = int.from_bytes(coordinates[:32]), int.from_bytes(coordinates[32:])
    return max(x, y) < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0


def _signer(request: SignedRequest, signers: Mapping[str, PublicKey]) -> tuple[str, PublicKey]:
    """Whose key the signature names: the check itself looks again."""
    inputs = [value for name, value in request.lines if name.lower() == "signature-input"]
    if len(inputs) != 1:
        raise _refused("There is not exactly one Signature-Input.")
    try:
        members = HTTPMessageVerifier._parse_signature_dictionary(inputs[0])  # noqa: SLF001 - parsed as it will be
        [member] = members.values()
        name = member.params["keyid"]
    except (HTTPMessageSignaturesException, ValueError, TypeError, KeyError, AttributeError):
        raise _refused("Its Signature-Input does not name one signature with a keyid.") from None
    if not isinstance(name, str) or name not in signers:
        raise _refused("Its keyid names no public key that is registered at this API key.")
    return name, signers[name]


def _check_base64(request: SignedRequest) -> None:
    """The standard lets readers overlook the last bits of base64; here each signature is written in one way."""
    values = [value for name, value in request.lines if name.lower() == "signature"]
    match = _SIGNATURE.fullmatch(values[0]) if len(values) == 1 else None
    try:
        as_usual = match and base64.b64encode(base64.b64decode(match[1])).decode() == match[1]
    except binascii.Error:
        as_usual = False
    if not as_usual:
        raise _refused("There is not exactly one Signature, in base64 between colons.")


def _moment(seconds: object) -> datetime:
    if not isinstance(seconds, int) or not 0 <= seconds < 2**35:
        raise _refused("It does not say when it was created.")
    return datetime.fromtimestamp(seconds, UTC)


def _reason(error: Exception) -> str:
    """What the library says, if it is about form; of a signature that is wrong it says nothing."""
    said = str(error)
    return f"{said.rstrip('.')}." if said else "It is not that of this request."


def _refused(why: str) -> SignatureRefused:
    return SignatureRefused(
        f"The signature of the request is refused. {why}",
        field="Signature",
        hint="Cover @method, @target-uri, content-digest and idempotency-key, with created, keyid and nonce (RFC 9421).",
    )


def _no_key(why: str) -> PublicKeyMalformed:
    return PublicKeyMalformed(
        f"The public key cannot be used. {why}",
        field="public_key",
        hint="Send what `openssl pkey -in private.pem -pubout` prints.",
    )
