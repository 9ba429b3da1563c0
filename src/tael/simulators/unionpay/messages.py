"""How does UnionPay write and sign? Fields in the order of their names, an SHA-256 in hexadecimal, an RSA signature."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tael.simulators.base import Fault
from tael.simulators.unionpay.keys import Holder, Keys

ANOTHER_MERCHANT = "777290058999999"
ANOTHER_ORDER = "someotherorder01"


def digest_of(fields: Mapping[str, str]) -> bytes:
    """The digest that is signed."""
    pairs = sorted((name, value) for name, value in fields.items() if name != "signature")
    return hashlib.sha256("&".join(f"{name}={value}" for name, value in pairs).encode()).hexdigest().encode()


class Seal:
    """Signs as UnionPay, and checks the merchant's signatures."""

    def __init__(self, keys: Keys) -> None:
        self._unionpay = (keys.unionpay.key, _as_sent(keys.unionpay))
        self._impostor = (keys.impostor.key, _as_sent(keys.impostor))
        self._encryption_key, self._encryption_number = keys.encryption.key, keys.encryption.number
        self.merchant_certificate = keys.merchant.number
        key = x509.load_pem_x509_certificate(keys.merchant.certificate.encode()).public_key()
        if not isinstance(key, RSAPublicKey):
            raise TypeError("the merchant's key must be RSA")
        self._merchant_key = key

    def open_card(self, sent: Mapping[str, str]) -> str:
        """The card's number, that only UnionPay can read; empty if it was not encrypted for UnionPay."""
        if sent.get("encryptCertId") != self._encryption_number:
            return ""
        try:
            return self._encryption_key.decrypt(
                base64.b64decode(sent.get("accNo", ""), validate=True), PKCS1v15()
            ).decode("ascii")
        except (binascii.Error, ValueError):
            return ""

    def seal(self, fields: Mapping[str, str], *, wrong: frozenset[Fault] = frozenset()) -> dict[str, str]:
        """The fields with certificate and signature; `wrong` says what to spoil, before or instead."""
        spoilt = spoil(fields, wrong)
        key, certificate = self._impostor if Fault.WRONG_SIGNATURE in wrong else self._unionpay
        spoilt["signPubKeyCert"] = certificate
        signature = key.sign(digest_of(spoilt), PKCS1v15(), hashes.SHA256())
        return {**spoilt, "signature": base64.b64encode(signature).decode()}

    def merchant_signed(self, fields: Mapping[str, str]) -> bool:
        """Whether the merchant signed exactly these fields."""
        try:
            signature = base64.b64decode(fields.get("signature", ""), validate=True)
            self._merchant_key.verify(signature, digest_of(fields), PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def spoil(fields: Mapping[str, str], wrong: frozenset[Fault]) -> dict[str, str]:
    """The fields with whatever is to be wrong about them, other than the signature."""
    spoilt = dict(fields)
    if Fault.WRONG_AMOUNT in wrong and spoilt.get("txnAmt", "").isdecimal():
        spoilt["txnAmt"] = str(int(spoilt["txnAmt"]) + 1)
    if Fault.WRONG_MERCHANT in wrong:
        spoilt["merId"] = ANOTHER_MERCHANT
    if Fault.WRONG_ORDER in wrong and "orderId" in spoilt:
        spoilt["orderId"] = ANOTHER_ORDER
    return spoilt


def write_answer(fields: Mapping[str, str]) -> bytes:
    """An answer: bare pairs, nothing is percent-encoded."""
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode()


def write_form(fields: Mapping[str, str]) -> bytes:
    """A notice: the form of a browser."""
    return urlencode(fields).encode()


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a message of the merchant."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))


def _as_sent(holder: Holder) -> str:
    """A certificate as UnionPay sends it: lines end as in Windows, the last one does not end."""
    return holder.certificate.strip().replace("\n", "\r\n")
