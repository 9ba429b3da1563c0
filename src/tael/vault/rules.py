"""Which digits can be a card, whose is it, and where may it go?"""

import hashlib
import re
import tomllib
from datetime import date
from importlib import resources
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from stdnum import luhn

from tael.vault.errors import CardRefused, DestinationRefused, PageRefused
from tael.vault.model import Brand, Card

BRANDS: tuple[Brand, ...] = msgspec.convert(
    tomllib.loads(resources.files("tael.vault").joinpath("brands.toml").read_text("utf-8"))["brand"],
    tuple[Brand, ...],
)
"""The first that fits counts."""
UNKNOWN = Brand(name="unknown", shown="", ranges=(), lengths=tuple(range(12, 20)), security_code=3)
_LONGEST_VALIDITY_YEARS = 25
_SHORTEST_KEY_BITS = 2048
KEY = "key:"
"""How the names of keys begin, among the destinations."""
_KEY_NAME = re.compile(r"key:[0-9a-f]{64}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PAGE = re.compile(r"(https?)://(\[[0-9a-f:]{2,39}\]|[0-9A-Za-z.-]{1,253})(:[0-9]{1,5})?(/[!-~]{0,500})?")


def brand_of(number: str) -> Brand:
    """Whose card it is, by its first digits."""
    for brand in BRANDS:
        for lowest, highest in brand.ranges:
            head = number[: len(str(lowest))]
            if head and lowest <= int(head) <= highest:
                return brand
    return UNKNOWN


def check_card(card: Card, *, today: date) -> Brand:
    """Whose card it is; refuses `CardRefused`, with what is wrong of which field, and never with the digits."""
    if not (card.number.isascii() and card.number.isdigit()):
        raise _refused("number", "not_digits")
    brand = brand_of(card.number)
    if len(card.number) not in brand.lengths:
        raise _refused("number", "length")
    if not luhn.is_valid(card.number):
        raise _refused("number", "check_digit")
    if not 1 <= card.exp_month <= 12:
        raise _refused("exp_month", "no_month")
    if (card.exp_year, card.exp_month) < (today.year, today.month):
        raise _refused("exp_year", "over")
    if card.exp_year > today.year + _LONGEST_VALIDITY_YEARS:
        raise _refused("exp_year", "too_far")
    code = card.security_code
    if code and not (code.isascii() and code.isdigit() and len(code) == brand.security_code):
        raise _refused("security_code", "length")
    return brand


_WHY = {
    "not_digits": "A card's number has digits only.",
    "length": "It has not as many digits as a card of this kind.",
    "check_digit": "One digit of the card's number is wrong.",
    "no_month": "There are twelve months.",
    "over": "The card is not valid any more.",
    "too_far": "No card is valid for so long.",
}


def _refused(field: str, wrong: str) -> CardRefused:
    return CardRefused(_WHY[wrong], field=field, wrong=wrong)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as they are compared; refuses `DestinationRefused`.

    Only `https`, or this very machine: a card's number crosses no network in the open.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise DestinationRefused("That is no address.", field="url") from None
    if parts.username is not None or parts.password is not None or not host:
        raise DestinationRefused("The address must be a scheme, a host and a port.", field="url")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise DestinationRefused(
            "Cards go nowhere but by https, or to this very machine.",
            field="url",
            hint="Name an https address.",
        )
    return f"{parts.scheme}://{host}:{port or (443 if parts.scheme == 'https' else 80)}"


def read_key(pem: bytes) -> RSAPublicKey:
    """The public key in a certificate, or alone; refuses `DestinationRefused` for what is none, or too short."""
    try:
        is_certificate = b"BEGIN CERTIFICATE" in pem
        key: object = (
            x509.load_pem_x509_certificate(pem.strip()).public_key()
            if is_certificate
            else load_pem_public_key(pem.strip())
        )
    except (ValueError, UnsupportedAlgorithm):
        raise DestinationRefused("That is no public key in PEM.", field="key") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _SHORTEST_KEY_BITS:
        raise DestinationRefused(
            f"Cards are sealed for RSA keys of {_SHORTEST_KEY_BITS} bits or more.", field="key"
        )
    return key


def name_of_key(key: RSAPublicKey) -> str:
    """How the key stands among the destinations: by its fingerprint."""
    content = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"{KEY}{hashlib.sha256(content).hexdigest()}"


def destination_named(text: str) -> str:
    """A destination as it is kept: the origin of an address, or the name of a key; refuses `DestinationRefused`."""
    return text if _KEY_NAME.fullmatch(text) else origin_of(text)


def is_of_this_machine(url: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


def check_page(url: str, *, field: str = "url") -> str:
    """The origin of a page; refuses `PageRefused` unless it is an https address, or one of this very machine."""
    match = _PAGE.fullmatch(url)
    if match is None or any(letter in url for letter in "\"'<>;,\\"):
        raise PageRefused(
            "That is no address of a page.", field=field, hint="Name it as https://shop.example."
        )
    if match[1] == "http" and match[2].strip("[]") not in _LOOPBACK:
        raise PageRefused("A page with card fields needs https.", field=field)
    return f"{match[1]}://{match[2]}{match[3] or ''}"
