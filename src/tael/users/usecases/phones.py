"""How does a user change their number? With codes to both; whoever has lost the old one shows their face, and two people look.

The new number gets a code whoever has it; that somebody is registered with it is said only to whoever shows that code.
"""

from datetime import timedelta

from tael.behaviour.model import ActKind
from tael.foundation import outbox
from tael.foundation.personal import PHONE, mask_phone
from tael.foundation.phones import phone_as_kept
from tael.messages.model import Post, Value
from tael.standing.model import Permission
from tael.users import store
from tael.users.errors import PhoneTaken, ProofNeeded, UserMalformed
from tael.users.events import UserChanged
from tael.users.model import User, VerificationState, VerificationTries
from tael.users.schemas.own import PhoneRequest
from tael.users.usecases import people
from tael.users.usecases.desk import Doing

NEW, OLD = "change_phone", "change_phone_from"
_SHOWS_A_FACE = ("document_face", "video")


async def send_codes(doing: Doing, text: str) -> None:
    """A code to the new number, and one to the old; refuses `PhoneMalformed`, `UserMalformed`, `TooManyCodes`."""
    number, user = phone_as_kept(text), await doing.user()
    old = await current(doing)
    if number == old:
        raise UserMalformed("This is your number already.", field="phone")
    await _check_may(doing)
    desk = doing.desk
    posts = []
    for to, purpose in ((number, NEW), (old, OLD)):
        code = await desk.identity.make_code(doing.tx, about=desk.code_about(to), purpose=_of(purpose, user))
        posts.append(
            Post(
                template="code_change_phone",
                to_phone=to,
                values={"code": code},
                language=user.language,
            )
        )
    await desk.messages.post(doing.tx, posts)


async def prove_both(doing: Doing, wanted: PhoneRequest) -> bool:
    """Whether the number changes now: codes of both were shown. False: the old one is lost, and somebody looks at it.

    Refuses `CodeRefused`, `TooManyTries`, `ProofNeeded`, `PhoneTaken`.
    """
    number, user = phone_as_kept(wanted.phone), await doing.user(lock=True)
    await _check_may(doing)
    desk = doing.desk
    await desk.identity.use_code(
        doing.tx, about=desk.code_about(number), purpose=_of(NEW, user), code=wanted.code
    )
    taken = await desk.by_phone(doing.tx, number)
    if taken is not None and taken.id != user.id:
        raise taken_by_somebody()
    if wanted.old_code is None:
        await _check_face(doing)
        return False
    old = await current(doing)
    await desk.identity.use_code(
        doing.tx, about=desk.code_about(old), purpose=_of(OLD, user), code=wanted.old_code
    )
    return True


async def write(doing: Doing, number: str) -> None:
    """Another number from now on; the old one is told. Refuses `PhoneTaken`."""
    desk, old = doing.desk, await current(doing)
    indexes = desk.personal.indexes_of(PHONE, number)
    sealed = desk.personal.seal(number, about=people.phone_about(doing.user_id))
    user = await store.find_user(doing.tx, doing.user_id)
    if not await store.set_phone(
        doing.tx, doing.user_id, sealed=sealed, indexes=indexes, shown=mask_phone(number)
    ):
        raise taken_by_somebody()
    values: dict[str, Value] = {"phone": mask_phone(number), "at": doing.now}
    await desk.messages.post(
        doing.tx,
        [Post(template="phone_changed", to=user.id, to_phone=old, values=values)],
    )
    await desk.messages.address(doing.tx, doing.user_id, phone=number)
    await doing.record(ActKind.CHANGE, what="phone")
    await outbox.publish(
        doing.tx, [UserChanged(object_id=doing.user_id, happened_at=doing.now, what="phone")]
    )


async def current(doing: Doing) -> str:
    """A user's number, in clear."""
    sealed = await store.sealed_phone(doing.tx, doing.user_id)
    assert sealed is not None, "an active user has a number"  # noqa: S101 - registration wrote it
    return doing.desk.personal.open(sealed, about=people.phone_about(doing.user_id))


def taken_by_somebody() -> PhoneTaken:
    """Said only after the code that went to the number."""
    return PhoneTaken(
        "Somebody is registered with this number.",
        field="phone",
        hint="Sign in with it, or choose a new password if you have forgotten yours.",
    )


async def _check_may(doing: Doing) -> None:
    [refusal] = await doing.desk.standing.check(doing.tx, [(doing.user_id, Permission.PHONE)])
    if refusal is not None:
        raise refusal


async def _check_face(doing: Doing) -> None:
    """Whoever cannot show a code of the old number has shown their face lately."""
    rule = doing.desk.rules.read("users.verification", VerificationTries, at=doing.now)
    since = doing.now - timedelta(hours=rule.face_good_hours)
    records = await store.verifications_of(doing.tx, doing.user_id)
    if not any(
        each.source in _SHOWS_A_FACE and each.state is VerificationState.MATCHED and each.asked_at >= since
        for each in records
    ):
        raise ProofNeeded(
            "Without a code of the old number, show your face first.",
            field="old_code",
            hint="POST /v1/me/verifications with document_face or video, then come again within a day.",
        )


def _of(purpose: str, user: User) -> str:
    """A code is good for the user who asked for it alone."""
    return f"{purpose} {user.id}"
