"""How does a message reach a browser? Through the service that its subscription names, encrypted for that browser alone.

RFC 8030 (push), RFC 8291 (encryption), RFC 8292 (who we are). Only services that the settings name are spoken to: the
address comes from a browser, and may say anything. One topic for each message: the service keeps the last of it.
"""

import hashlib
from base64 import urlsafe_b64encode
from pathlib import Path

import aiohttp
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pywebpush import WebPusher, WebPushException
from yarl import URL

from tael.foundation.config import Settings
from tael.foundation.files import write_unless_there
from tael.messages.errors import PushServiceUnknown
from tael.messages.model import Urgency, Way
from tael.messages.model.carrier import Heard, Letter, Outcome
from tael.messages.transport.wire import heard_of, open_session

_TRUSTED_SECONDS = 12 * 3600
"""How long a service may believe one signature; it allows a day."""
_URGENCIES = {
    Urgency.CODE: "high",
    Urgency.SECURITY: "high",
    Urgency.MONEY: "normal",
    Urgency.SERVICE: "normal",
}
_LONGEST_TEXT = 1_000
_TAKEN, _GONE, _BUSY, _REFUSED = (200, 201, 202), (404, 410), (408, 429, 503), (400, 401, 403, 413)


class PushServices:
    """Speaks to the services that are allowed."""

    way = Way.PUSH
    repeats_safely = True
    answers_inquiries = False

    def __init__(self, settings: Settings) -> None:
        self._services = services_in(settings)
        self._contact = settings.push_contact
        self._timeout = settings.message_timeout_seconds
        self._vapid = Vapid02.from_pem(key_file(settings).read_bytes())
        self._session: aiohttp.ClientSession | None = None

    async def send(self, letter: Letter) -> Heard:
        """Hand a message over."""
        if letter.push is None or not _is_allowed(letter.push.endpoint, self._services):
            return Heard(outcome=Outcome.FAILED, error="service_not_allowed")
        try:
            body = WebPusher(
                {
                    "endpoint": letter.push.endpoint,
                    "keys": {"p256dh": letter.push.p256dh, "auth": letter.push.auth},
                }
            ).encode(_content(letter))["body"]
        except (WebPushException, ValueError):
            return Heard(outcome=Outcome.GONE, error="subscription_malformed")
        return await heard_of(self._post(letter, letter.push.endpoint, body))

    async def inquire(self, letter_id: str) -> Heard:
        """A service cannot be asked."""
        del letter_id
        return Heard(outcome=Outcome.UNKNOWN, error="cannot_be_asked")

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, letter: Letter, endpoint: str, body: bytes) -> Heard:
        if self._session is None:
            self._session = open_session(self._timeout)
        async with self._session.post(
            URL(endpoint, encoded=True),
            data=body,
            headers=self._headers(letter, endpoint),
            allow_redirects=False,
        ) as response:
            status = response.status
        word = f"status_{status}"
        if status in _TAKEN:
            return Heard(outcome=Outcome.SENT)
        if status in _GONE:
            return Heard(outcome=Outcome.GONE, error="subscription_gone")
        if status in _BUSY:
            return Heard(outcome=Outcome.NOT_TAKEN, error=word)
        return Heard(outcome=Outcome.FAILED if status in _REFUSED else Outcome.UNKNOWN, error=word)

    def _headers(self, letter: Letter, endpoint: str) -> dict[str, str]:
        now = int(letter.now.timestamp())
        claims = {"aud": _origin(endpoint), "sub": self._contact, "exp": now + _TRUSTED_SECONDS}
        return {
            **self._vapid.sign(claims),
            "TTL": str(max(0, int(letter.expires_at.timestamp()) - now)),
            "Urgency": _URGENCIES.get(letter.urgency, "low"),
            "Topic": urlsafe_b64encode(hashlib.sha256(letter.id.encode()).digest())[:32].decode(),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
        }


def check_endpoint(endpoint: str, settings: Settings) -> str:
    """The service of a subscription; refuses `PushServiceUnknown`."""
    if not _is_allowed(endpoint, services_in(settings)):
        raise PushServiceUnknown(
            "The subscription leads to a service that nothing is sent to.",
            field="endpoint",
            hint="Push is switched off here." if not settings.push_services else None,
        )
    return str(URL(endpoint).host)


def services_in(settings: Settings) -> frozenset[str]:
    """The origins that may be spoken to."""
    return frozenset(each.strip().rstrip("/") for each in settings.push_services.split(",") if each.strip())


def public_key(settings: Settings) -> str:
    """The key by which a browser knows whose messages it takes: `applicationServerKey`."""
    key = serialization.load_pem_private_key(key_file(settings).read_bytes(), password=None)
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def key_file(settings: Settings) -> Path:
    """The file with this installation's key for push; made when it is first needed."""
    file = settings.keys_folder / "push.pem"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_unless_there(file, pem)
    return file


def _content(letter: Letter) -> bytes:
    """What the page's worker shows."""
    return msgspec.json.encode(
        {
            "id": letter.id,
            "title": letter.title,
            "body": letter.text[:_LONGEST_TEXT],
            "template": letter.template,
            "urgency": letter.urgency,
            "language": letter.language,
        }
    )


def _origin(endpoint: str) -> str:
    return str(URL(endpoint).origin())


def _is_allowed(endpoint: str, services: frozenset[str]) -> bool:
    try:
        return not URL(endpoint).user and _origin(endpoint) in services
    except ValueError:
        return False
