"""What do the routes of wallets have in common? Who asks, in which circumstances, and how answers are described."""

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

LOOK, ACT = "user.basic", "user.transaction"
STAFF = "wallets.read"

AnyRequest = Request[Any, Any, Any]
C = TypeVar("C", bound=msgspec.Struct)
TransferId = Annotated[str, PathParameter(description="`trf_` and 26 characters, as the API gave it")]
PacketId = Annotated[str, PathParameter(description="`pkt_` and 26 characters, as the API gave it")]
OrderNumber = Annotated[str, PathParameter(description="The order's number, as it was shown")]
UserId = Annotated[str, PathParameter(description="`usr_` and 26 characters")]


class OnObject(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with what it is about: what a repeat must repeat."""

    object_id: str
    request: msgspec.Struct | None = None


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
    request: AnyRequest, action: str, key: str, said: msgspec.Struct | None, command: C, *, about: str = ""
) -> Call[C]:
    """A call under the caller's key, about an object that its address names."""
    asked = OnObject(object_id=about, request=said) if about or said is None else said
    return Call(caller=caller_of(request), action=action, key=key, request=asked, command=command)
