"""How does a second person say yes or no over HTTP to what another proposed, or the first take it back?

The same in every context.
"""

from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from tael.foundation import proposals
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.printable import LINES
from tael.foundation.proposals import (
    NoSuchProposal,
    NotYours,
    Proposal,
    ProposalDiffers,
    ProposalEnded,
    ProposalState,
    SameEyes,
)

B = TypeVar("B", bound=msgspec.Struct)

REFUSED = (NoSuchProposal, SameEyes, ProposalEnded, ProposalDiffers)
"""What any decision may be refused for."""
ProposalId = Annotated[str, PathParameter(description="`prop_` and 26 characters, as the API gave it")]
Note = Annotated[
    str,
    Meta(
        max_length=1_000,
        pattern=LINES,
        description="In your own words",
        examples=["compared with the contract"],
    ),
]


class DecideRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Yes or no to what somebody else proposed."""

    approve: Annotated[bool, Meta(description="Whether it shall be so")]
    digest: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-f]{64}$(?!\n)",
            description="The digest of the proposal that you have read",
            examples=["0" * 64],
        ),
    ]
    note: Note = ""


class WithdrawRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Taking back what you proposed yourself."""

    note: Note = ""


class WithdrawnBody(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal about which nobody can decide any more."""

    proposal_id: str
    state: ProposalState


def shown(proposal: Proposal, body: type[B], **plain: Any) -> B:
    """A proposal as it goes out: the fields that `body` has, and its content as `plain` has it."""
    kept = msgspec.structs.asdict(proposal)
    fields = {name: kept[name] for name in body.__struct_fields__ if name in kept}
    return body(**fields, **plain)


def withdrawal_route(
    address: str,
    *,
    area: str,
    database: Database,
    clock: Clock,
    tags: list[str],
    permission: str | None = None,
) -> HTTPRouteHandler:
    """The route by which somebody takes back a proposal of an `area`: of kinds that begin with this word.

    `address` leads to the area's proposals, as `/v1/channel_proposals` does. permission: to propose there, if that is another
    than to change.
    """

    @post(
        f"{address}/{{proposal_id:str}}/withdrawal",
        operation_id=f"withdraw_{area}_proposal",
        status_code=200,
        opt={
            "permission": permission or f"{area}.change",
            REFUSES: [NoSuchProposal, NotYours, ProposalEnded],
        },
        tags=tags,
        responses={200: ResponseSpec(WithdrawnBody, description="The proposal as it ended")},
    )
    async def withdraw_proposal(
        request: Request[Any, Any, Any], proposal_id: ProposalId, data: JSONBody[WithdrawRequest]
    ) -> WithdrawnBody:
        """Withdraw a proposal. Only whoever proposed it takes it back; anybody else refuses it."""
        async with database.transaction() as tx:
            ended = await proposals.take_back(
                tx,
                check_id(proposal_id, prefix="prop", field="proposal_id"),
                area=area,
                by=caller_of(request).actor,
                note=data.note,
                now=clock.now(),
            )
        return WithdrawnBody(proposal_id=ended.id, state=ended.state)

    return withdraw_proposal
