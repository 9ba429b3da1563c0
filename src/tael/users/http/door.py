"""How does somebody register, sign in and choose a new password? Routes that anybody may call.

They take no Idempotency-Key: what they answer (a session, shown once) is kept nowhere, and each does its work once by itself,
because the code that it takes is good once.
"""

from typing import Annotated, Literal

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from tael.foundation.http.app import PUBLIC
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.strangers import Deed, Strangers, TooMuchFromNetwork, address_of
from tael.foundation.phones import PhoneMalformed
from tael.identity.api import USER_TOKEN, Identity
from tael.identity.errors import (
    CodeRefused,
    FactorRefused,
    PasskeyRefused,
    PasswordWeak,
    SessionEnded,
    SignInRefused,
    TooBusy,
    TooManyCodes,
    TooManyTries,
)
from tael.identity.model import PasskeyQuestion, SignedIn
from tael.users.api import Users
from tael.users.errors import AgreementDiffers, NoSuchRecord, PhoneTaken
from tael.users.http.requests import AnyRequest, visitor_of
from tael.users.model import AgreementName, User
from tael.users.schemas.bodies import AgreementTextBody
from tael.users.schemas.door import (
    CodeRequest,
    CodeSent,
    HalfSessionRequest,
    PasskeySignInRequest,
    ProveRequest,
    RegisterRequest,
    ResetPasswordRequest,
    SignedInBody,
    SignInRequest,
)
from tael.users.usecases.verbs import CODE_SECONDS, AgreementsBody

_TAG = "Users at the door"
_SENT = CodeSent(good_for_seconds=CODE_SECONDS)


def door_routes(users: Users, strangers: Strangers, identity: Identity) -> list[HTTPRouteHandler]:
    """Registration, sign-in, reset, and the texts that are accepted."""
    return [
        *_registration(users, strangers),
        *_sign_in(users),
        *_by_passkey(users, identity),
        _reset(users, strangers),
        *_texts(users),
    ]


def _registration(users: Users, strangers: Strangers) -> list[HTTPRouteHandler]:
    @post(
        "/v1/users/codes",
        status_code=202,
        opt={"permission": PUBLIC, REFUSES: [PhoneMalformed, TooManyCodes, TooMuchFromNetwork]},
        tags=[_TAG],
        responses=answers(202, CodeSent, "The same for every number"),
    )
    async def send_user_code(request: AnyRequest, data: JSONBody[CodeRequest]) -> CodeSent:
        """Send a one-time code. To register, or to choose a new password; the answer tells nothing about the number."""
        await strangers.take(address_of(request), Deed.USER_CODE)
        await users.send_code(data)
        return _SENT

    @post(
        "/v1/users",
        status_code=201,
        opt={
            "permission": PUBLIC,
            REFUSES: [
                PhoneMalformed,
                AgreementDiffers,
                PasswordWeak,
                CodeRefused,
                TooManyTries,
                TooBusy,
                PhoneTaken,
                TooMuchFromNetwork,
            ],
        },
        tags=[_TAG],
        responses=answers(201, SignedInBody, "A whole session on this device"),
    )
    async def register_user(request: AnyRequest, data: JSONBody[RegisterRequest]) -> SignedInBody:
        """Register. With the code that was sent to the number, a password, and every agreement accepted as it is."""
        await strangers.take(address_of(request), Deed.SIGN_UP)
        user, signed_in = await users.register(data, visitor_of(request))
        return _shown(signed_in, user)

    return [send_user_code, register_user]


