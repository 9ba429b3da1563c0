"""How does a store get a printed code for all wallets? Static codes: make, look, switch; and EMVCo's way to write one."""

from functools import partial
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from tael.checkout.api import StaticCodes, Switch, read
from tael.checkout.errors import CheckoutMalformed, CodeUnreadable, LinkOff, NoSuchStaticCode, StaticCodeLimit
from tael.checkout.http.forms import READ, WRITE, AnyRequest, CodeId, IsActive, fetch_page
from tael.checkout.rules.emv_codes import EmvTold, written_for
from tael.checkout.schemas import (
    CreateStaticCodeRequest,
    EmvBody,
    SessionBody,
    StaticCodeBody,
    StaticSessionRequest,
    SwitchRequest,
)
from tael.foundation.config import Settings
from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.foundation.printable import PRINTABLE
from tael.merchants.api import Merchants
from tael.merchants.errors import NoSuchMerchantRecord, NotFromThisState

_TAGS = ["Static codes"]
Ascii = r"^[ -~]+$(?!\n)"
Payload = Annotated[
    str, QueryParameter(min_length=1, max_length=2_048, description="The text of the code, with its checksum")
]


def static_code_routes(
    codes: StaticCodes, merchants: Merchants, settings: Settings
) -> list[HTTPRouteHandler]:
    """Make, look, switch, open a session, write and read as EMVCo."""
    return [
        _create(codes),
        _get(codes),
        _list(codes),
        _switch(codes),
        _open(codes, merchants),
        _emv(codes, settings),
        _parse(),
    ]


