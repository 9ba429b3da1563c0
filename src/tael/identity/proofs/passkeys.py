"""Does what a browser's passkey answers fit what it was asked? (W3C Web Authentication, level 3)

Each key is made and used with its holder verified (finger, face or PIN), for our own address only, never from within another
site's frame. Attestation is not asked for: which make an authenticator is, is nobody's business.
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tael.identity.errors import PasskeyRefused

LONGEST_ANSWER = 16_384
_TIMEOUT_MILLISECONDS = 120_000
_NAME = "Tael"
_TRANSPORTS = {each.value for each in AuthenticatorTransport}


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Whose passkeys they are: browsers use them at this address only."""

    host: str
    """The relying party's id: a host name. Browsers take no IP address; for one machine it is `localhost`."""
    origin: str

    @classmethod
    def at(cls, public_url: str) -> "Site":
        """The site at a public address; its path does not matter."""
        parts = urlsplit(public_url)
        return cls(host=parts.hostname or "", origin=f"{parts.scheme}://{parts.netloc}".lower())


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser told of a key that it has just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool
    transports: tuple[str, ...]


class Known(msgspec.Struct, frozen=True):
    """A key that somebody has."""

    credential_id: bytes
    transports: tuple[str, ...]


def creation_options(
    site: Site, *, challenge: bytes, login_id: str, name: str, known: Sequence[Known]
) -> dict[str, Any]:
    """What a browser is told to make a key; none of those that are known already."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=_NAME,
        user_id=login_id.encode(),
        user_name=name,
        user_display_name=name,
        challenge=challenge,
        timeout=_TIMEOUT_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(known),
    )
    return options_to_json_dict(options)


def request_options(site: Site, *, challenge: bytes, known: Sequence[Known]) -> dict[str, Any]:
    """What a browser is told to use a key: one of these; any that it has for this site, if none are named."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=_TIMEOUT_MILLISECONDS,
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def made_key(answer: str, *, challenge: bytes, site: Site) -> MadeKey:
    """The key that a browser made; refuses `PasskeyRefused`."""
    try:
        told = _read(answer)
        made = webauthn.verify_registration_response(
            credential=told,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
        named = told["response"].get("transports") or ()
        transports = tuple(each for each in named if each in _TRANSPORTS)
    except Exception as error:  # whatever a stranger's bytes do to its parsers, it is no passkey
        raise refused() from error
    return MadeKey(
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        is_synced=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        transports=transports,
    )


def credential_of(answer: str) -> bytes:
    """Which key a browser says it used; refuses `PasskeyRefused`."""
    try:
        return base64url_to_bytes(_read(answer)["id"])
    except Exception as error:  # whatever a stranger's bytes do to its parsers, it is no passkey
        raise refused() from error


def sign_count_of(answer: str, *, challenge: bytes, site: Site, public_key: bytes, sign_count: int) -> int:
    """The new count of a key whose signature fits; refuses `PasskeyRefused`. sign_count: the one before."""
    try:
        used = webauthn.verify_authentication_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # whatever a stranger's bytes do to its parsers, it is no passkey
        raise refused() from error
    return used.new_sign_count


def signature_in(answer: str) -> dict[str, str]:
    """What of an answer proves later that it was given: what was signed, and the signature."""
    response = _read(answer)["response"]
    return {name: str(response[name]) for name in ("clientDataJSON", "authenticatorData", "signature")}


def refused() -> PasskeyRefused:
    """The same whatever was wrong."""
    return PasskeyRefused(
        "This passkey's answer does not fit.", field="proof", hint="Ask again, and use a passkey of yours."
    )


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("longer than any browser's answer")
    told: dict[str, Any] = msgspec.json.decode(answer)
    client = json.loads(base64url_to_bytes(told["response"]["clientDataJSON"]))
    if client.get("crossOrigin") not in (None, False):
        raise ValueError("from within a frame of another site")
    return told


def _described(known: Sequence[Known]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=each.credential_id,
            transports=[AuthenticatorTransport(name) for name in each.transports if name in _TRANSPORTS],
        )
        for each in known
    ]
