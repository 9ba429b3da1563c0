"""How does a merchant invite people, change what they do, and let them go? Its team."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from tael.foundation.calls import Answer, Call
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Limit, Page, page_of
from tael.foundation.http.permissions import caller_of, principal_of
from tael.foundation.ids import check_id
from tael.merchants.errors import (
    AlreadyMember,
    BeyondYours,
    LastOwner,
    NoSuchMember,
    OwnerByPersonOnly,
    TeamMalformed,
)
from tael.merchants.model import ChangeMember, Invite, Member, RemoveMember, TeamCommand, TeamRole
from tael.merchants.usecases.team import DoInTeam, Team

READ, WRITE = "team.read", "team.write"

AnyRequest = Request[Any, Any, Any]
MemberId = Annotated[str, PathParameter(description="`mbr_` and 26 characters, as the API gave it")]
After = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        pattern=r"^mbr_[0-9a-z]{26}$(?!\n)",
        description="`next_cursor` of the page before; absent for the first page",
    ),
]
StoreId = Annotated[
    str, Meta(pattern=r"^sto_[0-9a-z]{26}$(?!\n)", examples=["sto_06dk3vg5m8x4t9c1h2zq7n0rby"])
]
StoreIds = Annotated[
    Annotated[tuple[StoreId, ...], Meta(max_length=100)] | None,
    Meta(
        description="The only stores in which they act; empty: everywhere."
        " Left out or null: as they were, and everywhere for whoever is new"
    ),
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class InviteRequest(_Strict, frozen=True, kw_only=True):
    """Somebody who shall join."""

    email: Annotated[str, Meta(max_length=254, examples=["ann@shop.example"])]
    role: TeamRole
    stores: StoreIds = None


class ChangeMemberRequest(_Strict, frozen=True, kw_only=True):
    """What somebody does from now on."""

    role: TeamRole
    stores: StoreIds = None


class RemoveMemberRequest(_Strict, frozen=True, kw_only=True):
    """Nothing needs to be said."""


class InvitationBody(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was invited, and the link for them."""

    member: Member
    link: Annotated[
        str | None,
        Meta(description="Hand it to the person; it works once. Null as soon as it was used or taken back"),
    ]


class _OnMember(msgspec.Struct, frozen=True):
    """What a request was about, and what it said: a repeat must say the same of the same."""

    member_id: str
    request: msgspec.Struct


def team_routes(team: Team, *, portal_url: str) -> list[HTTPRouteHandler]:
    """The people of a merchant. `portal_url` is where invitations are accepted."""
    return [_list_members(team), _invite(team, portal_url), _change(team), _remove(team)]


def invitation_address(portal_url: str, token: str) -> str:
    """The link of an invitation."""
    return f"{portal_url}/invitations/{token}"


def _list_members(team: Team) -> HTTPRouteHandler:
    @get("/v1/team", opt={"permission": READ}, tags=["Team"])
    async def list_team(request: AnyRequest, *, limit: Limit = 50, cursor: After = None) -> Page[Member]:
        """List the team. Who is there or invited, in the order in which they came."""
        found = await team.members(caller_of(request).owner, after=cursor, limit=limit + 1)
        return page_of(found, limit)

    return list_team


def _invite(team: Team, portal_url: str) -> HTTPRouteHandler:
    @post(
        "/v1/team/invitations",
        status_code=200,
        opt={"permission": WRITE, REFUSES: [TeamMalformed, AlreadyMember, OwnerByPersonOnly, BeyondYours]},
        tags=["Team"],
        responses=answers(200, InvitationBody, "The invitation, with its link"),
    )
    async def invite_to_team(
        request: AnyRequest, data: JSONBody[InviteRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Invite somebody to the team. Asked again for the same address, there is a new link, and the old one is void."""
        command = Invite(
            merchant_id=caller_of(request).owner, email=data.email, role=data.role, stores=data.stores
        )
        given = await team.answer(_call(request, "team.invite", idempotency_key, data, command))
        if given.status >= 400:
            return respond(given)
        member = msgspec.json.decode(given.body, type=Member)
        token = await team.invitation_token(member)
        link = invitation_address(portal_url, token) if token else None
        body = msgspec.json.encode(InvitationBody(member=member, link=link))
        return respond(Answer(status=given.status, body=body, replayed=given.replayed))

    return invite_to_team


def _change(team: Team) -> HTTPRouteHandler:
    @post(
        "/v1/team/{member_id:str}",
        status_code=200,
        opt={
            "permission": WRITE,
            REFUSES: [NoSuchMember, TeamMalformed, LastOwner, OwnerByPersonOnly, BeyondYours],
        },
        tags=["Team"],
        responses=answers(200, Member, "The member as they stand afterwards"),
    )
    async def change_team_member(
        request: AnyRequest,
        member_id: MemberId,
        data: JSONBody[ChangeMemberRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Change a member. Another role, or other stores; a merchant is never without an owner."""
        command = ChangeMember(
            merchant_id=caller_of(request).owner,
            member_id=check_id(member_id, prefix="mbr", field="member_id"),
            role=data.role,
            stores=data.stores,
        )
        said = _OnMember(command.member_id, data)
        return respond(await team.answer(_call(request, "team.change", idempotency_key, said, command)))

    return change_team_member


def _remove(team: Team) -> HTTPRouteHandler:
    @post(
        "/v1/team/{member_id:str}/remove",
        status_code=200,
        opt={"permission": WRITE, REFUSES: [NoSuchMember, LastOwner, OwnerByPersonOnly]},
        tags=["Team"],
        responses=answers(200, Member, "The member as they stood at last"),
    )
    async def remove_team_member(
        request: AnyRequest,
        member_id: MemberId,
        data: JSONBody[RemoveMemberRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Remove a member. They are let in no more, at once; an invitation is taken back."""
        command = RemoveMember(
            merchant_id=caller_of(request).owner,
            member_id=check_id(member_id, prefix="mbr", field="member_id"),
        )
        said = _OnMember(command.member_id, data)
        return respond(await team.answer(_call(request, "team.remove", idempotency_key, said, command)))

    return remove_team_member


def _call(
    request: AnyRequest, action: str, key: str, said: msgspec.Struct, command: TeamCommand
) -> Call[DoInTeam]:
    caller, principal = caller_of(request), principal_of(request)
    return Call(
        caller=caller,
        action=action,
        key=key,
        request=said,
        command=DoInTeam(
            command=command, actor=caller.actor, permissions=principal.permissions | principal.withheld
        ),
    )