def _sign_in(users: Users) -> list[HTTPRouteHandler]:
    @post(
        "/v1/users/sign_in",
        status_code=200,
        opt={"permission": PUBLIC, REFUSES: [PhoneMalformed, SignInRefused, TooManyTries, TooBusy]},
        tags=[_TAG],
        responses=answers(200, SignedInBody, "A whole session on a device that is trusted, else half of one"),
    )
    async def sign_user_in(request: AnyRequest, data: JSONBody[SignInRequest]) -> SignedInBody:
        """Sign in. By number and password; on a new device one factor more makes the session whole."""
        signed_in = await users.sign_in(data, visitor_of(request))
        return _shown(signed_in, await users.user_behind(signed_in.session.session.login_id))

    @post(
        "/v1/users/sign_in/codes",
        status_code=202,
        opt={"permission": PUBLIC, REFUSES: [SessionEnded, TooManyCodes]},
        tags=[_TAG],
        responses=answers(202, CodeSent, "To the number of whoever it is"),
    )
    async def send_sign_in_code(data: JSONBody[HalfSessionRequest]) -> CodeSent:
        """Send a code to sign in. For half a session, to the user's own number."""
        await users.send_sign_in_code(data.session_token.removeprefix(USER_TOKEN))
        return _SENT

    @post(
        "/v1/users/sign_in/proof",
        status_code=200,
        opt={"permission": PUBLIC, REFUSES: [SessionEnded, CodeRefused, FactorRefused, TooManyTries]},
        tags=[_TAG],
        responses=answers(200, SignedInBody, "The whole session, with a new token"),
    )
    async def prove_user(request: AnyRequest, data: JSONBody[ProveRequest]) -> SignedInBody:
        """Prove it is you. Half a session and one factor more make a whole one."""
        signed_in = await users.prove(data, visitor_of(request), device_token=data.device_token)
        return _shown(signed_in, await users.user_behind(signed_in.session.session.login_id))

    return [sign_user_in, send_sign_in_code, prove_user]


def _by_passkey(users: Users, identity: Identity) -> list[HTTPRouteHandler]:
    @get("/v1/users/sign_in/passkey", opt={"permission": PUBLIC}, tags=[_TAG])
    async def ask_passkey_at_door() -> PasskeyQuestion:
        """Get what a passkey is asked at the door. Any that the browser has for this site; good once, for some minutes."""
        return await identity.ask_passkey()

    @post(
        "/v1/users/sign_in/passkey",
        status_code=200,
        opt={"permission": PUBLIC, REFUSES: [PasskeyRefused, SessionEnded]},
        tags=[_TAG],
        responses=answers(200, SignedInBody, "A whole session"),
    )
    async def sign_user_in_by_passkey(
        request: AnyRequest, data: JSONBody[PasskeySignInRequest]
    ) -> SignedInBody:
        """Sign in by a passkey. It says who you are and proves it: neither number nor password is asked for."""
        visitor = visitor_of(request)
        signed_in = await users.sign_in_by_passkey(data, visitor, device_token=data.device_token)
        return _shown(signed_in, await users.user_behind(signed_in.session.session.login_id))

    return [ask_passkey_at_door, sign_user_in_by_passkey]


def _reset(users: Users, strangers: Strangers) -> HTTPRouteHandler:
    @post(
        "/v1/users/reset_password",
        status_code=204,
        opt={
            "permission": PUBLIC,
            REFUSES: [PhoneMalformed, PasswordWeak, CodeRefused, TooManyTries, TooBusy, TooMuchFromNetwork],
        },
        tags=[_TAG],
    )
    async def reset_user_password(request: AnyRequest, data: JSONBody[ResetPasswordRequest]) -> None:
        """Choose a new password. With the code that was sent to the number; every session ends."""
        await strangers.take(address_of(request), Deed.USER_CODE)
        await users.reset_password(data, visitor_of(request))

    return reset_user_password


def _texts(users: Users) -> list[HTTPRouteHandler]:
    @get("/v1/users/agreements", opt={"permission": PUBLIC}, tags=[_TAG])
    async def list_user_agreements() -> AgreementsBody:
        """List what has to be accepted. By whoever registers today, with the digest of each text."""
        return AgreementsBody(agreements=list(users.reads.agreements_now()))

    @get(
        "/v1/users/agreements/{name:str}/{version:str}/{language:str}",
        opt={"permission": PUBLIC, REFUSES: [NoSuchRecord]},
        tags=[_TAG],
    )
    async def get_user_agreement(
        name: Annotated[AgreementName, PathParameter(description="Which agreement")],
        version: Annotated[str, PathParameter(description="As the list says")],
        language: Annotated[Literal["zh-CN", "en"], PathParameter(description="In which language")],
    ) -> AgreementTextBody:
        """Get the text of an agreement. As it is accepted; its SHA-256 is the digest."""
        return users.reads.agreement_text(name, version, language)

    return [list_user_agreements, get_user_agreement]


def _shown(signed_in: SignedIn, user: User | None) -> SignedInBody:
    return SignedInBody(
        session_token=USER_TOKEN + signed_in.session.token,
        is_whole=signed_in.is_whole,
        factors=[str(each) for each in signed_in.factors],
        user_id=user.id if user and signed_in.is_whole else None,
        device_token=signed_in.device_token,
    )
