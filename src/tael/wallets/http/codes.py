"""How does a user get codes to show? To pay with, and to be paid by."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.limits import Limits
from tael.foundation.http.openapi import REFUSES, answers
from tael.users.api import me
from tael.wallets.api import Wallets
from tael.wallets.api.codes import MakePersonalCode, RevokePersonalCode, count_payment_code
from tael.wallets.errors import NoSuchCode, TooManyCodes, WalletMalformed
from tael.wallets.http.forms import ACT, LOOK, AnyRequest
from tael.wallets.schemas.codes import (
    MakePersonalCodeRequest,
    PaymentCodeBody,
    PersonalCodeBody,
    PersonalCodesBody,
    payment_code_body,
)

_TAGS = ["Codes"]
_Code = Annotated[str, PathParameter(description="The code's 16 letters and digits")]


def code_routes(wallets: Wallets, limits: Limits) -> list[HTTPRouteHandler]:
    """Codes to pay with, and to be paid by. limits: counts how often somebody asks for the former."""
    return [_payment_code(wallets, limits), _list(wallets), _make(wallets), _revoke(wallets)]


def _payment_code(wallets: Wallets, limits: Limits) -> HTTPRouteHandler:
    @post(
        "/v1/me/payment_codes",
        opt={"permission": ACT, REFUSES: [TooManyCodes]},
        tags=_TAGS,
        status_code=200,
    )
    async def show_payment_code(request: AnyRequest) -> PaymentCodeBody:
        """Show my payment code. A new one each time: it pays once, and only soon. Ask again when it expires.

        There is no Idempotency-Key: we keep only the code's hash, and cannot say it a second time.
        """
        user = me(request)
        await count_payment_code(limits, user.owner)
        made = await wallets.codes.payment_code(user_id=user.owner, login_id=user.present.login.id)
        return payment_code_body(made)

    return show_payment_code


def _list(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/personal_codes", opt={"permission": LOOK}, tags=_TAGS)
    async def list_personal_codes(request: AnyRequest) -> PersonalCodesBody:
        """List my personal codes. Those that are good: the printed one, and the newest on screens; at most 20."""
        found = await wallets.codes.mine(me(request).owner)
        return PersonalCodesBody(items=[wallets.codes.body(code) for code in found])

    return list_personal_codes


def _make(wallets: Wallets) -> HTTPRouteHandler:
    @post(
        "/v1/me/personal_codes",
        opt={"permission": ACT, REFUSES: [WalletMalformed]},
        tags=_TAGS,
        responses=answers(201, PersonalCodeBody, "The code"),
    )
    async def make_personal_code(
        request: AnyRequest, data: JSONBody[MakePersonalCodeRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Make a personal code. A printed one takes the place of the one before, which is good no more."""
        wish = MakePersonalCode(
            user_id=me(request).owner,
            kind=data.kind,
            amount_minor=data.amount_minor,
            currency=data.currency,
            note=data.note,
        )
        return respond(
            await wallets.codes.make(
                a_call(request, "wallets.make_personal_code", idempotency_key, data, wish)
            )
        )

    return make_personal_code


def _revoke(wallets: Wallets) -> HTTPRouteHandler:
    @post(
        "/v1/me/personal_codes/{code:str}/revoke",
        opt={"permission": ACT, REFUSES: [NoSuchCode]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, PersonalCodeBody, "The code, revoked"),
    )
    async def revoke_personal_code(
        request: AnyRequest, code: _Code, idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Revoke a personal code. Nobody can pay by it any more, wherever it is printed."""
        wish = RevokePersonalCode(code=code, user_id=me(request).owner)
        call = a_call(request, "wallets.revoke_personal_code", idempotency_key, None, wish, about=code)
        return respond(await wallets.codes.revoke(call))

    return revoke_personal_code
