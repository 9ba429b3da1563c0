"""How does the gateway for text messages answer? Signed requests; one id is one message; receipts; inquiries.

    POST /sms/v1/messages        202 {"id", "state": "accepted"}; the same id again: what was said before
    GET  /sms/v1/messages/{id}   200 {"id", "state", "error"}; 404 {"error": "no_such_message"}

Signed is with HMAC-SHA-256: the moment, the method, the path and the SHA-256 of the body, a line each.
"""

import asyncio
import contextlib
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec

from tael.simulators.base.channel import Stage
from tael.simulators.base.faults import Fault
from tael.simulators.base.keys import write_private
from tael.simulators.base.wire import Answer, Call
from tael.simulators.messages.inbox import SMS, Inbox

PREFIX = "/sms/v1/messages"
TIME, SIGNATURE = "x-gateway-time", "x-gateway-signature"
SEND, INQUIRE = "sms.send", "sms.inquire"
BLOCKED, ABSENT, QUIET = "0000", "0001", "0002"
_TOLERANCE = timedelta(minutes=5)
_RECEIPT_TRIES, _RECEIPT_PAUSE_SECONDS = 20, 0.5


class Asked(msgspec.Struct, frozen=True):
    """What somebody wants to be sent."""

    id: str
    to: str
    text: str
    receipt_url: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One message that the gateway has taken."""

    id: str
    to: str
    state: str
    error: str | None = None
    requests: int = 1
    """How often it was handed over."""


class Gateway:
    """Takes messages for telephones."""

    def __init__(self, stage: Stage, inbox: Inbox) -> None:
        self._stage = stage
        self._inbox = inbox
        self._secret = prepare_secret(stage.home)
        self._kept = stage.journal.drawer("sms", Kept)
        self._tasks: set[asyncio.Task[None]] = set()

    def answer(self, call: Call) -> Answer | None:
        """What the gateway says to a request of its protocol."""
        if not call.path.startswith(PREFIX):
            return None
        if not self._is_signed(call):
            return _said(401, error="signature_wrong")
        if call.method == "POST" and call.path == PREFIX:
            return self._take(msgspec.json.decode(call.body, type=Asked))
        kept = self._kept.things.get(call.path.removeprefix(f"{PREFIX}/"))
        if kept is None:
            return _said(404, error="no_such_message", method=INQUIRE)
        return _said(200, id=kept.id, state=kept.state, error=kept.error, method=INQUIRE)

    def requests(self) -> dict[str, int]:
        """How often each message was handed over."""
        return {id: kept.requests for id, kept in self._kept.things.items()}

    def close(self) -> None:
        """Tell nobody any more."""
        for task in self._tasks:
            task.cancel()

    def _take(self, asked: Asked) -> Answer:
        faults = self._stage.faults
        known = self._kept.things.get(asked.id)
        if known is not None:
            self._kept.keep(asked.id, msgspec.structs.replace(known, requests=known.requests + 1))
            return _said(200, id=known.id, state=known.state, error=known.error)
        if faults.strikes(Fault.SYSTEM_ERROR_BEFORE, order=asked.id, method=SEND):
            return _said(503, error="busy", id=asked.id)
        if asked.to.endswith(BLOCKED):
            return _said(422, error="blocked", id=asked.id)
        kept = Kept(id=asked.id, to=asked.to, state="accepted")
        self._kept.keep(asked.id, kept)
        if not asked.to.endswith(ABSENT):
            self._inbox.put(SMS, asked.to, id=asked.id, text=asked.text, at=self._stage.clock.now())
        if not asked.to.endswith(QUIET):
            self._deliver(kept, asked.receipt_url)
        if faults.strikes(Fault.SYSTEM_ERROR_AFTER, order=asked.id, method=SEND):
            return _said(500, error="internal", id=asked.id)
        return _said(202, id=asked.id, state="accepted")

    def _deliver(self, kept: Kept, receipt_url: str) -> None:
        absent = kept.to.endswith(ABSENT)
        ended = msgspec.structs.replace(
            kept, state="failed" if absent else "delivered", error="absent" if absent else None
        )
        self._kept.keep(kept.id, ended)
        if receipt_url and not self._stage.faults.strikes(Fault.DROP_NOTICES, order=kept.id, method=SEND):
            task = asyncio.create_task(self._tell(ended, receipt_url), name=f"receipt {kept.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, kept: Kept, receipt_url: str) -> None:
        """A receipt, until somebody takes it."""
        body = msgspec.json.encode({"id": kept.id, "state": kept.state, "error": kept.error})
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            for _ in range(_RECEIPT_TRIES):
                headers = self._signed("POST", urlsplit(receipt_url).path, body, self._stage.clock.now())
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.post(receipt_url, data=body, headers=headers) as response:
                        if response.status < 300:
                            return
                await asyncio.sleep(_RECEIPT_PAUSE_SECONDS / self._stage.speed)

    def _is_signed(self, call: Call) -> bool:
        moment = call.headers.get(TIME, "")
        expected = self._signature(moment, call.method, call.raw_path, call.body)
        given = call.headers.get(SIGNATURE, "")
        if not hmac.compare_digest(expected.encode(), given.encode()) or not moment.isdecimal():
            return False
        return abs(self._stage.clock.now().timestamp() - int(moment)) <= _TOLERANCE.total_seconds()

    def _signed(self, method: str, path: str, body: bytes, at: datetime) -> dict[str, str]:
        moment = str(int(at.timestamp()))
        return {
            TIME: moment,
            SIGNATURE: self._signature(moment, method, path, body),
            "content-type": "application/json",
        }

    def _signature(self, moment: str, method: str, path: str, body: bytes) -> str:
        said = f"{moment}\n{method}\n{path}\n{hashlib.sha256(body).hexdigest()}"
        return hmac.new(self._secret, said.encode(), hashlib.sha256).hexdigest()


def prepare_secret(home: Path) -> bytes:
    """The secret that the gateway and its customer share, made first if it is missing."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = secret_file(home)
    if not file.exists():
        write_private(file, secrets.token_hex(32).encode() + b"\n")
    return file.read_bytes().strip()


def secret_file(home: Path) -> Path:
    """Where it lies."""
    return home / "gateway.key"


def _said(
    status: int, *, id: str = "", state: str = "", error: str | None = None, method: str = SEND
) -> Answer:
    body = {"id": id, "state": state, "error": error}
    return Answer(status=status, body=msgspec.json.encode(body), order=id, method=method)
