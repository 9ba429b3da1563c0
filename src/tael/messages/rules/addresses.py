"""Is this a mailbox, and is this a browser's subscription? Telephones are `foundation.phones`."""

import re
from base64 import urlsafe_b64decode

from tael.messages.errors import AddressMalformed
from tael.messages.model import PushAddress

_EMAIL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}")
_LONGEST_EMAIL, _LONGEST_ENDPOINT = 254, 1_000
_POINT_BYTES, _AUTH_BYTES = 65, 16


def email_as_kept(text: str) -> str:
    """A mailbox in small letters; refuses `AddressMalformed`, without saying it."""
    email = text.strip().lower()
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise AddressMalformed("This is no e-mail address.", field="email", hint="Such as ann@pay.example.")
    return email


def check_push(address: PushAddress) -> None:
    """Refuses `AddressMalformed` unless a browser could have given this."""
    if not 1 <= len(address.endpoint) <= _LONGEST_ENDPOINT or not address.endpoint.isascii():
        raise AddressMalformed("This is no address of a push service.", field="endpoint")
    for field, text, length in (
        ("p256dh", address.p256dh, _POINT_BYTES),
        ("auth", address.auth, _AUTH_BYTES),
    ):
        if _bytes_in(text) != length:
            raise AddressMalformed(f"{field} is {length} bytes in base64url.", field=field)


def _bytes_in(text: str) -> int:
    try:
        return len(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return 0
