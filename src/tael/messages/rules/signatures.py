"""How do we and a gateway for text messages know each other? HMAC-SHA-256 under a secret that both have.

Signed are the moment, the method, the path and the hash of the body, a line each; the moment is within five minutes of the
reader's clock. The same for our requests and for the gateway's receipts.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from tael.messages.errors import ReceiptRefused

TIME, SIGNATURE = "X-Gateway-Time", "X-Gateway-Signature"
TOLERANCE = timedelta(minutes=5)


def signed_headers(secret: bytes, *, method: str, path: str, body: bytes, at: datetime) -> dict[str, str]:
    """What a request carries."""
    moment = str(int(at.timestamp()))
    return {TIME: moment, SIGNATURE: _signature(secret, moment, method, path, body)}


def check_signature(
    secret: bytes, headers: Mapping[str, str], *, method: str, path: str, body: bytes, now: datetime
) -> None:
    """Refuses `ReceiptRefused`; names of headers in small letters."""
    moment, given = headers.get(TIME.lower(), ""), headers.get(SIGNATURE.lower(), "")
    expected = _signature(secret, moment, method, path, body)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise ReceiptRefused("The signature is not that of the gateway.", field=SIGNATURE)
    if not moment.isdecimal() or abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        raise ReceiptRefused("The receipt is too old, or from a clock that goes wrong.", field=TIME)


def _signature(secret: bytes, moment: str, method: str, path: str, body: bytes) -> str:
    said = "\n".join([moment, method, path, hashlib.sha256(body).hexdigest()])
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()
