"""Who says what? Lantern and the merchant share a secret; both sign everything that they say with it.

A signature covers who speaks, the moment, what is asked, and the body, one to a line. An answer also covers the
signature of the question, so that nobody can pass off the answer to another one.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

TIME, SIGNATURE = "lantern-time", "lantern-signature"
WINDOW = timedelta(minutes=5)
"""How far a message's time may lie from ours."""


class Untrusted(Exception):
    """A message cannot be believed; the text says why."""


def sign(secret: str, *parts: str, body: bytes) -> str:
    """The signature of these parts and the body."""
    text = "\n".join(parts).encode() + b"\n" + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def write_time(moment: datetime) -> str:
    """Seconds since 1970, as text."""
    return str(int(moment.timestamp()))


def check(
    headers: Mapping[str, str], secrets: Sequence[str], *parts: str, body: bytes, now: datetime
) -> None:
    """Raise `Untrusted` unless the message is signed with one of `secrets`, and of now."""
    time, signature = headers.get(TIME, ""), headers.get(SIGNATURE, "")
    if not (time.isascii() and time.isdigit() and len(time) <= 12):
        raise Untrusted("the message does not say when it was sent")
    right = [sign(secret, *parts, time, body=body) for secret in secrets]
    if not any(hmac.compare_digest(one.encode(), signature.encode()) for one in right):
        raise Untrusted("the signature is not Lantern's")
    if abs(now - datetime.fromtimestamp(int(time), UTC)) > WINDOW:
        raise Untrusted("the message is too old, or from the future")
