"""How do members of staff read the rules with dates, propose a version, and decide about one? Routes of the internal listener."""

from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from tael.foundation.calls import Call, Caller
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules, RuleVersion, Verified
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.four_eyes import REFUSED, DecideRequest, ProposalId, shown
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Limit, Page, page_of
from tael.foundation.http.parameters import read_moment
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.printable import LINES, PRINTABLE
from tael.foundation.proposals import Proposal, ProposalState
from tael.foundation.rule_changes import (
    Command,
    DecideRule,
    Difference,
    NoSuchRule,
    ProposeRule,
    RuleChanges,
    RuleMalformed,
    RuleTooEarly,
    RuleUnchanged,
    RuleWanted,
    action_of,
    wanted_in,
)

READ, CHANGE, APPROVE = "rules.read", "rules.change", "rules.approve"
TAGS = ["Rules"]
_UNFIT = (NoSuchRule, RuleMalformed, RuleTooEarly, RuleUnchanged)

AnyRequest = Request[Any, Any, Any]
Name = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=r"^[a-z_]+(\.[a-z_]+)+$(?!\n)",
        description="The context and the rule's name in it",
        examples=["behaviour.rules"],
    ),
]
NameInPath = Annotated[str, PathParameter(description="The rule's name, such as `behaviour.rules`")]
At = Annotated[
    str | None,
    QueryParameter(
        description="As of this moment, with its zone: `2026-03-01T00:00:00Z`; now if it is left out"
    ),
]
AfterName = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        pattern=r"^[a-z_.]{1,64}$(?!\n)",
        description="`next_cursor` of the page before; absent for the first page",
    ),
]
BeforeId = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        pattern=r"^[A-Za-z0-9_]{1,40}$(?!\n)",
        description="`next_cursor` of the page before; absent for the first page",
    ),
]
WithState = Annotated[
    ProposalState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ProposalState)}"),
]


class ProposeRuleRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version of a rule that shall begin at a moment."""

    name: Name
    effective_from: Annotated[
        datetime,
        Meta(
            tz=True,
            description="From when on, with its zone; at least a minute after the approval",
            examples=["2027-01-01T00:00:00+08:00"],
        ),
    ]
    value: Annotated[
        dict[str, Any],
        Meta(
            description="All that the rule says, in the form of its versions", examples=[{"daily_count": 100}]
        ),
    ]
    source: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=300,
            pattern=PRINTABLE,
            description="Document and article, or whose decision it is",
            examples=["Decision 12 of the risk committee"],
        ),
    ]
    verified: Annotated[Verified, Meta(description=f"How sure we are: {', '.join(Verified)}")]
    remark: Annotated[
        str,
        Meta(
            max_length=1_000, pattern=LINES, description="What readers of the rule should know", examples=[""]
        ),
    ] = ""
    note: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1_000,
            pattern=LINES,
            description="Why it changes",
            examples=["the law changes in January"],
        ),
    ]


class RuleBody(msgspec.Struct, frozen=True, kw_only=True):
    """A rule at a moment."""

    name: str
    in_force: RuleVersion | None
    """None before its first version."""
    next_change: datetime | None
    """From when on it says something else; none if nothing is planned."""


class RuleHistory(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with all its versions."""

    name: str
    versions: list[RuleVersion]
    """Oldest first: each is in force until the next one begins."""
    in_force_from: datetime | None
    """When the version began that is in force now."""


class RuleProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A version that somebody wants, beside what would be in force without it."""

    id: str
    wanted: RuleWanted
    differences: list[Difference]
    digest: str
    note: str
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_note: str | None = None


def rule_routes(rules: DatedRules, changes: RuleChanges, clock: Clock) -> list[HTTPRouteHandler]:
    """For the platform's staff: look, propose, decide."""
    return [
        _list(rules, clock),
        _get(rules, clock),
        _propose(changes),
        _list_proposals(changes),
        _decide(changes),
    ]


