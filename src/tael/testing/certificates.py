"""How does a test get a certificate that ends on a certain day?"""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)


def certificate_pem(
    ends_at: datetime, *, name: str = "Alpha signing", starts_at: datetime = STARTS_AT
) -> str:
    """A certificate in PEM, signed by itself, with the serial number `beef`."""
    key = ec.generate_private_key(ec.SECP256R1())
    owner = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(owner)
        .issuer_name(owner)
        .public_key(key.public_key())
        .serial_number(0xBEEF)
        .not_valid_before(starts_at)
        .not_valid_after(ends_at)
        .sign(key, SHA256())
    )
    return built.public_bytes(Encoding.PEM).decode()
