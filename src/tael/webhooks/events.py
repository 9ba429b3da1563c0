"""What do webhooks tell others? That an endpoint is sent nothing any more."""

from tael.foundation.events import Event
from tael.webhooks.model import DisabledBecause


class EndpointDisabled(Event, frozen=True, kw_only=True, tag="webhooks.endpoint_disabled"):
    """An endpoint was disabled by itself. `object_id` is the endpoint."""

    merchant_id: str
    because: DisabledBecause


EVENTS = (EndpointDisabled,)
