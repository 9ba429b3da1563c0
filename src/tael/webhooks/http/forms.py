"""What do the routes of webhooks have in common? Permissions, parameters, how a call is put."""

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.params import PathParameter, QueryParameter

from tael.foundation.calls import Call
from tael.foundation.http.permissions import caller_of
from tael.webhooks.model import DeliveryState
from tael.webhooks.schemas import OnEndpoint

READ_EVENTS, READ, WRITE = "events.read", "webhooks.read", "webhooks.write"

AnyRequest = Request[Any, Any, Any]
EventId = Annotated[str, PathParameter(description="`evt_` and 26 characters, as the API gave it")]
EndpointId = Annotated[str, PathParameter(description="`whe_` and 26 characters, as the API gave it")]
DeliveryId = Annotated[str, PathParameter(description="`whd_` and 26 characters, as the API gave it")]

OfType = Annotated[
    str | None,
    QueryParameter(
        name="type",
        pattern=r"^[a-z_]{1,40}\.([a-z_]{1,40}|\*)$(?!\n)",
        description="Only those of this type, such as `payment.captured`, or of an object: `payment.*`",
    ),
]
AboutObject = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[a-z]{2,6}_[0-9a-z]{26}$(?!\n)",
        description="Only those about this object: the id of a payment, a refund …",
    ),
]
CreatedFrom = Annotated[
    str | None,
    QueryParameter(
        format="date-time",
        description="Only those written at or after this moment, such as 2026-03-01T00:00:00Z",
    ),
]
CreatedBefore = Annotated[
    str | None,
    QueryParameter(
        format="date-time", description="Only those written before this moment, such as 2026-04-01T00:00:00Z"
    ),
]
WithState = Annotated[
    DeliveryState | None,
    QueryParameter(name="state", description=f"Only those in this state: {', '.join(DeliveryState)}"),
]
OfEvent = Annotated[
    str | None,
    QueryParameter(pattern=r"^evt_[0-9a-z]{26}$(?!\n)", description="Only those of this event"),
]


def call_about(
    request: AnyRequest, *, action: str, key: str, id: str, data: msgspec.Struct, command: msgspec.Struct
) -> Call[Any]:
    """A call about one thing: a repeat must be about the same."""
    return Call(
        caller=caller_of(request),
        action=action,
        key=key,
        request=OnEndpoint(id=id, request=data),
        command=command,
    )
