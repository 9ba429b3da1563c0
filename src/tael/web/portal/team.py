"""Who else is here? The team of a merchant: invite, change roles, let go. Each takes a fresh code."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.foundation.http.permissions import Principal
from tael.merchants.api import DoInTeam, permissions_of
from tael.merchants.errors import TeamMalformed
from tael.merchants.model import (
    ChangeMember,
    Invite,
    Member,
    RemoveMember,
    Store,
    TeamCommand,
    TeamRole,
)
from tael.web.portal.acting import action, done, page, prove, read_form, show
from tael.web.portal.affairs import in_words
from tael.web.portal.behind import Behind
from tael.web.ui.acting import call, settled, who
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

HOME = "/portal/team"
_MOST_STORES = 100


class Where(StrEnum):
    """Where somebody acts: said expressly, so that a tick that is missing never widens."""

    EVERYWHERE = "everywhere"
    IN_STORES = "in_stores"


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a role says. An owner acts in every store, whatever is ticked."""

    role: TeamRole
    where: Where
    stores: tuple[str, ...] = ()


class Invitation(Role, frozen=True, kw_only=True):
    """What the form of an invitation says."""

    email: str


def team_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [*_inviting(behind), *_changing(behind)]


def _inviting(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission="team.read")
    async def show_team(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(f"{HOME}/invite", permission="team.write")
    async def invite(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Invitation)
            command = Invite(
                merchant_id=_owner(request), email=said.email, role=said.role, stores=_stores_of(said)
            )
            invited = await _do(behind, request, form, "team.invite", command)
        except Refusal as refusal:
            kept = form.refused(in_words(request, refusal), secret=("code",))
            return await _page_of(behind, request, kept)
        token = await behind.people.team.invitation_token(invited)
        link = f"{behind.portal_url}/invitations/{token}" if token else ""
        return await _page_of(behind, request, Form(), link=link)

    return [show_team, invite]


def _changing(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{HOME}/{{member_id:str}}/role", permission="team.write")
    async def change_role(request: PageRequest, member_id: FromPath[str]) -> Response[bytes]:
        form, merchant_id = await read_form(request), _owner(request)
        try:
            said = form.into(Role)
            command = ChangeMember(
                merchant_id=merchant_id,
                member_id=member_id,
                role=said.role,
                stores=_stores_of(said),
            )
            await _do(behind, request, form, "team.change", command)
        except Refusal as refusal:
            kept = form.refused(in_words(request, refusal), secret=("code",))
            return await _page_of(behind, request, kept)
        return done(request, HOME, "role_changed")

    @action(f"{HOME}/{{member_id:str}}/remove", permission="team.write")
    async def remove(request: PageRequest, member_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            command = RemoveMember(merchant_id=_owner(request), member_id=member_id)
            await _do(behind, request, form, "team.remove", command)
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal, secret=("code",)))
        return done(request, HOME, "member_removed")

    return [change_role, remove]


def _stores_of(said: Role) -> tuple[str, ...]:
    """The only stores in which somebody shall act; refuses `TeamMalformed` what does not fit together."""
    if said.role is TeamRole.OWNER:
        return ()
    if said.where is Where.IN_STORES and not said.stores:
        raise TeamMalformed("No store is ticked.", field="stores", hint="Tick at least one.")
    if said.where is Where.EVERYWHERE and said.stores:
        raise TeamMalformed(
            "Stores are ticked, and everywhere is chosen.",
            field="stores",
            hint="Choose only these stores, or take the ticks away.",
        )
    return said.stores


async def _page_of(behind: Behind, request: PageRequest, form: Form, link: str = "") -> Response[bytes]:
    members = await behind.people.team.members(_owner(request))
    return await show(
        behind,
        request,
        "portal/team.html",
        here="team",
        form=form,
        members=members,
        stores=await _stores_shown(behind, _owner(request), members),
        roles=list(TeamRole),
        matrix={role: permissions_of(role) for role in TeamRole},
        link=link,
    )


async def _stores_shown(behind: Behind, owner: str, members: Sequence[Member]) -> Sequence[Store]:
    """The newest stores, and those in which somebody works, however old they are."""
    reads = behind.people.merchants.reads
    newest = await reads.stores(owner, limit=_MOST_STORES)
    missing = {id for each in members for id in each.stores} - {each.id for each in newest}
    return [*newest, *[await reads.store(owner, id) for id in sorted(missing, reverse=True)]]


async def _do(behind: Behind, request: PageRequest, form: Form, doing: str, command: TeamCommand) -> Member:
    """Do a command for a form, once, after a fresh code."""
    await prove(behind, request, form)
    asked = DoInTeam(command=command, actor=who(request))
    given = settled(await behind.people.team.answer(call(request, form, doing, command, asked)))
    return msgspec.json.decode(given.body, type=Member)


def _owner(request: PageRequest) -> str:
    principal: Principal = request.scope["user"]
    return principal.owner
