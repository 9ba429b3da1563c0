"""What do the routes of funding have in common? Who asks, in which circumstances, and how answers are described."""

from typing import Annotated, Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from tael.behaviour.model import Circumstances
from tael.foundation.calls import Call
from tael.foundation.clock import Clock
from tael.foundation.http.permissions import caller_of, principal_of
from tael.identity.api import UserPrincipal

LOOK, ACT, MANAGE = "user.basic", "user.transaction", "user.management"

AnyRequest = Request[Any, Any, Any]
C = TypeVar("C", bound=msgspec.Struct)
CardPath = Annotated[str, PathParameter(description="`bcd_` and 26 characters, as the API gave it")]
TopUpPath = Annotated[str, PathParameter(description="`top_` and 26 characters, as the API gave it")]
QuotePath = Annotated[str, PathParameter(description="`wdq_` and 26 characters, as the API gave it")]
WithdrawalPath = Annotated[str, PathParameter(description="`wdr_` and 26 characters, as the API gave it")]


class On(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with what it is about: what a repeat must repeat."""

    about: str
    request: msgspec.Struct


def answers(done: int, struct: type[msgspec.Struct], description: str) -> dict[int, ResponseSpec]:
    """What a call answers when it is done."""
    return {done: ResponseSpec(struct, description=description, generate_examples=False)}


def me(request: AnyRequest) -> UserPrincipal:
    """The user who asks."""
    return cast(UserPrincipal, principal_of(request))


def circumstances_of(request: AnyRequest, clock: Clock) -> Circumstances:
    """From where and with what they ask."""
    return Circumstances(
        at=clock.now(),
        address=request.client.host if request.client else None,
        device_id=me(request).present.session.device_id,
        user_agent=request.headers.get("user-agent"),
    )


def a_call(
    request: AnyRequest, action: str, key: str, said: msgspec.Struct, command: C, *, about: str = ""
) -> Call[C]:
    """A call under the caller's key, about an object that its address names."""
    return Call(
        caller=caller_of(request),
        action=action,
        key=key,
        request=On(about=about, request=said),
        command=command,
    )
