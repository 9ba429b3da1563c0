"""How does somebody come by a link: into a team, or to a new password?"""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.foundation.errors import Refusal
from tael.identity.api import LONGEST_PASSWORD, SHORTEST_PASSWORD
from tael.identity.errors import LinkSpent
from tael.identity.model import NewSession
from tael.merchants.errors import InvitationSpent
from tael.merchants.model import Member
from tael.web.portal.acting import go_to, show_door
from tael.web.portal.behind import Behind
from tael.web.portal.door import half_of, let_in
from tael.web.ui.doors import open_action, open_page, read_at_door
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.ui.session_cookies import visitor_of


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who joins and had no login."""

    name: Annotated[str, Meta(max_length=64)]
    password: Annotated[str, Meta(max_length=LONGEST_PASSWORD)]


def joining_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Invitations and resets."""
    return [*_invitations(behind), *_resets(behind)]


def _invitations(behind: Behind) -> list[HTTPRouteHandler]:
    @open_page("/portal/invitations/{token:str}")
    async def show_invitation(request: PageRequest, token: FromPath[str]) -> Response[bytes]:
        return await _invitation_page(behind, request, token, Form())

    @open_action("/portal/invitations/{token:str}")
    async def accept_invitation(request: PageRequest, token: FromPath[str]) -> Response[bytes]:
        form = await read_at_door(request)
        try:
            invited = await behind.people.team.invitation(token)
            present = await half_of(behind, request)
            if await behind.people.identity.has_login(invited.email):
                if present is None or present.session.proven_at is None:
                    return go_to(request, f"/portal/sign-in?next=/portal/invitations/{token}")
                async with behind.people.database.transaction() as tx:
                    login = present.login
                    await behind.people.team.accept(
                        tx, token, login_id=login.id, email=login.email, name=login.name
                    )
                await behind.people.identity.choose(present, invited.merchant_id, visitor_of(request))
                return go_to(request, "/portal/home")
            begun = await _joined(behind, request, token, invited, form.into(Newcomer))
        except Refusal as refusal:
            return await _invitation_page(behind, request, token, form.refused(refusal, secret=("password",)))
        return let_in(behind, request, begun, "/portal/second-factor")

    return [show_invitation, accept_invitation]


def _resets(behind: Behind) -> list[HTTPRouteHandler]:
    async def page_of(request: PageRequest, token: str, form: Form) -> Response[bytes]:
        try:
            login = await behind.people.identity.look_at_link(token)
        except LinkSpent as refusal:
            return show_door(request, "portal/link_spent.html", form=Form(refusal=refusal))
        return show_door(
            request,
            "portal/reset.html",
            form=form,
            email=login.email,
            link=f"/portal/reset/{token}",
            shortest=SHORTEST_PASSWORD,
        )

    @open_page("/portal/reset/{token:str}")
    async def show_reset(request: PageRequest, token: FromPath[str]) -> Response[bytes]:
        return await page_of(request, token, Form())

    @open_action("/portal/reset/{token:str}")
    async def reset_password(request: PageRequest, token: FromPath[str]) -> Response[bytes]:
        form = await read_at_door(request)
        try:
            begun = await behind.people.identity.reset(token, form.text("password"), visitor_of(request))
        except Refusal as refusal:
            return await page_of(request, token, form.refused(refusal, secret=("password",)))
        half = await behind.people.identity.present(begun.token, half=True)
        return let_in(
            behind,
            request,
            begun,
            "/portal/code" if half.login.has_second_factor else "/portal/second-factor",
        )

    return [show_reset, reset_password]


async def _invitation_page(behind: Behind, request: PageRequest, token: str, form: Form) -> Response[bytes]:
    try:
        invited = await behind.people.team.invitation(token)
    except InvitationSpent as refusal:
        return show_door(request, "portal/link_spent.html", form=Form(refusal=refusal))
    present = await half_of(behind, request)
    found = await behind.people.merchants.find([invited.merchant_id])
    return show_door(
        request,
        "portal/invitation.html",
        form=form,
        invited=invited,
        merchant=found[invited.merchant_id].name,
        link=f"/portal/invitations/{token}",
        known=await behind.people.identity.has_login(invited.email),
        signed_in=present is not None
        and present.session.proven_at is not None
        and present.login.email == invited.email,
        shortest=SHORTEST_PASSWORD,
    )


async def _joined(
    behind: Behind, request: PageRequest, token: str, invited: Member, newcomer: Newcomer
) -> NewSession:
    """A new login in a team."""
    people = behind.people
    hash = await people.identity.hash_of(newcomer.password, about=(invited.email, newcomer.name))
    async with people.database.transaction() as tx:
        login, begun = await people.identity.register(
            tx,
            name=newcomer.name,
            email=invited.email,
            password_hash=hash,
            visitor=visitor_of(request),
            acts_for=invited.merchant_id,
        )
        await people.team.accept(tx, token, login_id=login.id, email=login.email, name=login.name)
    return begun
