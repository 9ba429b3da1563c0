"""How do members of staff look at one another, and change their roles with four eyes? Routes of the internal listener.

Members are added, and get their keys, at the machine alone (`tael staff`).
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from tael.foundation.http.four_eyes import REFUSED, DecideRequest, ProposalId, shown
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.printable import LINES
from tael.foundation.proposals import Proposal, ProposalState
from tael.staff.api import Staff
from tael.staff.errors import NoSuchMember, OwnAffair, RolesChangedMeanwhile, RolesClash
from tael.staff.model import Member, MemberState, Role, RolesChange

READ, CHANGE, APPROVE = "staff.read", "staff.change", "staff.approve"

AnyRequest = Request[Any, Any, Any]
MemberId = Annotated[str, PathParameter(description="`stf_` and 26 characters, as the API gave it")]
WithRole = Annotated[Role | None, QueryParameter(description=f"Only those with it: {', '.join(Role)}")]
WithState = Annotated[
    ProposalState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ProposalState)}"),
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class StateRequest(_Strict, frozen=True, kw_only=True):
    """Whether a member may act."""

    state: MemberState


class RolesRequest(_Strict, frozen=True, kw_only=True):
    """The roles that a member shall have, and no others."""

    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=len(Role))]
    note: Annotated[
        str,
        Meta(min_length=1, max_length=1_000, pattern=LINES, description="Why", examples=["moved teams"]),
    ]


class RolesProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal about roles, in plain sight."""

    id: str
    change: RolesChange
    digest: str
    note: str
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_note: str | None = None


def staff_routes(staff: Staff) -> list[HTTPRouteHandler]:
    """Members, and changes of their roles."""
    return [
        _list_members(staff),
        _get_member(staff),
        _set_state(staff),
        _propose(staff),
        _list_proposals(staff),
        _decide(staff),
    ]


def _list_members(staff: Staff) -> HTTPRouteHandler:
    @get("/v1/staff", opt={"permission": READ}, tags=["Staff"])
    async def list_staff(*, limit: Limit = 50, cursor: LastId = None, role: WithRole = None) -> Page[Member]:
        """List members of staff. In the order in which they came."""
        found = await staff.everybody(after=cursor, role=role, limit=limit + 1)
        return page_of(found, limit)

    return list_staff


def _get_member(staff: Staff) -> HTTPRouteHandler:
    @get("/v1/staff/{member_id:str}", opt={"permission": READ, REFUSES: [NoSuchMember]}, tags=["Staff"])
    async def get_member(member_id: MemberId) -> Member:
        """Get a member of staff. With their roles."""
        return await staff.get(check_id(member_id, prefix="stf", field="member_id"))

    return get_member


def _set_state(staff: Staff) -> HTTPRouteHandler:
    @post(
        "/v1/staff/{member_id:str}/state",
        status_code=200,
        opt={"permission": CHANGE, REFUSES: [NoSuchMember, OwnAffair]},
        tags=["Staff"],
        responses=answers(200, Member, "The member as they stand afterwards"),
    )
    async def set_member_state(
        request: AnyRequest, member_id: MemberId, data: JSONBody[StateRequest]
    ) -> Member:
        """Suspend a member, or let them act again. Said twice, it is the same."""
        id = check_id(member_id, prefix="stf", field="member_id")
        await staff.set_state(id, data.state, actor=caller_of(request).actor)
        return await staff.get(id)

    return set_member_state


def _propose(staff: Staff) -> HTTPRouteHandler:
    @post(
        "/v1/staff/{member_id:str}/proposals",
        status_code=200,
        opt={"permission": CHANGE, REFUSES: [NoSuchMember, OwnAffair, RolesClash]},
        tags=["Staff"],
        responses=answers(200, RolesProposal, "The proposal, which waits for another person"),
    )
    async def propose_roles(
        request: AnyRequest, member_id: MemberId, data: JSONBody[RolesRequest]
    ) -> RolesProposal:
        """Propose other roles for a member. Nothing changes until somebody else approves; sent twice, there are two
        proposals, of which one can be approved.
        """
        proposal = await staff.propose_roles(
            check_id(member_id, prefix="stf", field="member_id"),
            data.roles,
            note=data.note,
            actor=caller_of(request).actor,
        )
        return _body(proposal)

    return propose_roles


def _list_proposals(staff: Staff) -> HTTPRouteHandler:
    @get("/v1/staff_proposals", opt={"permission": READ}, tags=["Staff"])
    async def list_staff_proposals(
        *, limit: Limit = 50, cursor: LastId = None, in_state: WithState = None
    ) -> Page[RolesProposal]:
        """List what was proposed about roles. Newest first; whoever decides sends the digest back."""
        found = await staff.proposals(before=cursor, state=in_state, limit=limit + 1)
        return page_of([_body(each) for each in found], limit)

    return list_staff_proposals


def _decide(staff: Staff) -> HTTPRouteHandler:
    @post(
        "/v1/staff_proposals/{proposal_id:str}/decision",
        status_code=200,
        opt={
            "permission": APPROVE,
            REFUSES: [*REFUSED, OwnAffair, RolesChangedMeanwhile],
        },
        tags=["Staff"],
        responses=answers(200, RolesProposal, "The proposal as it ended"),
    )
    async def decide_roles(
        request: AnyRequest, proposal_id: ProposalId, data: JSONBody[DecideRequest]
    ) -> RolesProposal:
        """Decide about roles. Approved, they are changed at once; a second decision is refused."""
        proposal = await staff.decide_roles(
            check_id(proposal_id, prefix="prop", field="proposal_id"),
            approve=data.approve,
            note=data.note,
            actor=caller_of(request).actor,
            digest=data.digest,
        )
        return _body(proposal)

    return decide_roles


def _body(proposal: Proposal) -> RolesProposal:
    return shown(proposal, RolesProposal, change=msgspec.json.decode(proposal.content, type=RolesChange))