def _create(codes: StaticCodes) -> HTTPRouteHandler:
    @post(
        "/v1/static_codes",
        opt={
            "permission": WRITE,
            REFUSES: [CheckoutMalformed, NoSuchMerchantRecord, NotFromThisState],
        },
        tags=_TAGS,
        responses=answers(201, StaticCodeBody, "The code"),
    )
    async def create_static_code(
        request: AnyRequest, data: JSONBody[CreateStaticCodeRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Create a static code. One code for all wallets; the payer enters the amount."""
        code = codes.drawn_up(data, merchant_id=caller_of(request).owner)
        return respond(
            await codes.create(a_call(request, "checkout.create_static_code", idempotency_key, data, code))
        )

    return create_static_code


def _get(codes: StaticCodes) -> HTTPRouteHandler:
    @get("/v1/static_codes/{code_id:str}", opt={"permission": READ, REFUSES: [NoSuchStaticCode]}, tags=_TAGS)
    async def get_static_code(request: AnyRequest, code_id: CodeId) -> StaticCodeBody:
        """Get a static code. With the page to print it from."""
        return codes.body(await codes.get(_checked(code_id), merchant_id=caller_of(request).owner))

    return get_static_code


def _list(codes: StaticCodes) -> HTTPRouteHandler:
    @get("/v1/static_codes", opt={"permission": READ}, tags=_TAGS)
    async def list_static_codes(
        request: AnyRequest, *, active: IsActive = None, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[StaticCodeBody]:
        """List static codes. Newest first; send `next_cursor` as `cursor` for the next page."""
        fetch = partial(codes.page, caller_of(request).owner, active=active)
        return await fetch_page(fetch, codes.body, limit=limit, cursor=cursor, prefix="cod")

    return list_static_codes


def _switch(codes: StaticCodes) -> HTTPRouteHandler:
    @post(
        "/v1/static_codes/{code_id:str}/switch",
        opt={"permission": WRITE, REFUSES: [NoSuchStaticCode]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, StaticCodeBody, "The code as it is now"),
    )
    async def switch_static_code(
        request: AnyRequest,
        code_id: CodeId,
        data: JSONBody[SwitchRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Switch a static code on or off. A lost print is switched off at once."""
        command = Switch(id=_checked(code_id), merchant_id=caller_of(request).owner, active=data.active)
        call = a_call(request, "checkout.switch_static_code", idempotency_key, data, command, about=code_id)
        return respond(await codes.switch(call))

    return switch_static_code


def _open(codes: StaticCodes, merchants: Merchants) -> HTTPRouteHandler:
    @post(
        "/v1/static_codes/{code_id:str}/sessions",
        opt={"permission": WRITE, REFUSES: [NoSuchStaticCode, StaticCodeLimit, LinkOff]},
        tags=_TAGS,
        responses=answers(201, SessionBody, "The session"),
    )
    async def open_static_code(
        request: AnyRequest,
        code_id: CodeId,
        data: JSONBody[StaticSessionRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Open a session by a static code. For a mini-program that knows the payer: what they pay in a day is counted."""
        owner = caller_of(request).owner
        command = codes.visit_of(
            await codes.get(_checked(code_id), merchant_id=owner),
            await merchants.get(owner),
            visit=None,
            amount_minor=data.amount_minor,
            payer=(data.method, data.payer_id),
            method=data.method,
        )
        call = a_call(request, "checkout.open_static_code", idempotency_key, data, command, about=code_id)
        return respond(await codes.open(call))

    return open_static_code


def _emv(codes: StaticCodes, settings: Settings) -> HTTPRouteHandler:
    @get(
        "/v1/static_codes/{code_id:str}/emv",
        opt={"permission": READ, REFUSES: [NoSuchStaticCode, CheckoutMalformed, CodeUnreadable]},
        tags=_TAGS,
    )
    async def write_emv_code(
        request: AnyRequest,
        code_id: CodeId,
        *,
        merchant_name: Annotated[
            str,
            QueryParameter(max_length=25, pattern=Ascii, description="The merchant's name, in Latin letters"),
        ],
        city: Annotated[str, QueryParameter(max_length=15, pattern=Ascii, description="In Latin letters")],
        category: Annotated[
            str,
            QueryParameter(pattern=r"^[0-9]{4}$(?!\n)", description="Merchant category code, four digits"),
        ] = "5999",
        country: Annotated[
            str, QueryParameter(pattern=r"^[A-Z]{2}$(?!\n)", description="ISO 3166, two capital letters")
        ] = "CN",
        amount_minor: Annotated[
            int | None, QueryParameter(ge=1, le=10**12, description="For one payment: a dynamic code")
        ] = None,
        reference: Annotated[
            str | None,
            QueryParameter(min_length=1, max_length=25, pattern=Ascii, description="Your order number"),
        ] = None,
        tip_percent: Annotated[
            int | None, QueryParameter(ge=0, le=99, description="A tip that is added; 0: the payer is asked")
        ] = None,
        local_name: Annotated[
            str | None,
            QueryParameter(min_length=1, max_length=25, pattern=PRINTABLE, description="In Chinese"),
        ] = None,
    ) -> EmvBody:
        """Write a static code as EMVCo describes it. Merchant-presented mode: static, or dynamic with an amount."""
        found = await codes.get(_checked(code_id), merchant_id=caller_of(request).owner)
        told = EmvTold(
            name=merchant_name,
            city=city,
            category=category,
            country=country,
            amount=Money(amount_minor, found.currency) if amount_minor is not None else None,
            reference=reference,
            tip_percent=tip_percent,
            local_name=local_name,
        )
        payload = written_for(
            found.code,
            public_url=settings.public_url,
            currency=found.currency,
            terminal_id=found.terminal_id,
            told=told,
        )
        return EmvBody(payload=payload, says=read(payload))

    return write_emv_code


def _parse() -> HTTPRouteHandler:
    @get("/v1/emv_codes", opt={"permission": READ, REFUSES: [CodeUnreadable]}, tags=_TAGS)
    async def read_emv_code(*, payload: Payload) -> EmvBody:
        """Read a merchant-presented code of EMVCo. Anybody's: what it says, if its checksum is right."""
        return EmvBody(payload=payload, says=read(payload))

    return read_emv_code


def _checked(code_id: str) -> str:
    return check_id(code_id, prefix="cod", field="code_id")
