"""Where do a simulator's keys come from? Made once in its folder, which only its owner can read."""

import contextlib
import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def prepare_folder(folder: Path) -> None:
    """Make the folder, 0700."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def prepare_rsa_pair(folder: Path, owner: str) -> tuple[str, str]:
    """`<owner>_private.pem` and `<owner>_public.pem`, made first if they are missing; gives both texts."""
    private_file, public_file = folder / f"{owner}_private.pem", folder / f"{owner}_public.pem"
    if not private_file.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        write_private(private_file, pem)
    if not public_file.exists():
        public = load_rsa(private_file.read_text()).public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        write_private(public_file, pem)
    return private_file.read_text(), public_file.read_text()


def write_private(file: Path, content: bytes) -> None:
    """Write the whole file, readable by its owner only; if there is one already, that stays.

    The platform and its simulators may prepare one folder at the same time: whoever is first has made the keys, and both
    read them from there.
    """
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink()


def load_rsa(pem: str) -> rsa.RSAPrivateKey:
    """A private key from its text. It is one that a simulator has made, so its numbers are not proved to be prime again."""
    key = serialization.load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the simulator's keys must be RSA")
    return key
