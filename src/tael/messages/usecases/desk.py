"""What do the verbs need besides a transaction? Keys, a clock, settings; and the words under which each field is sealed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime

import msgspec

from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.personal import Personal, mask_email, mask_phone
from tael.foundation.phones import phone_as_kept
from tael.foundation.resealing import SealedColumn
from tael.foundation.sealing import SealBroken, Sealer
from tael.messages.model import PushAddress, Value
from tael.messages.rules.addresses import email_as_kept
from tael.messages.rules.templates import Template, decoded, encoded

SEALED = (
    SealedColumn(place="messages.people", field="phone_sealed", about="messages person {user_id} phone"),
    SealedColumn(place="messages.people", field="email_sealed", about="messages person {user_id} email"),
    SealedColumn(
        place="messages.push_subscriptions", field="address_sealed", about="messages subscription {id}"
    ),
    SealedColumn(place="messages.messages", field="values_sealed", about="message {id}"),
    SealedColumn(place="messages.deliveries", field="address_sealed", about="delivery {id}"),
)
"""What lies sealed in this context's tables."""
_UNSUBSCRIBE = "messages unsubscribe"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is reached, in the form that is kept, and as it may be shown."""

    text: str
    masked: str

    def __repr__(self) -> str:
        return f"Address({self.masked})"


class Desk:
    """What the verbs of one database share."""

    def __init__(self, clock: Clock, sealer: Sealer, settings: Settings) -> None:
        self.settings = settings
        self._clock = clock
        self._sealer = sealer
        self._personal = Personal(sealer, settings.keys_folder)

    def now(self) -> datetime:
        """The present moment."""
        return self._clock.now()

    def seal(self, text: str, about: str) -> bytes:
        """A field as it is kept."""
        return self._personal.seal(text, about=about)

    def open(self, sealed: bytes, about: str) -> str:
        """A field as it was; raises `SealBroken`."""
        return self._personal.open(sealed, about=about)

    def seal_values(self, message_id: str, values: Mapping[str, Value]) -> bytes:
        """What a message says, as it is kept."""
        return self._sealer.seal(encoded(values), about=f"message {message_id}")

    def open_values(self, message_id: str, sealed: bytes, template: Template) -> dict[str, Value]:
        """What a message says; raises `SealBroken`, or what `decoded` raises."""
        return decoded(template, self._sealer.open(sealed, about=f"message {message_id}"))

    def seal_push(self, address: PushAddress, about: str) -> bytes:
        """A browser's address, as it is kept."""
        return self._sealer.seal(msgspec.json.encode(address), about=about)

    def open_push(self, sealed: bytes, about: str) -> PushAddress:
        """A browser's address; raises `SealBroken`."""
        return msgspec.json.decode(self._sealer.open(sealed, about=about), type=PushAddress)

    def unsubscribe_url(self, user_id: str) -> str:
        """Where a mail program lets somebody go who wants no more tips: nobody else can make such an address."""
        token = urlsafe_b64encode(self._sealer.seal(user_id.encode(), about=_UNSUBSCRIBE)).decode()
        return f"{self.settings.public_url}/v1/unsubscriptions/{token.rstrip('=')}"

    def whose_unsubscription(self, token: str) -> str | None:
        """The user of such an address, if it is one of ours."""
        try:
            sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            return self._sealer.open(sealed, about=_UNSUBSCRIBE).decode()
        except (ValueError, SealBroken):
            return None


def phone_address(text: str) -> Address:
    """A number; refuses `PhoneMalformed`."""
    phone = phone_as_kept(text)
    return Address(text=phone, masked=mask_phone(phone))


def email_address(text: str) -> Address:
    """A mailbox; refuses `AddressMalformed`."""
    email = email_as_kept(text)
    return Address(text=email, masked=mask_email(email))
