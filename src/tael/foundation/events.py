"""What is a fact? A frozen struct that one context publishes and others hear of."""

from datetime import datetime

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all facts. Subclasses are named in the past tense and give a `tag` with their context's name."""

    object_id: str
    """The object in whose order the facts are told."""
    happened_at: datetime


def type_of(event: type[Event] | Event) -> str:
    """The stable name of a fact, such as `payments.payment_captured`."""
    return str(event.__struct_config__.tag)
