"""What do I prove who I am with? Password, payment password, passkeys, authenticator, recovery codes, and a fresh proof."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec.structs import replace

from tael.foundation.db import Transaction
from tael.foundation.http.calls import IdempotencyKey
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.permissions import caller_of
from tael.foundation.money import Money
from tael.identity.api import Shown
from tael.identity.errors import (
    AmountTooLarge,
    CodeNotEnough,
    CodeRefused,
    FactorRefused,
    PasskeyRefused,
    PasswordWeak,
    PasswordWrong,
    PaymentPasswordWeak,
    ProofTooOld,
    TooBusy,
    TooManyCodes,
    TooManyTries,
    TooSoonAfterReset,
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
from tael.identity.model import Factor, Present
from tael.identity.rules.codes import CODE_LIFETIME
from tael.identity.schemas import (
    NothingMore,
    PasswordRequest,
    PaymentPasswordRequest,
    ProofRequest,
    QuestionBody,
    SecurityBody,
    SentBody,
    SmallAmountsRequest,
    question_body,
    small_amounts_body,
)


def factor_routes(desk: Desk) -> list[HTTPRouteHandler]:
    """What somebody knows, and a fresh proof."""
    return [
        *_looks(desk),
        _send_code(desk),
        _prove(desk),
        _set_password(desk),
        _set_payment_password(desk),
        _agree(desk),
    ]


async def security_of(desk: Desk, present: Present) -> SecurityBody:
    """How somebody proves who they are, as it stands."""
    set_up, small = await desk.identity.set_up_of(present.login.id)
    async with desk.around.database.transaction() as tx:
        is_firm = await desk.identity.is_firm(tx, present)
    return SecurityBody(
        session=present.session.id,
        is_proven=desk.identity.is_fresh(present),
        is_proven_firmly=is_firm,
        password_changed_at=present.login.password_changed_at,
        has_payment_password=set_up.has_payment_password,
        has_authenticator=present.login.has_second_factor,
        recovery_codes_left=set_up.recovery_codes_left,
        passkeys=set_up.passkeys,
        small_amounts=small_amounts_body(small),
    )


def _looks(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/v1/me/security", opt={"permission": LOOK}, tags=TAGS)
    async def get_my_security(request: AnyRequest) -> SecurityBody:
        """Get how you prove who you are. What is set up, and whether this session was proven in the last minutes."""
        return await security_of(desk, present_of(request))

    @get("/v1/me/security/passkey", opt={"permission": LOOK}, tags=TAGS)
    async def ask_passkey_to_prove(request: AnyRequest) -> QuestionBody:
        """Get what a passkey is asked to prove this session."""
        return question_body(await desk.identity.ask_passkey(present_of(request)))

    return [get_my_security, ask_passkey_to_prove]


def _send_code(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/security/code",
        status_code=200,
        opt={"permission": LOOK, REFUSES: [TooManyCodes]},
        tags=TAGS,
        responses=answers(200, SentBody, "A code is on its way"),
    )
    async def send_session_code(
        request: AnyRequest, data: JSONBody[NothingMore], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Send yourself a one-time code. It proves this session, once."""
        present, owner = present_of(request), caller_of(request).owner

        async def act(tx: Transaction, _: None) -> tuple[str, SentBody]:
            code = await desk.identity.make_session_code(tx, present)
            await desk.around.send(tx, owner, code, {})
            seconds = int(CODE_LIFETIME.total_seconds())
            return present.session.id, SentBody(id=present.session.id, good_for_seconds=seconds)

        work = Work(action="send_session_code", said=Said(present.session.id, data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work)

    return send_session_code


def _prove(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/security/proof",
        status_code=200,
        opt={
            "permission": LOOK,
            REFUSES: [FactorRefused, CodeRefused, PasskeyRefused, ProofTooOld, TooManyTries],
        },
        tags=TAGS,
        responses=answers(200, SecurityBody, "How you prove who you are; the session is proven"),
    )
    async def prove_session(
        request: AnyRequest, data: JSONBody[ProofRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Show something that you have. For five minutes what is sensitive asks for nothing more; what sets up or gives up what
        confirms payments also asks for a firm proof: a passkey, an authenticator, or after a code your payment password.
        """
        present, visitor, factor = present_of(request), visitor_of(request), Factor(data.factor)
        before = await security_of(desk, present)

        async def ready() -> Shown:
            return await desk.identity.compare_again(present, factor, data.proof, visitor)

        async def act(tx: Transaction, shown: Shown) -> tuple[str, SecurityBody]:
            now = await desk.identity.prove_again_in(tx, present, shown, visitor)
            return present.session.id, replace(
                before,
                is_proven=desk.identity.is_fresh(now),
                is_proven_firmly=await desk.identity.is_firm(tx, now),
            )

        async def refused(tx: Transaction, shown: Shown) -> None:
            await desk.identity.tell_wrong_proof(tx, shown, visitor, action="prove")

        work = Work(
            action="prove", said=Said(present.session.id, factor), ready=ready, act=act, refused=refused
        )
        return await desk.respond(request, idempotency_key, work)

    return prove_session


def _set_password(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/password",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [PasswordWrong, PasswordWeak, TooManyTries, TooBusy]},
        tags=TAGS,
        responses=answers(200, SecurityBody, "How you prove who you are"),
    )
    async def change_my_password(
        request: AnyRequest, data: JSONBody[PasswordRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Change your password. Every other session ends."""
        present, visitor, owner = present_of(request), visitor_of(request), caller_of(request).owner
        before = await security_of(desk, present)

        async def ready() -> str:
            known = await desk.around.known_of(owner)
            return await desk.identity.prepare_password(
                present, data.old, data.password, visitor, about=known
            )

        async def act(tx: Transaction, hash: str) -> tuple[str, SecurityBody]:
            await desk.identity.put_password(tx, present, hash, visitor)
            return owner, replace(before, password_changed_at=desk.around.clock.now())

        work = Work(action="change_password", said=Said(owner), ready=ready, act=act)
        return await desk.respond(request, idempotency_key, work)

    return change_my_password


def _set_payment_password(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/payment_password",
        status_code=200,
        opt={
            "permission": MANAGE,
            REFUSES: [
                PaymentPasswordWeak,
                CodeRefused,
                PasswordWrong,
                ProofTooOld,
                CodeNotEnough,
                TooSoonAfterReset,
                TooManyTries,
                TooBusy,
            ],
        },
        tags=TAGS,
        responses=answers(200, SecurityBody, "How you prove who you are"),
    )
    async def set_my_payment_password(
        request: AnyRequest, data: JSONBody[PaymentPasswordRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Set your payment password. The first takes a fresh proof; another one the old one, or a firm proof and your password."""
        present, visitor, owner = present_of(request), visitor_of(request), caller_of(request).owner
        before = await security_of(desk, present)

        async def ready() -> str:
            return await desk.identity.prepare_payment_password(
                present,
                data.payment_password,
                visitor,
                old=data.old,
                password=data.password,
                about=await desk.around.known_of(owner),
            )

        async def act(tx: Transaction, hash: str) -> tuple[str, SecurityBody]:
            await desk.identity.set_payment_password(tx, present.login.id, hash, visitor=visitor)
            return owner, replace(before, has_payment_password=True)

        work = Work(action="set_payment_password", said=Said(owner), ready=ready, act=act)
        return await desk.respond(request, idempotency_key, work)

    return set_my_payment_password


def _agree(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/small_amounts",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [AmountTooLarge, ProofTooOld, CodeNotEnough]},
        tags=TAGS,
        responses=answers(200, SecurityBody, "How you prove who you are"),
    )
    async def agree_to_small_amounts(
        request: AnyRequest, data: JSONBody[SmallAmountsRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Let small amounts pass without a confirmation, or no longer. For letting them pass it takes a firm proof."""
        present, visitor, owner = present_of(request), visitor_of(request), caller_of(request).owner
        before = await security_of(desk, present)
        most = Money(data.most_minor, data.currency) if data.most_minor else None

        async def act(tx: Transaction, _: None) -> tuple[str, SecurityBody]:
            agreed = await desk.identity.agree_to_small_amounts(tx, present, most, visitor)
            return owner, replace(before, small_amounts=small_amounts_body(agreed))

        work = Work(action="agree_to_small_amounts", said=Said(owner, data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work)

    return agree_to_small_amounts
