"""What do I have that proves who I am? Passkeys, an authenticator, and the recovery codes that stand in for it."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from tael.foundation.calls import Answer
from tael.foundation.db import Transaction
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Page
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.identity.api import authenticator_address
from tael.identity.errors import (
    CodeNotEnough,
    CodeRefused,
    NoSuchPasskey,
    PasskeyMalformed,
    PasskeyRefused,
    ProofTooOld,
    TooManyPasskeys,
    TooManyTries,
)
from tael.identity.http.asking import (
    LOOK,
    MANAGE,
    TAGS,
    AnyRequest,
    Desk,
    Said,
    Work,
    nothing,
    present_of,
    visitor_of,
)
from tael.identity.schemas import (
    AuthenticatorRequest,
    EndedBody,
    NameRequest,
    NothingMore,
    OfferedAuthenticatorBody,
    PasskeyBody,
    PasskeyRequest,
    QuestionBody,
    RecoveryCodesBody,
    passkey_body,
    question_body,
)

PasskeyId = Annotated[str, PathParameter(description="`psk_` and 26 characters, as the API gave it")]


def thing_routes(desk: Desk) -> list[HTTPRouteHandler]:
    """What somebody has."""
    return [
        *_passkeys(desk),
        _add_passkey(desk),
        _rename_passkey(desk),
        _forget_passkey(desk),
        _offer_authenticator(desk),
        _set_authenticator(desk),
        _forget_authenticator(desk),
        _make_recovery_codes(desk),
    ]


def _passkeys(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/v1/me/passkeys", opt={"permission": LOOK}, tags=TAGS)
    async def list_my_passkeys(request: AnyRequest) -> Page[PasskeyBody]:
        """List your passkeys. The oldest first; there are ten at most."""
        found = await desk.identity.passkeys(present_of(request).login.id)
        return Page(items=[passkey_body(each) for each in found], next_cursor=None)

    @get(
        "/v1/me/passkeys/options",
        opt={"permission": MANAGE, REFUSES: [ProofTooOld, CodeNotEnough]},
        tags=TAGS,
    )
    async def offer_passkey(request: AnyRequest) -> QuestionBody:
        """Get what a browser needs to make a passkey. It takes a firm proof, but for the first thing that you set up."""
        name = await desk.around.called(caller_of(request).owner)
        return question_body(await desk.identity.offer_passkey(present_of(request), name=name))

    return [list_my_passkeys, offer_passkey]


def _add_passkey(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/passkeys",
        opt={
            "permission": MANAGE,
            REFUSES: [ProofTooOld, CodeNotEnough, PasskeyRefused, PasskeyMalformed, TooManyPasskeys],
        },
        tags=TAGS,
        responses=answers(201, PasskeyBody, "The passkey"),
    )
    async def add_passkey(
        request: AnyRequest, data: JSONBody[PasskeyRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Keep a passkey that a browser has made. It signs you in, and it confirms payments."""
        present, visitor = present_of(request), visitor_of(request)

        async def act(tx: Transaction, _: None) -> tuple[str, PasskeyBody]:
            made = await desk.identity.confirm_passkey(
                tx, present, data.answer, name=data.name, visitor=visitor
            )
            return made.id, passkey_body(made)

        work = Work(action="add_passkey", said=Said("", data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work, status=201)

    return add_passkey


def _rename_passkey(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/passkeys/{passkey_id:str}",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [NoSuchPasskey, PasskeyMalformed]},
        tags=TAGS,
        responses=answers(200, NameRequest, "Its name from now on"),
    )
    async def rename_passkey(
        request: AnyRequest,
        passkey_id: PasskeyId,
        data: JSONBody[NameRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Give a passkey another name."""
        id, login_id = check_id(passkey_id, prefix="psk", field="passkey_id"), present_of(request).login.id

        async def act(tx: Transaction, _: None) -> tuple[str, NameRequest]:
            await desk.identity.rename_passkey(tx, login_id, id, data.name)
            return id, data

        work = Work(action="rename_passkey", said=Said(id, data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work)

    return rename_passkey


def _forget_passkey(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/passkeys/{passkey_id:str}/forget",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [NoSuchPasskey, ProofTooOld, CodeNotEnough]},
        tags=TAGS,
        responses=answers(200, EndedBody, "What is not believed any more"),
    )
    async def forget_passkey(
        request: AnyRequest,
        passkey_id: PasskeyId,
        data: JSONBody[NothingMore],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Forget a passkey. It takes a firm proof; the device may go on showing it until it is removed there."""
        id, present = check_id(passkey_id, prefix="psk", field="passkey_id"), present_of(request)

        async def act(tx: Transaction, _: None) -> tuple[str, EndedBody]:
            await desk.identity.forget_passkey(tx, present, id, visitor_of(request))
            return id, EndedBody(id=id, ended=0)

        work = Work(action="forget_passkey", said=Said(id, data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work)

    return forget_passkey


def _offer_authenticator(desk: Desk) -> HTTPRouteHandler:
    @get("/v1/me/authenticator", opt={"permission": MANAGE, REFUSES: [ProofTooOld]}, tags=TAGS)
    async def offer_authenticator(request: AnyRequest) -> OfferedAuthenticatorBody:
        """Get a secret for an authenticator. The same until its first code was shown; it takes a fresh proof."""
        present = present_of(request)
        secret = await desk.identity.offer_second_factor(present)
        name = await desk.around.called(caller_of(request).owner)
        return OfferedAuthenticatorBody(secret=secret, address=authenticator_address(secret, email=name))

    return offer_authenticator


def _set_authenticator(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/authenticator",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [CodeRefused, TooManyTries, ProofTooOld, CodeNotEnough]},
        tags=TAGS,
        responses=answers(200, RecoveryCodesBody, "Recovery codes, shown this one time"),
    )
    async def set_authenticator(
        request: AnyRequest, data: JSONBody[AuthenticatorRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Show the first code of a new authenticator. It counts from now on, and every other session ends."""
        present, visitor, owner = present_of(request), visitor_of(request), caller_of(request).owner
        codes: list[str] = []

        async def ready() -> None:
            await desk.identity.count_authenticator_try(present)

        async def act(tx: Transaction, _: None) -> tuple[str, RecoveryCodesBody]:
            codes[:] = await desk.identity.set_authenticator(tx, present, data.code, visitor)
            return owner, RecoveryCodesBody(made=len(codes))

        work = Work(action="set_authenticator", said=Said(owner), ready=ready, act=act)
        return respond(_with_codes(await desk.answer(request, idempotency_key, work), codes))

    return set_authenticator


def _forget_authenticator(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/authenticator/forget",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [ProofTooOld, CodeNotEnough]},
        tags=TAGS,
        responses=answers(200, EndedBody, "There is none any more"),
    )
    async def forget_authenticator(
        request: AnyRequest, data: JSONBody[NothingMore], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Have no authenticator any more, and no recovery codes. It takes a firm proof."""
        present, owner = present_of(request), caller_of(request).owner

        async def act(tx: Transaction, _: None) -> tuple[str, EndedBody]:
            await desk.identity.take_authenticator_away(tx, present, visitor_of(request))
            return owner, EndedBody(id=owner, ended=0)

        work = Work(action="forget_authenticator", said=Said(owner, data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work)

    return forget_authenticator


def _make_recovery_codes(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/recovery_codes",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [ProofTooOld, CodeNotEnough]},
        tags=TAGS,
        responses=answers(200, RecoveryCodesBody, "Recovery codes, shown this one time"),
    )
    async def make_recovery_codes(
        request: AnyRequest, data: JSONBody[NothingMore], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Make new recovery codes. Those before work no more; it takes a firm proof."""
        present, visitor, owner = present_of(request), visitor_of(request), caller_of(request).owner
        codes: list[str] = []

        async def act(tx: Transaction, _: None) -> tuple[str, RecoveryCodesBody]:
            codes[:] = await desk.identity.make_recovery_codes(tx, present, visitor)
            return owner, RecoveryCodesBody(made=len(codes))

        work = Work(action="make_recovery_codes", said=Said(owner, data), ready=nothing, act=act)
        return respond(_with_codes(await desk.answer(request, idempotency_key, work), codes))

    return make_recovery_codes


def _with_codes(answer: Answer, codes: list[str]) -> Answer:
    """The answer as it goes out the first time: what is kept of it has no codes."""
    if answer.replayed or answer.status >= 300:
        return answer
    body = RecoveryCodesBody(made=len(codes), secret=codes)
    return msgspec.structs.replace(answer, body=msgspec.json.encode(body))
