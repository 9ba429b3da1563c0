"""With what does a user come in, and how does a member of staff shut somebody else out? Sessions end, devices are believed no more."""

from collections.abc import Sequence

import msgspec

from tael.identity.model import Device, Passkey, Session
from tael.users import store
from tael.users.schemas.staff import EndedAccessBody, EndSessionsRequest, RevokeDeviceRequest
from tael.users.usecases.desk import Desk, Doing

BECAUSE = "ended_by_staff"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What lets a user in: never what they know, only that they know it."""

    sessions: Sequence[Session]
    devices: Sequence[Device]
    passkeys: Sequence[Passkey]
    has_payment_password: bool
    has_authenticator: bool
    recovery_codes_left: int


async def access_of(desk: Desk, user_id: str) -> Access:
    """How a user can sign in and confirm; refuses `NoSuchUser`."""
    async with desk.database.transaction() as tx:
        login_id = (await store.find_user(tx, user_id)).login_id
    identity = desk.identity
    return Access(
        sessions=await identity.sessions(login_id),
        devices=await identity.devices(login_id),
        passkeys=await identity.passkeys(login_id),
        has_payment_password=await identity.has_payment_password(login_id),
        has_authenticator=(await identity.find(login_id)).has_second_factor,
        recovery_codes_left=await identity.recovery_codes_left(login_id),
    )


async def end_sessions(doing: Doing, _: EndSessionsRequest, about: str) -> EndedAccessBody:
    """End every session of a user, and tell them; refuses `NoSuchUser`, `UserClosed`."""
    doing = doing.about(about)
    user = await doing.user(lock=True)
    ended = await doing.desk.identity.end_all_sessions(
        doing.tx, user.login_id, because=BECAUSE, visitor=doing.visitor
    )
    await doing.tell("sessions_ended", {"at": doing.now})
    return EndedAccessBody(id=user.id, sessions_ended=ended)


async def revoke_device(doing: Doing, wanted: RevokeDeviceRequest, about: str) -> EndedAccessBody:
    """Believe a device of a user's no longer, and tell them; refuses `NoSuchUser`, `UserClosed`, `NoSuchDevice`."""
    doing = doing.about(about)
    user = await doing.user(lock=True)
    names = {each.id: each.name for each in await doing.desk.identity.devices(user.login_id)}
    ended = await doing.desk.identity.revoke_device(doing.tx, user.login_id, wanted.device_id, doing.visitor)
    await doing.tell("device_revoked", {"device": names.get(wanted.device_id, "?"), "at": doing.now})
    return EndedAccessBody(id=user.id, sessions_ended=ended)
