"""What can be decided about channels without asking anybody?"""

import ipaddress
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from tael.channels.model import LATENCY_BOUNDS_MS, CertificateInUse

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]{1,100000}-----END CERTIFICATE-----")
_LONGEST_SUBJECT = 500


def moves_no_real_money(addresses: Sequence[str], told: object = None) -> bool:
    """Whether a channel can reach nobody but this machine: then a simulator is behind it, and it may be tried without a
    contract.

    addresses   whom its connector says that it talks to; of one that names nobody we know nothing
    told        settings and credentials with their defaults: no URL in them may lead elsewhere, whatever the connector says
    """
    urls = [text for text in _texts_in(told) if "://" in text]
    return bool(addresses) and all(map(_is_here, (*addresses, *urls)))


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
