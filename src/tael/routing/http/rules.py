"""How are rules read, tried, and changed with four eyes?"""

from operator import attrgetter
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.errors import Refusal
from tael.foundation.http.four_eyes import REFUSED, DecideRequest, ProposalId, shown
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import LastId, LastNumber, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.proposals import Proposal, ProposalState
from tael.routing.api import Routing, RuleBook, RulesTrial, wanted_in
from tael.routing.errors import NoSuchRule, NoSuchRules, RuleEnded, RuleMalformed, RulesChangedMeanwhile
from tael.routing.model import Decision, RuleChange, Rules
from tael.routing.schemas import (
    OddsBody,
    ProposeRulesRequest,
    RulesBody,
    RulesDecided,
    RulesProposal,
    TriedPayment,
    TryRulesRequest,
    rules_wanted,
    wanted_of,
)

READ, CHANGE, APPROVE = "routing.read", "routing.change", "routing.approve"
TAGS = ["Routing"]
_OF_A_CHANGE = (RuleMalformed, NoSuchRule, RuleEnded, RulesChangedMeanwhile)
_LARGEST_NUMBER = 2**53

AnyRequest = Request[Any, Any, Any]
Number = Annotated[str, PathParameter(description="The number of a change, from 1")]
WithState = Annotated[
    ProposalState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ProposalState)}"),
]


class TrialBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would do."""

    decisions: RulesTrial
    payment: TriedPayment | None


def rule_routes(routing: Routing, rules: RuleBook) -> list[HTTPRouteHandler]:
    """What operations say about channels."""
    return [
        _get_rules(rules),
        _get_rules_after(rules),
        _list_changes(rules),
        _try(routing, rules),
        _propose(routing, rules),
        _list_proposals(rules),
        _decide(routing, rules),
    ]


def _get_rules(rules: RuleBook) -> HTTPRouteHandler:
    @get("/v1/routing/rules", opt={"permission": READ}, tags=TAGS)
    async def get_rules() -> RulesBody:
        """Get the rules. Those that hold now, or will; their `number` is what a change is based on."""
        return _rules_body(await rules.current())

    return get_rules


def _get_rules_after(rules: RuleBook) -> HTTPRouteHandler:
    @get("/v1/routing/rules/{number:str}", opt={"permission": READ, REFUSES: [NoSuchRules]}, tags=TAGS)
    async def get_rules_after(number: Number) -> RulesBody:
        """Get the rules of the past. As the change of that number left them."""
        return _rules_body(await rules.after(_number_in_path(number)))

    return get_rules_after


def _list_changes(rules: RuleBook) -> HTTPRouteHandler:
    @get("/v1/routing/rule_changes", opt={"permission": READ}, tags=TAGS)
    async def list_rule_changes(*, limit: Limit = 50, cursor: LastNumber = None) -> Page[RuleChange]:
        """List changes of the rules. Newest first: who proposed and who approved each."""
        found = await rules.changes(before=cursor, limit=limit + 1)
        return page_of(found, limit, key=attrgetter("number"))

    return list_rule_changes


def _try(routing: Routing, rules: RuleBook) -> HTTPRouteHandler:
    @post(
        "/v1/routing/rules/try",
        status_code=200,
        opt={"permission": READ, REFUSES: _OF_A_CHANGE},
        tags=TAGS,
        responses=answers(200, TrialBody, "What would be otherwise; nothing is written"),
    )
    async def try_rules(data: JSONBody[TryRulesRequest]) -> TrialBody:
        """Try a change of the rules. On the latest decisions, and on a payment as you describe it; nothing is written.

        Rules are tried as if all of them had begun. Shares are those of the channels that were thought of: where a rule
        that ends had kept a channel away, how it would have done is not known, and `opened` counts it.
        """
        wanted = rules_wanted(data)
        if wanted.add or wanted.end:
            after = await rules.with_change(wanted, known_channels=routing.channels())
        else:
            after = list((await rules.current()).rules)
        payment = None
        if data.payment is not None:
            described = wanted_of(data.payment)
            payment = TriedPayment(
                now=_odds(routing.try_rules(described)), changed=_odds(routing.try_rules(described, after))
            )
        return TrialBody(decisions=await rules.try_on_decisions(after, latest=data.latest), payment=payment)

    return try_rules


def _propose(routing: Routing, rules: RuleBook) -> HTTPRouteHandler:
    @post(
        "/v1/routing/rules/proposals",
        opt={"permission": CHANGE, REFUSES: _OF_A_CHANGE},
        tags=TAGS,
        responses={
            201: ResponseSpec(
                RulesProposal,
                description="The proposal, which waits for somebody else",
                generate_examples=False,
            )
        },
    )
    async def propose_rules(request: AnyRequest, data: JSONBody[ProposeRulesRequest]) -> RulesProposal:
        """Propose a change of the rules. Somebody else has to approve; sent twice, one of the two can be approved."""
        proposal = await rules.propose(
            rules_wanted(data),
            note=data.note,
            known_channels=routing.channels(),
            actor=caller_of(request).actor,
        )
        return _proposal_body(proposal)

    return propose_rules


def _list_proposals(rules: RuleBook) -> HTTPRouteHandler:
    @get("/v1/routing/rule_proposals", opt={"permission": READ}, tags=TAGS)
    async def list_rule_proposals(
        *, limit: Limit = 50, cursor: LastId = None, in_state: WithState = None
    ) -> Page[RulesProposal]:
        """List what was proposed about rules. Newest first; whoever decides sends the digest back."""
        found = await rules.proposals(before=cursor, state=in_state, limit=limit + 1)
        return page_of([_proposal_body(each) for each in found], limit)

    return list_rule_proposals


def _decide(routing: Routing, rules: RuleBook) -> HTTPRouteHandler:
    @post(
        "/v1/routing/rule_proposals/{proposal_id:str}/decision",
        status_code=200,
        opt={
            "permission": APPROVE,
            REFUSES: [*REFUSED, *_OF_A_CHANGE],
        },
        tags=TAGS,
        responses=answers(200, RulesDecided, "What came of it"),
    )
    async def decide_rules(
        request: AnyRequest, proposal_id: ProposalId, data: JSONBody[DecideRequest]
    ) -> RulesDecided:
        """Approve or refuse what somebody else proposed. Approved, it is in force everywhere within a second."""
        _, number = await rules.decide(
            check_id(proposal_id, prefix="prop", field="proposal_id"),
            approve=data.approve,
            note=data.note,
            digest=data.digest,
            known_channels=routing.channels(),
            actor=caller_of(request).actor,
        )
        return RulesDecided(proposal_id=proposal_id, approved=data.approve, number=number)

    return decide_rules


def _number_in_path(said: str) -> int:
    is_short = len(said) <= len(str(_LARGEST_NUMBER))  # a number of thousands of digits cannot even be read
    if is_short and said.isascii() and said.isdigit() and 0 < int(said) <= _LARGEST_NUMBER:
        return int(said)
    raise NoSuchRules(f"There is no change {said[:20]!r} of the rules.", field="number")


def _rules_body(rules: Rules) -> RulesBody:
    change = rules.change
    return RulesBody(
        number=rules.number,
        changed_at=change.changed_at if change else None,
        proposed_by=change.proposed_by if change else None,
        approved_by=change.approved_by if change else None,
        rules=list(rules.rules),
    )


def _proposal_body(proposal: Proposal) -> RulesProposal:
    return shown(proposal, RulesProposal, change=wanted_in(proposal))


def _odds(made: Decision | Refusal) -> OddsBody:
    if isinstance(made, Refusal):
        return OddsBody(candidates=[], refusal=f"{made.message} {made.hint or ''}".strip())
    return OddsBody(candidates=list(made.candidates), refusal=None)
