"""From where does somebody come? Devices and sessions, each of which they can end."""

from collections.abc import Sequence

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.db import Transaction
from tael.foundation.ids import check_id
from tael.identity.model import Device, Session
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, MANAGE, action, done, me, once, page, read_form, show, visitor_of
from tael.web.wallet.behind import Behind
from tael.web.wallet.security import HOME

DEVICES = f"{HOME}/devices"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A device, and where somebody is signed in at it."""

    device: Device
    sessions: Sequence[Session]


def device_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [_show(behind), *_end(behind)]


def _show(behind: Behind) -> HTTPRouteHandler:
    identity = behind.people.identity

    @page(DEVICES, permission=LOOK)
    async def show_devices(request: PageRequest) -> Response[bytes]:
        login_id = me(request).present.login.id
        devices, sessions = await identity.devices(login_id), await identity.sessions(login_id)
        places = [
            Place(device=each, sessions=[one for one in sessions if one.device_id == each.id])
            for each in devices
        ]
        known = {each.id for each in devices}
        return await show(
            behind,
            request,
            "wallet/devices.html",
            here="security",
            present=me(request).present,
            places=places,
            elsewhere=[each for each in sessions if each.device_id not in known],
            many=len(sessions) > 1,
        )

    return show_devices


def _end(behind: Behind) -> list[HTTPRouteHandler]:
    identity = behind.people.identity

    @action(f"{DEVICES}/{{device_id:str}}/revoke", permission=MANAGE)
    async def revoke_device(request: PageRequest, device_id: FromPath[str]) -> Response[bytes]:
        form, login_id = await read_form(request), me(request).present.login.id
        id = check_id(device_id, prefix="dev", field="device_id")

        async def revoke(tx: Transaction) -> None:
            await identity.revoke_device(tx, login_id, id, visitor_of(request))

        await once(behind, request, form, "identity.revoke_device", revoke, about=id)
        return done(request, DEVICES, "device_revoked")

    @action(f"{HOME}/sessions/{{session_id:str}}/end", permission=LOOK)
    async def end_session(request: PageRequest, session_id: FromPath[str]) -> Response[bytes]:
        form, login_id = await read_form(request), me(request).present.login.id
        id = check_id(session_id, prefix="ses", field="session_id")

        async def end(tx: Transaction) -> None:
            await identity.end_session_of(tx, login_id, id, visitor_of(request))

        await once(behind, request, form, "identity.end_session", end, about=id)
        return done(request, DEVICES, "session_ended")

    @action(f"{HOME}/end-others", permission=LOOK)
    async def end_others(request: PageRequest) -> Response[bytes]:
        form, present = await read_form(request), me(request).present

        async def end(tx: Transaction) -> None:
            await identity.end_all_sessions(
                tx,
                present.login.id,
                but=present.session.id,
                because="ended_from_another",
                visitor=visitor_of(request),
            )

        await once(behind, request, form, "identity.end_other_sessions", end)
        return done(request, DEVICES, "others_ended")

    return [revoke_device, end_session, end_others]
