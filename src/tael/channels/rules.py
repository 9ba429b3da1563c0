"""What can be decided about channels without asking anybody?"""

import ipaddress
import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from tael.channels.model import LATENCY_BOUNDS_MS, CertificateInUse
from tael.foundation.printable import LINES

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]{1,100000}-----END CERTIFICATE-----")
_LONGEST_SUBJECT = 500
_READABLE = re.compile(LINES)
_NETWORK = re.compile(r"[a-z0-9-]{1,32}:[A-Za-z0-9_-]{1,64}")
"""The name of a network (CAIP-2): `eip155:1`."""
_LARGEST_NUMBER = 2**63 - 1


def moves_no_real_money(addresses: Sequence[str], told: object = None) -> bool:
    """Whether a channel can reach nobody but this machine: then a simulator is behind it, and it may be tried without a
    contract.

    addresses   whom its connector says that it talks to; of one that names nobody we know nothing
    told        settings and credentials with their defaults: no URL in them may lead elsewhere, whatever the connector says
    """
    urls = [text for text in _texts_in(told) if "://" in text]
    return bool(addresses) and all(map(_is_here, (*addresses, *urls)))


def place_of_address(address: str) -> str:
    """What of an address may be shown: where it leads, without the path, the query and the password, which may be secret."""
    if _NETWORK.fullmatch(address):
        return address
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        return "an address that cannot be read"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def is_fit_to_keep(told: object) -> bool:
    """Whether people can read every text in settings, and the database can hold every number."""
    if isinstance(told, str):
        return _READABLE.match(told) is not None
    if isinstance(told, Mapping):
        return all(is_fit_to_keep(name) and is_fit_to_keep(value) for name, value in told.items())
    if isinstance(told, Sequence) and not isinstance(told, bytes):
        return all(map(is_fit_to_keep, told))
    if isinstance(told, float):
        return math.isfinite(told)
    return not isinstance(told, int) or abs(told) <= _LARGEST_NUMBER


def certificates_in(told: Mapping[str, object]) -> tuple[CertificateInUse, ...]:
    """Every certificate in PEM that a channel is told, the first to end first. What cannot be read is left out."""
    found = {
        (read.field, read.fingerprint): read
        for field, value in told.items()
        for text in _texts_in(value)
        for block in _CERTIFICATE.findall(text)
        if (read := _read_certificate(field, block)) is not None
    }
    return tuple(sorted(found.values(), key=lambda each: (each.ends_at, each.field, each.fingerprint)))


def place_of(seconds: float) -> int:
    """Which count of `Measure.latency` a call belongs to."""
    return bisect_left(LATENCY_BOUNDS_MS, seconds * 1000)


def _is_here(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _texts_in(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, Mapping):
        for value in told.values():
            yield from _texts_in(value)
    elif isinstance(told, Sequence) and not isinstance(told, bytes):
        for value in told:
            yield from _texts_in(value)


def _read_certificate(field: str, pem: str) -> CertificateInUse | None:
    try:
        read = x509.load_pem_x509_certificate(pem.encode())
        return CertificateInUse(
            field=field,
            subject=read.subject.rfc4514_string()[:_LONGEST_SUBJECT],
            serial=f"{read.serial_number:x}",
            fingerprint=read.fingerprint(SHA256()).hex(),
            starts_at=read.not_valid_before_utc,
            ends_at=read.not_valid_after_utc,
        )
    except (ValueError, x509.InvalidVersion):
        return None
