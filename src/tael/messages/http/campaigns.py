"""How is everybody told a tip beside the calendar? One proposes, another approves; and how far each campaign has come."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.four_eyes import REFUSED, DecideRequest, ProposalId
from tael.foundation.http.four_eyes import shown as in_plain_sight
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.proposals import Proposal, ProposalState
from tael.messages.api import DecideCampaign, Messages, ProposeCampaign, proposed_in, tip_in_chinese
from tael.messages.errors import NoSuchTip
from tael.messages.http.forms import APPROVE, CHANGE, READ, AnyRequest, call_of
from tael.messages.model import Campaign
from tael.messages.schemas import CampaignProposal, ProposeCampaignRequest

TAGS = ["Education"]
WithState = Annotated[
    ProposalState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ProposalState)}"),
]


def campaign_routes(messages: Messages) -> list[HTTPRouteHandler]:
    """Campaigns, and proposals of them."""
    return [_list(messages), _propose(messages), _proposals(messages), _decide(messages)]


def _list(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/message_campaigns", opt={"permission": READ}, tags=TAGS)
    async def list_message_campaigns(*, limit: Limit = 50, cursor: LastId = None) -> Page[Campaign]:
        """List campaigns. Newest first: what everybody is told, and how many were."""
        found = await messages.campaigns(before=cursor, limit=limit + 1)
        return page_of(found, limit)

    return list_message_campaigns


def _propose(messages: Messages) -> HTTPRouteHandler:
    @post(
        "/v1/message_campaign_proposals",
        opt={"permission": CHANGE, REFUSES: [NoSuchTip]},
        tags=TAGS,
        responses=answers(201, CampaignProposal, "The proposal, which waits for another person"),
    )
    async def propose_message_campaign(
        request: AnyRequest, data: JSONBody[ProposeCampaignRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Propose a campaign. Everybody is told the tip once somebody else has approved it."""
        command = ProposeCampaign(tip=data.tip, note=data.note, actor=caller_of(request).actor)
        call = call_of(request, command, key=idempotency_key, data=data)
        return respond(await messages.answer(call, shown=_shown, status=201))

    return propose_message_campaign


def _proposals(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/message_campaign_proposals", opt={"permission": READ}, tags=TAGS)
    async def list_message_campaign_proposals(
        *, limit: Limit = 50, cursor: LastId = None, in_state: WithState = None
    ) -> Page[CampaignProposal]:
        """List proposed campaigns. Newest first; whoever decides sends the digest back."""
        found = await messages.proposals(state=in_state, before=cursor, limit=limit + 1)
        return page_of([_body(each) for each in found], limit)

    return list_message_campaign_proposals


def _decide(messages: Messages) -> HTTPRouteHandler:
    @post(
        "/v1/message_campaign_proposals/{proposal_id:str}/decision",
        status_code=200,
        opt={"permission": APPROVE, REFUSES: [*REFUSED, NoSuchTip]},
        tags=TAGS,
        responses=answers(200, CampaignProposal, "The proposal as it ended"),
    )
    async def decide_message_campaign(
        request: AnyRequest,
        proposal_id: ProposalId,
        data: JSONBody[DecideRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Decide about a proposed campaign. Approved, it begins at once; whoever proposed it does not decide."""
        id = check_id(proposal_id, prefix="prop", field="proposal_id")
        command = DecideCampaign(
            proposal_id=id,
            approve=data.approve,
            digest=data.digest,
            note=data.note,
            actor=caller_of(request).actor,
        )
        call = call_of(request, command, key=idempotency_key, data=data, id=id)
        return respond(await messages.answer(call, shown=_shown))

    return decide_message_campaign


def _shown(proposal: Proposal) -> tuple[str, CampaignProposal]:
    return proposal.id, _body(proposal)


def _body(proposal: Proposal) -> CampaignProposal:
    name = proposed_in(proposal).tip
    words = tip_in_chinese(name)
    return in_plain_sight(proposal, CampaignProposal, tip=name, title=words.title, text=words.text)
