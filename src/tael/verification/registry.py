"""How is each source reached? As its file says: `home/keys/verification/<source>.toml`, which its owner alone can read.

    url = "https://provider.example/mobile_operator/checks"
    client = "tael-001"
    algorithm = "hmac-sha256"           # or "sm2-sm3"
    secret = "…"                        # of hmac-sha256: at least 32 characters
    private_key = "sm2 … …"             # of sm2-sm3: ours, private and public part
    provider_key = "sm2:…"              # and the provider's
    timeout_seconds = 10

A file that changes is read again at the next question; without a file there is no such source here.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from tael.foundation.files import write_unless_there
from tael.verification.connectors.sealing import Algorithm, HmacSeal, Seal, Sm2Seal
from tael.verification.connectors.signed_json import SignedJsonSource
from tael.verification.errors import SourceRefused
from tael.verification.port import Source, SourceName


class SourceFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file of a source says."""

    url: Annotated[str, Meta(min_length=1, max_length=500)]
    client: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
    algorithm: Algorithm
    secret: str = ""
    private_key: str = ""
    provider_key: str = ""
    timeout_seconds: Annotated[float, Meta(ge=0.1, le=30)] = 10.0

    def __repr__(self) -> str:
        return f"SourceFile({self.url})"


class SourceFolder:
    """The sources that one installation can ask."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[SourceName, tuple[int, Source]] = {}

    def find(self, name: SourceName) -> Source | None:
        """The source, if it is set up; refuses `SourceRefused` if its file cannot be used."""
        file = self.file_of(name)
        try:
            changed = file.stat().st_mtime_ns
            if self._read.get(name, (None, None))[0] != changed:
                self._read[name] = (changed, source_of(name, read_source_file(file.read_text("utf-8"))))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise SourceRefused(f"{file} cannot be read.") from error
        return self._read[name][1]

    def file_of(self, name: SourceName) -> Path:
        """Where the file of a source lies, or would."""
        return self._folder / f"{name}.toml"

    def write(self, name: SourceName, text: str) -> None:
        """Let a source be reached as this text says; refuses `SourceRefused`."""
        source_of(name, read_source_file(text))
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f".{name}.{os.getpid()}"
        draft.unlink(missing_ok=True)
        write_unless_there(draft, text.encode())
        draft.replace(self.file_of(name))


def read_source_file(text: str) -> SourceFile:
    """What a text says of a source; refuses `SourceRefused`."""
    try:
        return msgspec.convert(tomllib.loads(text), SourceFile)
    except tomllib.TOMLDecodeError as error:
        raise SourceRefused(f"The file of a source is no TOML: {error}.") from None
    except msgspec.ValidationError as error:
        raise SourceRefused(f"The file of a source cannot be used: {error}.") from None


def source_of(name: SourceName, said: SourceFile) -> Source:
    """The source; refuses `SourceRefused`."""
    address = urlsplit(said.url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise SourceRefused(
            "A source has an address with https://, or http:// for one on this machine.", field="url"
        )
    return SignedJsonSource(
        name, url=said.url, client=said.client, seal=_seal(said), timeout_seconds=said.timeout_seconds
    )


def _seal(said: SourceFile) -> Seal:
    if said.algorithm == "hmac-sha256":
        return HmacSeal(said.secret)
    return Sm2Seal(said.private_key, said.provider_key)


def as_toml(said: Mapping[str, str]) -> str:
    """The text of a source's file: for these kinds of values TOML's writing is JSON's."""
    return "".join(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in said.items())
