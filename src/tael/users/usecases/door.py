"""How does a user come in, with which proof, and how do they get a new password? Each recorded, and told where it matters.

The number says who it is; whoever types one that nobody has hears what everybody hears, after as much work.
"""

from tael.behaviour.api import device_in_words, place_in_words
from tael.behaviour.model import ActKind, ActResult
from tael.foundation.ids import new_id
from tael.foundation.phones import phone_as_kept
from tael.identity.api import USER_TOKEN
from tael.identity.errors import SessionEnded, SignInRefused
from tael.identity.model import Factor, SignedIn, Visitor
from tael.messages.model import Language, Post, Value
from tael.users import store
from tael.users.model import User, UserState
from tael.users.schemas.door import (
    PasskeySignInRequest,
    ProveRequest,
    ResetPasswordRequest,
    SignInRequest,
)
from tael.users.usecases.desk import Desk, alike, doing_for
from tael.users.usecases.registration import RESET


async def sign_in(desk: Desk, wanted: SignInRequest, visitor: Visitor) -> SignedIn:
    """Number and password; refuses `PhoneMalformed`, `SignInRefused`, `TooManyTries`, `TooBusy`."""
    number = phone_as_kept(wanted.phone)
    async with desk.database.transaction() as tx:
        user = await desk.by_phone(tx, number)
    try:
        signed_in = await desk.identity.sign_in_as(
            user.login_id if user else None,
            wanted.password,
            visitor,
            about=desk.code_about(number),
            device_token=wanted.device_token,
        )
    except SignInRefused:
        async with desk.database.transaction() as tx:
            doing = doing_for(desk, tx, user.id if user else new_id("usr"), visitor)
            failed = doing.record(ActKind.SIGN_IN, result=ActResult.FAILED, what="password")
            await alike(tx, failed, stays=user is not None)
        raise
    if user is not None and signed_in.is_whole:
        await _arrived(desk, user, signed_in, visitor)
    return signed_in


async def send_code(desk: Desk, session_token: str) -> None:
    """A code that makes half a session whole, to the number of whoever it is; refuses `SessionEnded`, `TooManyCodes`."""
    present = await desk.identity.present_user(session_token, half=True)
    async with desk.database.transaction() as tx:
        user = await store.user_of_login(tx, present.login.id)
        if user is None or user.state is not UserState.ACTIVE:
            return
        code = await desk.identity.make_session_code(tx, present)
        await desk.messages.post(tx, [Post(template="code_sign_in", to=user.id, values={"code": code})])


async def prove(
    desk: Desk, wanted: ProveRequest, visitor: Visitor, *, device_token: str | None = None
) -> SignedIn:
    """Half a session and one factor more; refuses what identity refuses."""
    signed_in = await desk.identity.prove_as(
        wanted.session_token.removeprefix(USER_TOKEN),
        Factor(wanted.factor),
        wanted.proof,
        visitor,
        device_token=device_token,
        trust=wanted.trust_device,
    )
    async with desk.database.transaction() as tx:
        user = await store.user_of_login(tx, signed_in.session.session.login_id)
    if user is not None:
        await _arrived(desk, user, signed_in, visitor)
    return signed_in


async def sign_in_by_passkey(
    desk: Desk, wanted: PasskeySignInRequest, visitor: Visitor, *, device_token: str | None = None
) -> SignedIn:
    """A passkey's answer alone; refuses `PasskeyRefused`, and `SessionEnded` of somebody who has left."""
    signed_in = await desk.identity.show_passkey(
        wanted.question, wanted.answer, visitor, device_token=device_token, trust=wanted.trust_device
    )
    begun = signed_in.session.session
    async with desk.database.transaction() as tx:
        user = await store.user_of_login(tx, begun.login_id)
        if user is None or user.state is not UserState.ACTIVE:
            await desk.identity.end_session_of(tx, begun.login_id, begun.id, visitor)
            user = None
    if user is None:
        raise SessionEnded("This account is closed.", hint="Register again, if you want to come back.")
    await _arrived(desk, user, signed_in, visitor)
    return signed_in


async def reset_password(desk: Desk, wanted: ResetPasswordRequest, visitor: Visitor) -> None:
    """Another password in place of a forgotten one; every session ends. The same answer for every number.

    Refuses `PhoneMalformed`, `PasswordWeak`, `CodeRefused`, `TooManyTries`, `TooBusy`.
    """
    number = phone_as_kept(wanted.phone)
    desk.identity.check_room()
    password_hash = await desk.identity.hash_of(wanted.password, about=(number,))
    async with desk.database.transaction() as tx:
        await desk.identity.use_code(tx, about=desk.code_about(number), purpose=RESET, code=wanted.code)
        user = await desk.by_phone(tx, number)
        if user is None:
            return  # a code was made for nobody, and somebody has guessed it
        doing = doing_for(desk, tx, user.id, visitor)
        await desk.identity.reset_password(tx, user.login_id, password_hash, visitor=visitor)
        await doing.tell("password_changed", {"at": doing.now})
        await doing.record(ActKind.CHANGE, what="password")
        await doing.note("reset_password")


async def _arrived(desk: Desk, user: User, signed_in: SignedIn, visitor: Visitor) -> None:
    """Somebody is inside: remember it, and tell them if the device is new."""
    async with desk.database.transaction() as tx:
        doing = doing_for(desk, tx, user.id, visitor)
        device = signed_in.device
        await doing.record(ActKind.SIGN_IN, device_id=device.id if device else None)
        if signed_in.is_new_device and device is not None:
            values: dict[str, Value] = {
                "device": device_in_words(device.name),
                "place": place_in_words(visitor.address or None, chinese=user.language == Language.CHINESE),
                "at": doing.now,
            }
            await doing.tell("sign_in_new_device", values)
