"""How is a message signed? As Standard Webhooks say: HMAC-SHA256 over its id, the moment and the body.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""


def written(secret: bytes) -> str:
    """A secret as people copy it."""
    return PREFIX + base64.b64encode(secret).decode()


def signed_headers(
    message_id: str, body: bytes, *, sent_at: datetime, secrets: Iterable[bytes]
) -> dict[str, str]:
    """The headers that say whose message it is; a signature for each secret, so that secrets can overlap."""
    seconds = int(sent_at.timestamp())
    signed = f"{message_id}.{seconds}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
