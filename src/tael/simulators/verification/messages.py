"""Is a question the client's, and how is an answer signed? As the providers document it; nothing here is the platform's."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tael.foundation.signing import is_signed
from tael.simulators.base import Answer, Call
from tael.simulators.verification.keys import CLIENT, WITH_SM2, client_key, provider_key, secret_of

FRESH_SECONDS = 300


class Unsigned(Exception):
    """The question is not signed by the client, is too old, or was heard before."""


class Seals:
    """The keys of all products, and which words were used."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._used: set[str] = set()

    def check(self, call: Call, product: str, body: Mapping[str, Any], *, now: datetime) -> str:
        """The word used once of a question of the client's; raises `Unsigned`."""
        sent = call.headers
        client, time, once = (sent.get(f"verify-{name}", "") for name in ("client", "time", "once"))
        if client != CLIENT or not time.isdecimal() or abs(int(time) - now.timestamp()) > FRESH_SECONDS + 1:
            raise Unsigned("client or time")
        lines = ["verify request", call.method, call.target, client, time, once, _without_card(body)]
        if not self._by_client(product, lines, sent.get("verify-signature", "")):
            raise Unsigned("signature")
        if len(once) < 16 or once in self._used:
            raise Unsigned("once")
        self._used.add(once)
        return once

    def answer(self, product: str, said: bytes, once: str, *, now: datetime, forged: bool = False) -> Answer:
        """A signed answer to the question with that word."""
        time = str(int(now.timestamp()))
        lines = ["verify answer", "200", CLIENT, time, once, hashlib.sha256(said).hexdigest()]
        signature = self._sign(product, lines, forged=forged)
        return Answer(body=said, headers={"verify-time": time, "verify-signature": signature})

    def notice(
        self, product: str, said: bytes, path: str, once: str, *, now: datetime, forged: bool = False
    ) -> Mapping[str, str]:
        """The headers of a notice to that path."""
        time = str(int(now.timestamp()))
        lines = ["verify notice", path, CLIENT, time, once, hashlib.sha256(said).hexdigest()]
        return {
            "content-type": "application/json",
            "verify-client": CLIENT,
            "verify-time": time,
            "verify-once": once,
            "verify-signature": self._sign(product, lines, forged=forged),
        }

    def _by_client(self, product: str, lines: Sequence[str], signature: str) -> bool:
        try:
            raw = base64.b64decode(signature, validate=True)
        except ValueError:
            return False
        if product in WITH_SM2:
            return is_signed(_text(lines), raw, by=client_key(self._home, product).name)
        return hmac.compare_digest(self._mac(product, lines), raw)

    def _sign(self, product: str, lines: Sequence[str], *, forged: bool) -> str:
        if forged:
            lines = [*lines[:-1], "0" * 64]
        if product in WITH_SM2:
            raw = provider_key(self._home, product).sign(_text(lines))
        else:
            raw = self._mac(product, lines)
        return base64.b64encode(raw).decode()

    def _mac(self, product: str, lines: Sequence[str]) -> bytes:
        return hmac.new(secret_of(self._home, product).encode(), _text(lines), hashlib.sha256).digest()


def _without_card(body: Mapping[str, Any]) -> str:
    """RFC 8785 for what is sent here: texts and objects of texts."""
    covered = {name: value for name, value in body.items() if name != "card_number"}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(lines: Sequence[str]) -> bytes:
    return "\n".join(lines).encode()
