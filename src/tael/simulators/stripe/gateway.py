"""What does the API answer? Who are you, have I answered this key before, then the work, then what goes wrong.

A key's first answer is given again for a day, whatever it was, once the work had begun; the same key with other
parameters is refused, and while the first call is being answered, so is a second one. Faults strike behind all that.
"""

import base64
import binascii
import re
import secrets
from datetime import timedelta
from typing import Any

import msgspec

from tael.simulators.base import Answer, Call, Fault, Stage
from tael.simulators.stripe.api import Api, Target
from tael.simulators.stripe.book import Book
from tael.simulators.stripe.disputes import TYPES
from tael.simulators.stripe.forms import Fields, Tree, fingerprint_of, read_files, read_form
from tael.simulators.stripe.objects import API_VERSION, Remembered
from tael.simulators.stripe.refusals import ApiError
from tael.simulators.stripe.wrong import made_wrong

KEY_LIFETIME_SECONDS = 24 * 3600
_VERSION = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}(?:\.[a-z]+)?")
_WRONG = (Fault.WRONG_AMOUNT, Fault.WRONG_ORDER, Fault.WRONG_MERCHANT)


class Gateway:
    """Answers the calls of one account."""

    def __init__(self, api: Api, book: Book, stage: Stage, *, secret_key: str) -> None:
        self._api = api
        self._book = book
        self._stage = stage
        self._secret_key = secret_key

    def answer(self, call: Call) -> Answer:
        """The answer to one call."""
        request_id = f"req_{secrets.token_hex(7)}"
        headers = {"request-id": request_id, "stripe-version": API_VERSION}
        order, method = "", Target(call.path).method(call.method)
        try:
            self._who(call)
            fields = Fields(_read(call))
            order = self._api.about(call.path, fields)
            key = call.headers.get("idempotency-key", "") if call.method == "POST" else ""
            if key:
                headers["idempotency-key"] = key[:255]
            status, body = self._once(call, fields, key, request_id, headers, order=order, method=method)
        except ApiError as refused:
            status, body = refused.status, refused.body()
        self._book.commit()
        if status == 409:
            headers["stripe-should-retry"] = "true"
        wrong = (
            self._stage.faults.striking(_WRONG, order=order, method=method) if status < 500 else frozenset()
        )
        return Answer(
            status=status,
            body=msgspec.json.format(msgspec.json.encode(made_wrong(body, wrong))) + b"\n",
            headers=headers,
            order=order,
            method=method,
        )

    def _who(self, call: Call) -> None:
        scheme, _, said = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                said = base64.b64decode(said, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                said = ""
        if not said:
            raise ApiError(401, "You did not provide an API key.")
        if not secrets.compare_digest(said.encode(), self._secret_key.encode()):
            raise ApiError(401, f"Invalid API Key provided: {said[:8]}****{said[-4:]}")
        version = call.headers.get("stripe-version", API_VERSION)
        if not _VERSION.fullmatch(version):
            raise ApiError(400, f"Invalid Stripe API version: {version[:40]}")

    def _once(
        self,
        call: Call,
        fields: Fields,
        key: str,
        request_id: str,
        headers: dict[str, str],
        *,
        order: str,
        method: str,
    ) -> tuple[int, dict[str, Any]]:
        now = self._stage.clock.now().timestamp()
        mark = fingerprint_of(call.path, fields.tree)
        kept = self._book.find(Remembered, key)
        if kept is not None and now - kept.created < KEY_LIFETIME_SECONDS:
            if kept.fingerprint != mark:
                raise ApiError(400, _OTHER_PARAMETERS.format(key=key[:80]), kind="idempotency_error")
            if now < kept.busy_until:
                raise ApiError(409, _IN_FLIGHT, kind="idempotency_error", code="idempotency_key_in_use")
            headers |= {"idempotent-replayed": "true", "original-request": kept.request_id}
            body: dict[str, Any] = msgspec.json.decode(kept.body)
            return kept.status, body
        self._book.request = {"id": request_id, "idempotency_key": key or None}
        status, body, remembered = self._work(call, fields, order=order, method=method)
        if key and remembered:
            answer = Remembered(
                id=key,
                created=int(now),
                fingerprint=mark,
                status=status,
                body=msgspec.json.encode(body).decode(),
                request_id=request_id,
                busy_until=now + self._delay_of(order, method),
            )
            self._book.keep(answer)
        return status, body

    def _work(
        self, call: Call, fields: Fields, *, order: str, method: str
    ) -> tuple[int, dict[str, Any], bool]:
        """Status, body, and whether the key remembers them."""
        faults = self._stage.faults
        if faults.strikes(Fault.SYSTEM_ERROR_BEFORE, order=order, method=method):
            return 500, _BROKEN.body(), False
        now = self._stage.clock.now()
        ahead = faults.channel_time(now, order=order, method=method) - now
        self._book.clock_ahead_seconds = ahead // timedelta(seconds=1)
        try:
            status, body, remembered = 200, self._api.carry_out(call.method, call.path, fields), True
        except ApiError as refused:
            status, body, remembered = refused.status, refused.body(), refused.remembered
        finally:
            self._book.clock_ahead_seconds = 0
        if faults.strikes(Fault.SYSTEM_ERROR_AFTER, order=order, method=method):
            return 500, _BROKEN.body(), remembered and status == 200
        return status, body, remembered

    def _delay_of(self, order: str, method: str) -> float:
        """For how many seconds the answer that is about to go out will be on its way."""
        late = [
            switch.delay_seconds
            for switch in self._stage.faults.switches
            if switch.applies(Fault.DELAY, order=order, method=method)
        ]
        return late[0] if late else 0.0


def _read(call: Call) -> Tree:
    kind = call.headers.get("content-type", "")
    if kind.startswith("multipart/"):
        return read_files(call.body, kind, TYPES)
    return read_form(call.body.decode("utf-8", "replace") if call.method == "POST" else call.query)


_BROKEN = ApiError(500, "An unknown error occurred. Our engineers have been told.", kind="api_error")
_OTHER_PARAMETERS = (
    "Keys for idempotent requests can only be used with the same parameters they were first used with."
    " Try using a key other than '{key}' if you meant to execute a different request."
)
_IN_FLIGHT = "There is currently another in-progress request using this Idempotent Key."