def _list(rules: DatedRules, clock: Clock) -> HTTPRouteHandler:
    @get("/v1/rules", opt={"permission": READ}, tags=TAGS)
    async def list_rules(*, at: At = None, limit: Limit = 50, cursor: AfterName = None) -> Page[RuleBody]:
        """List the rules with dates. What each says at a moment, in the order of their names."""
        moment = read_moment(at, field="at") or clock.now()
        names = [name for name in rules.names() if cursor is None or name > cursor]
        items = [
            RuleBody(
                name=name,
                in_force=rules.in_force(name, at=moment),
                next_change=rules.next_change(name, after=moment),
            )
            for name in names[: limit + 1]
        ]
        return page_of(items, limit, key=attrgetter("name"))

    return list_rules


def _get(rules: DatedRules, clock: Clock) -> HTTPRouteHandler:
    @get("/v1/rules/{name:str}", opt={"permission": READ, REFUSES: [NoSuchRule]}, tags=TAGS)
    async def get_rule(name: NameInPath) -> RuleHistory:
        """Get a rule. All its versions: past, in force, and to come."""
        versions = list(rules.history(name))
        if not versions:
            raise NoSuchRule(f"There is no rule {name[:60]!r}.", field="name")
        now = rules.in_force(name, at=clock.now())
        return RuleHistory(
            name=name, versions=versions, in_force_from=None if now is None else now.effective_from
        )

    return get_rule


def _propose(changes: RuleChanges) -> HTTPRouteHandler:
    @post(
        "/v1/rule_proposals",
        opt={"permission": CHANGE, REFUSES: _UNFIT},
        tags=TAGS,
        responses={
            201: ResponseSpec(RuleProposal, description="The proposal, which waits for another person")
        },
    )
    async def propose_rule(
        request: AnyRequest, data: JSONBody[ProposeRuleRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Propose a version of a rule. It begins at its moment once somebody else has approved it."""
        caller = caller_of(request)
        wanted = RuleWanted(
            name=data.name,
            effective_from=data.effective_from,
            value=data.value,
            source=data.source,
            verified=data.verified,
            note=data.remark,
        )
        command = ProposeRule(wanted=wanted, note=data.note, actor=caller.actor)
        call = _call(caller, command, idempotency_key, data)
        return respond(await changes.answer(call, shown=_shown_by(changes), status=201))

    return propose_rule


def _list_proposals(changes: RuleChanges) -> HTTPRouteHandler:
    @get("/v1/rule_proposals", opt={"permission": READ}, tags=TAGS)
    async def list_rule_proposals(
        *, limit: Limit = 50, cursor: BeforeId = None, in_state: WithState = None
    ) -> Page[RuleProposal]:
        """List proposed versions of rules. Newest first; whoever decides sends the digest back."""
        found = await changes.proposals(state=in_state, before=cursor, limit=limit + 1)
        return page_of([_body(changes, each) for each in found], limit)

    return list_rule_proposals


def _decide(changes: RuleChanges) -> HTTPRouteHandler:
    @post(
        "/v1/rule_proposals/{proposal_id:str}/decision",
        status_code=200,
        opt={"permission": APPROVE, REFUSES: [*REFUSED, *_UNFIT]},
        tags=TAGS,
        responses={200: ResponseSpec(RuleProposal, description="The proposal as it ended")},
    )
    async def decide_rule(
        request: AnyRequest,
        proposal_id: ProposalId,
        data: JSONBody[DecideRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Decide about a version of a rule. Approved, it begins at its moment; whoever proposed it does not decide."""
        caller = caller_of(request)
        command = DecideRule(
            proposal_id=check_id(proposal_id, prefix="prop", field="proposal_id"),
            approve=data.approve,
            digest=data.digest,
            note=data.note,
            actor=caller.actor,
        )
        call = _call(caller, command, idempotency_key, _OnProposal(proposal_id=proposal_id, asked=data))
        return respond(await changes.answer(call, shown=_shown_by(changes)))

    return decide_rule


class _OnProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about one proposal, as a repeat must send it again."""

    proposal_id: str
    asked: DecideRequest


def _shown_by(changes: RuleChanges) -> Any:
    return lambda proposal: (proposal.id, _body(changes, proposal))


def _body(changes: RuleChanges, proposal: Proposal) -> RuleProposal:
    return shown(
        proposal,
        RuleProposal,
        wanted=wanted_in(proposal),
        differences=list(changes.differences(proposal)),
    )


def _call(caller: Caller, command: Command, key: str, request: msgspec.Struct) -> Call[Command]:
    return Call(caller=caller, action=action_of(command), key=key, request=request, command=command)
