"""What do the routes of messages have in common? Permissions, parameters, how a call is put."""

from typing import Any

import msgspec
from litestar import Request

from tael.foundation.calls import Call
from tael.foundation.http.permissions import caller_of
from tael.messages.api import ACTIONS
from tael.messages.schemas import OnMessage

OWN = "user.basic"
READ, CHANGE, APPROVE = "messages.read", "messages.change", "messages.approve"
TAGS = ["Messages"]

AnyRequest = Request[Any, Any, Any]


def call_of(
    request: AnyRequest, command: msgspec.Struct, *, key: str, data: msgspec.Struct, id: str = ""
) -> Call[Any]:
    """A call; `id` is what the address named."""
    return Call(
        caller=caller_of(request),
        action=ACTIONS[type(command)],
        key=key,
        request=OnMessage(id=id, asked=data),
        command=command,
    )
