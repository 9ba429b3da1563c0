"""What do the routes of merchants' affairs have in common? Permissions, names in addresses, pages, one way of changing."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.types import Empty

from tael.foundation.calls import Call
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.permissions import caller_of
from tael.merchants.api import Asked, Merchants, action_of
from tael.merchants.errors import NoSuchMerchant, NoSuchMerchantRecord
from tael.merchants.schemas import Command
from tael.merchants.schemas.words import EARLIEST, LATEST

OWN_READ, OWN_WRITE, PAPERS = "merchant.read", "merchant.write", "papers.read"
READ, CHANGE, APPROVE = "merchants.read", "merchants.change", "merchants.approve"

AnyRequest = Request[Any, Any, Any]

MerchantName = Annotated[str, PathParameter(description="`mer_` and 26 characters, as the API gave it")]
RecordName = Annotated[str, PathParameter(description="The id, as the API gave it")]
OpenOnly = Annotated[bool, QueryParameter(name="open", description="Only those that are not closed")]

_ID = re.compile(r"[a-z]{2,6}_[0-9a-z]{26}")


class On(msgspec.Struct, frozen=True):
    """What a request was about, and what it said: a repeat must say the same of the same."""

    about: str
    what: str
    body: Command[Any]


class Change(msgspec.Struct, frozen=True):
    """One route that changes something."""

    path: str
    command: type[Command[Any]]
    gives: type[Any]
    refuses: Sequence[type[Refusal]] = ()
    permission: str = OWN_WRITE
    name: str = ""
    """Of the operation, if it is not the command's."""
    largest_body: int | None = None
    """In bytes, if it is more than elsewhere."""


def merchant_in_path(text: str) -> str:
    """A merchant's id; refuses `NoSuchMerchant` what cannot be one."""
    if not _ID.fullmatch(text):
        raise NoSuchMerchant(f"There is no merchant {text[:40]!r}.", field="merchant_id")
    return text


def id_in_path(text: str) -> str:
    """An id; refuses `NoSuchMerchantRecord` what cannot be one."""
    if not _ID.fullmatch(text):
        raise NoSuchMerchantRecord(f"There is nothing with the id {text[:40]!r}.", field="id")
    return text


def day_in_query(text: str | None, *, field: str) -> date | None:
    """The day that a parameter names; refuses `Malformed`."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{text[:20]!r} is no day such as 2026-03-01.", field=field) from None
    if not EARLIEST <= day < LATEST:
        raise Malformed(f"{field} is not between {EARLIEST:%Y} and {LATEST:%Y}.", field=field)
    return day


def change_route(
    merchants: Merchants, change: Change, *, tag: str, whose: Callable[[AnyRequest, str], tuple[str, str]]
) -> HTTPRouteHandler:
    """The route of a command.

    whose   says, of a request and the id in its address, whose affair it is and what it is about
    """

    async def about_one(
        request: AnyRequest, id: RecordName, data: Any, idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        return await _answer(merchants, request, whose(request, id), data, idempotency_key)

    async def about_all(request: AnyRequest, data: Any, idempotency_key: IdempotencyKey) -> Response[Any]:
        return await _answer(merchants, request, whose(request, ""), data, idempotency_key)

    handler: Callable[..., Any] = about_one if "{id:str}" in change.path else about_all
    handler.__name__ = change.name or action_of(change.command).removeprefix("merchants.")
    handler.__doc__ = change.command.__doc__
    handler.__annotations__["data"] = cast(Any, JSONBody)[change.command]
    return post(
        change.path,
        status_code=200,
        opt={"permission": change.permission, REFUSES: change.refuses},
        tags=[tag],
        responses={
            200: ResponseSpec(change.gives, description="As it stands afterwards", generate_examples=False)
        },
        request_max_body_size=change.largest_body or Empty,
    )(handler)


async def _answer(
    merchants: Merchants, request: AnyRequest, whose: tuple[str, str], command: Command[Any], key: str
) -> Response[Any]:
    caller = caller_of(request)
    merchant_id, about = whose
    inner = getattr(command, "change", None)
    call = Call(
        caller=caller,
        action=action_of(type(command)),
        key=key,
        request=On(about, "" if inner is None else str(inner.__struct_config__.tag), command),
        command=Asked(
            merchant_id=merchant_id,
            about=about,
            command=command,
            actor=caller.actor,
            remote_address=caller.remote_address or "",
        ),
    )
    return respond(await merchants.answer(call))
