"""What do the routes of the checkout have in common? Permissions, parameters, how answers are described."""

import base64
import secrets
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from tael.foundation.calls import Call, Caller
from tael.foundation.ids import check_id

READ, WRITE, CHARGE = "checkout.read", "checkout.write", "counter.charge"
PERMISSIONS = frozenset({READ, WRITE, CHARGE})

AnyRequest = Request[Any, Any, Any]
C = TypeVar("C", bound=msgspec.Struct)
SessionId = Annotated[str, PathParameter(description="`cs_` and 26 characters, as the API gave it")]
LinkId = Annotated[str, PathParameter(description="`lnk_` and 26 characters, as the API gave it")]
CodeId = Annotated[str, PathParameter(description="`cod_` and 26 characters, as the API gave it")]
ChargeId = Annotated[str, PathParameter(description="`pay_` and 26 characters, as the API gave it")]
TerminalPath = Annotated[str, PathParameter(description="`trm_` and 26 characters, as the API gave it")]


class OnObject(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with what it is about: what a repeat must repeat."""

    object_id: str
    request: msgspec.Struct


def answers(
    done: int, struct: type[msgspec.Struct], description: str, *, pending: str = ""
) -> dict[int, ResponseSpec]:
    """What a call answers when it is done, and (202) while a channel has not confirmed it."""
    described = {done: ResponseSpec(struct, description=description, generate_examples=False)}
    if pending:
        described[202] = ResponseSpec(struct, description=pending, generate_examples=False)
    return described


def a_call(
    caller: Caller, action: str, key: str, request: msgspec.Struct, command: C, *, about: str = ""
) -> Call[C]:
    """A call under the caller's key, about an object that its address names."""
    asked = OnObject(object_id=about, request=request) if about else request
    return Call(caller=caller, action=action, key=key, request=asked, command=command)


def short_code() -> str:
    """The last part of a new address: 80 random bits, in letters and digits that can be read out."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def before(cursor: str | None, *, prefix: str) -> str | None:
    """The id where the last page ended."""
    return check_id(cursor, prefix=prefix, field="cursor") if cursor is not None else None
