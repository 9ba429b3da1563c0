"""How does somebody become a user? With a number that is theirs, a password, and every agreement accepted as it is.

Whoever asks for a code hears the same of every number. That somebody is registered is said only to whoever has shown the
code that was sent to it.
"""

from collections.abc import Sequence

from tael.behaviour.model import ActKind
from tael.foundation import outbox
from tael.foundation.ids import new_id
from tael.foundation.personal import PHONE, mask_phone
from tael.foundation.phones import phone_as_kept
from tael.identity.model import Factor, SignedIn, Visitor
from tael.messages.model import Language, Post
from tael.users import store
from tael.users.events import UserRegistered
from tael.users.model import AgreementVersion, User, UserState
from tael.users.schemas.door import CodeRequest, RegisterRequest
from tael.users.usecases import agreements, people, phones
from tael.users.usecases.desk import Desk, Doing, alike, doing_for

REGISTER, RESET = "register", "reset_password"
_TEMPLATES = {REGISTER: "code_sign_up", RESET: "code_reset_password"}


async def send_code(desk: Desk, wanted: CodeRequest) -> None:
    """A code to a number. For a new password only somebody who is registered gets one; nobody hears the difference.

    Refuses `PhoneMalformed`, `TooManyCodes`.
    """
    number = phone_as_kept(wanted.phone)
    async with desk.database.transaction() as tx:
        code = await desk.identity.make_code(tx, about=desk.code_about(number), purpose=wanted.purpose)
        user = await desk.by_phone(tx, number)
        post = Post(
            template=_TEMPLATES[wanted.purpose],
            to_phone=number,
            values={"code": code},
            language=Language(user.language if user else wanted.language),
        )
        for_nobody = wanted.purpose == RESET and user is None
        await alike(tx, desk.messages.post(tx, [post]), stays=not for_nobody)


async def register(desk: Desk, wanted: RegisterRequest, visitor: Visitor) -> tuple[User, SignedIn]:
    """A new user, signed in on this device.

    Refuses `PhoneMalformed`, `AgreementDiffers`, `PasswordWeak`, `TooBusy`, `CodeRefused`, `TooManyTries`, `PhoneTaken`.
    """
    number = phone_as_kept(wanted.phone)
    accepted = agreements.check_all(desk, wanted.agreements, wanted.language)
    desk.identity.check_room()
    password_hash = await desk.identity.hash_of(wanted.password, about=(number,))
    async with desk.database.transaction() as tx:
        await desk.identity.use_code(tx, about=desk.code_about(number), purpose=REGISTER, code=wanted.code)
        if await desk.by_phone(tx, number) is not None:
            raise phones.taken_by_somebody()
        login = await desk.identity.add_login(tx, name="", password_hash=password_hash, visitor=visitor)
        user = User(
            id=new_id("usr"),
            login_id=login.id,
            state=UserState.ACTIVE,
            language=wanted.language,
            phone_shown=mask_phone(number),
            agreed=(),
            registered_at=desk.clock.now(),
        )
        doing = doing_for(desk, tx, user.id, visitor)
        user = await _open(doing, user, number, accepted)
        signed_in = await desk.identity.begin_whole(tx, user.login_id, visitor, factor=Factor.CODE)
        await doing.record(ActKind.SIGN_IN, device_id=signed_in.device.id if signed_in.device else None)
        await doing.note("register")
    return user, signed_in


async def _open(doing: Doing, user: User, number: str, accepted: Sequence[AgreementVersion]) -> User:
    """The user and everything that they have from the beginning; refuses `PhoneTaken`."""
    desk, tx = doing.desk, doing.tx
    sealed = desk.personal.seal(number, about=people.phone_about(user.id))
    if not await store.insert_user(tx, user, sealed=sealed, index=desk.personal.index_of(PHONE, number)):
        raise phones.taken_by_somebody()  # by somebody who registered at this very moment
    user = await agreements.write_accepted(doing, user, accepted, user.language)
    await desk.standing.open(tx, user.id, doing.now)
    await desk.messages.address(tx, user.id, phone=number, language=user.language)
    await doing.tell("welcome")
    await outbox.publish(tx, [UserRegistered(object_id=user.id, happened_at=doing.now)])
    return user
