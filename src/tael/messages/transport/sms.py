"""How does a text message reach a telephone? Over a gateway that is spoken to by HTTP, signed, by our own number.

    POST {gateway}/v1/messages       {"id", "to", "text", "template", "language", "expires_at", "receipt_url"}
    GET  {gateway}/v1/messages/{id}  what became of it

The gateway takes one id once: handed the same again, it says what it said before. What became of it it tells by a receipt to
`receipt_url`, and when it is asked.
"""

from pathlib import Path

import aiohttp
import msgspec
from yarl import URL

from tael.foundation.clock import Clock
from tael.foundation.config import ConfigurationRefused, Settings
from tael.messages.model import Way
from tael.messages.model.carrier import Heard, Letter, Outcome
from tael.messages.rules.signatures import signed_headers
from tael.messages.transport.wire import heard_of, open_session

RECEIPT_PATH = "/receipts/sms"
"""Where the gateway tells us what became of a message, on the notices listener."""
_SHORTEST_SECRET = 16
_BUSY = frozenset({401, 403, 408, 429, 503})
"""It certainly took nothing: our signature, or its own trouble."""
_TAKEN = {"accepted": Outcome.SENT, "delivered": Outcome.DELIVERED, "failed": Outcome.FAILED}


class _Said(msgspec.Struct, frozen=True):
    """What a gateway says of a message."""

    id: str = ""
    state: str = ""
    error: str | None = None


class SmsGateway:
    """Speaks to one gateway."""

    way = Way.SMS
    repeats_safely = True
    answers_inquiries = True

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._url = URL(settings.sms_url or "")
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise ConfigurationRefused("TAEL_SMS_URL is not the address of a gateway.")
        self._secret = secret_in(settings)
        self._receipts = f"{settings.notices_url}{RECEIPT_PATH}"
        self._timeout = settings.message_timeout_seconds
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, letter: Letter) -> Heard:
        """Hand a message over."""
        body = {
            "id": letter.id,
            "to": letter.address,
            "text": letter.short,
            "template": letter.template,
            "language": letter.language,
            "expires_at": letter.expires_at,
            "receipt_url": self._receipts,
        }
        return await heard_of(self._ask("POST", "v1/messages", msgspec.json.encode(body)))

    async def inquire(self, letter_id: str) -> Heard:
        """What became of a message."""
        return await heard_of(self._ask("GET", f"v1/messages/{letter_id}", b""))

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, method: str, path: str, body: bytes) -> Heard:
        url = self._url / path
        headers = signed_headers(
            self._secret, method=method, path=url.raw_path, body=body, at=self._clock.now()
        )
        if self._session is None:
            self._session = open_session(self._timeout)
        async with self._session.request(
            method, url, data=body, headers=headers | {"Content-Type": "application/json"}
        ) as response:
            text = await response.content.read(65_536)
            return _understood(method, response.status, _said(text))


def secret_in(settings: Settings) -> bytes:
    """The secret that we share with the gateway; raises `ConfigurationRefused` if there is none worth the name."""
    file: Path = settings.sms_key_file or settings.keys_folder / "sms.key"
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise ConfigurationRefused(
            f"TAEL_SMS_URL is set, and the secret {file} cannot be read: {error.strerror}."
        ) from error
    if len(secret) < _SHORTEST_SECRET:
        raise ConfigurationRefused(f"The secret {file} has less than {_SHORTEST_SECRET} characters.")
    return secret


def _said(text: bytes) -> _Said:
    try:
        return msgspec.json.decode(text, type=_Said)
    except msgspec.MsgspecError:
        return _Said()


def _understood(method: str, status: int, said: _Said) -> Heard:
    """Definite is only what the gateway says in its own words."""
    word = said.error if said.error and said.error.replace("_", "").isalnum() else None
    if status in (200, 201, 202) and said.state in _TAKEN:
        return Heard(outcome=_TAKEN[said.state], error=word)
    if status == 422 and word:
        return Heard(outcome=Outcome.FAILED, error=word[:40])
    never_heard_of = method == "GET" and status == 404 and word == "no_such_message"
    if never_heard_of or (method == "POST" and status in _BUSY):
        return Heard(outcome=Outcome.NOT_TAKEN, error=f"status_{status}")
    return Heard(outcome=Outcome.UNKNOWN, error=f"status_{status}")
