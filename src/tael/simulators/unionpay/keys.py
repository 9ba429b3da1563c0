"""Who is who in the simulated UnionPay? A root and a middle authority, UnionPay's certificate, the merchant's."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509.oid import NameOID

from tael.simulators.base import load_rsa, prepare_folder, prepare_rsa_pair, write_private

MERCHANT = "777290058110048"
OWNER = "Tael simulator"
"""The owner that the simulator's certificate names, where the real one names China UnionPay Co., Ltd."""

_BEGIN, _END = datetime(2015, 1, 1, tzinfo=UTC), datetime(2055, 1, 1, tzinfo=UTC)


class Holder(msgspec.Struct, frozen=True):
    """A private key and its certificate, as PEM."""

    private_key: str
    certificate: str

    @property
    def key(self) -> RSAPrivateKey:
        """The private key."""
        return load_rsa(self.private_key)

    @property
    def number(self) -> str:
        """`certId`: the certificate's serial number."""
        return str(x509.load_pem_x509_certificate(self.certificate.encode()).serial_number)


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody."""

    root: Holder
    middle: Holder
    unionpay: Holder
    merchant: Holder
    encryption: Holder
    """UnionPay's, for fields that only it may read."""
    impostor: Holder
    """Has a certificate in UnionPay's name that no trusted authority issued."""

    @property
    def authorities(self) -> str:
        """What a merchant is told to trust."""
        return self.root.certificate + self.middle.certificate


def prepare_keys(home: Path) -> Keys:
    """Load everybody's keys from `home`, making what is missing."""
    prepare_folder(home)
    root = _holder(home, "root", serial=1001, common_name="CFCA TEST CS CA", is_authority=True)
    middle = _holder(
        home, "middle", serial=1002, common_name="CFCA TEST OCA1", issuer=root, is_authority=True
    )
    owner = f"041@8310000000083040@{OWNER}@00016495"
    unionpay = _holder(home, "unionpay", serial=1003, common_name=owner, issuer=middle)
    merchant = _holder(home, "merchant", serial=69629715588, common_name=f"041@{MERCHANT}", issuer=middle)
    encryption = _holder(home, "encryption", serial=1004, common_name=owner, issuer=middle)
    impostor = _holder(home, "impostor", serial=1003, common_name=owner)
    return Keys(
        root=root,
        middle=middle,
        unionpay=unionpay,
        merchant=merchant,
        encryption=encryption,
        impostor=impostor,
    )


def _holder(
    home: Path,
    who: str,
    *,
    serial: int,
    common_name: str,
    issuer: Holder | None = None,
    is_authority: bool = False,
) -> Holder:
    private_key, _ = prepare_rsa_pair(home, who)
    file = home / f"{who}_certificate.pem"
    if not file.exists():
        key = load_rsa(private_key)
        pem = _certify(
            key.public_key(),
            serial=serial,
            common_name=common_name,
            issuer=issuer or Holder(private_key, ""),
            is_authority=is_authority,
        )
        write_private(file, pem)
    return Holder(private_key, file.read_text())


def _certify(
    key: RSAPublicKey, *, serial: int, common_name: str, issuer: Holder, is_authority: bool
) -> bytes:
    """A certificate; by itself if the issuer has none yet."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tael simulator"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    issued_by = (
        x509.load_pem_x509_certificate(issuer.certificate.encode()).subject if issuer.certificate else subject
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(issuer.key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
