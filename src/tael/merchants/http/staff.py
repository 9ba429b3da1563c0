"""How does the platform's staff look after merchants? Routes of the internal listener, below /v1/merchants."""

from operator import attrgetter
from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.http.downloads import BYTES, saved
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, LastNumber, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.printable import PRINTABLE
from tael.foundation.proposals import (
    NoSuchProposal,
    NotYours,
    ProposalDiffers,
    ProposalEnded,
    ProposalState,
    SameEyes,
)
from tael.merchants import model, schemas
from tael.merchants.api import Merchants, MerchantView, proposal_body
from tael.merchants.errors import (
    FeesMalformed,
    MerchantChangedMeanwhile,
    NoSuchMerchant,
    NoSuchMerchantRecord,
    NotFromThisState,
)
from tael.merchants.http.forms import (
    APPROVE,
    CHANGE,
    READ,
    AnyRequest,
    Change,
    MerchantName,
    RecordName,
    change_route,
    day_in_query,
    id_in_path,
    merchant_in_path,
)
from tael.merchants.model import (
    ApplicationState,
    Listed,
    MerchantFilter,
    MerchantHistoryLine,
    MerchantState,
    RiskLevel,
)

TAG = "Merchants"
_OF_A_REVIEW = (NoSuchMerchant, NoSuchMerchantRecord, NotFromThisState)
_OF_A_CHANGE = (*_OF_A_REVIEW, FeesMalformed)
ABOUT_MERCHANTS: tuple[Change, ...] = (
    Change("/v1/merchants/{id:str}/review", schemas.BeginReview, model.Application, _OF_A_REVIEW, CHANGE),
    Change(
        "/v1/merchants/{id:str}/requested_changes",
        schemas.RequestChanges,
        model.Application,
        _OF_A_REVIEW,
        CHANGE,
    ),
    Change("/v1/merchants/{id:str}/risk", schemas.SetRisk, model.Standing, (NoSuchMerchant,), CHANGE),
    Change(
        "/v1/merchants/{id:str}/suspension",
        schemas.SuspendMerchant,
        model.Standing,
        (NoSuchMerchant, NotFromThisState),
        CHANGE,
    ),
    Change(
        "/v1/merchants/{id:str}/proposals",
        schemas.Propose,
        schemas.MerchantProposal,
        _OF_A_CHANGE,
        CHANGE,
        "propose_merchant_change",
    ),
)
ABOUT_PROPOSALS: tuple[Change, ...] = (
    Change(
        "/v1/merchant_proposals/{id:str}/decision",
        schemas.Decide,
        schemas.MerchantProposal,
        (NoSuchProposal, SameEyes, ProposalEnded, ProposalDiffers, MerchantChangedMeanwhile, *_OF_A_CHANGE),
        APPROVE,
        "decide_merchant_change",
    ),
    Change(
        "/v1/merchant_proposals/{id:str}/withdrawal",
        schemas.Withdraw,
        schemas.MerchantProposal,
        (NoSuchProposal, NotYours, ProposalEnded),
        CHANGE,
        "withdraw_merchant_change",
    ),
)

InState = Annotated[
    MerchantState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(MerchantState)}"),
]
AtRisk = Annotated[
    RiskLevel | None, QueryParameter(name="risk", description=f"Only those at: {', '.join(RiskLevel)}")
]
Applied = Annotated[
    ApplicationState | None,
    QueryParameter(
        name="application", description=f"Only those whose application is: {', '.join(ApplicationState)}"
    ),
]
Named = Annotated[
    str | None,
    QueryParameter(
        name="name", min_length=1, max_length=64, pattern=PRINTABLE, description="A part of the name"
    ),
]
ReviewBefore = Annotated[
    str | None,
    QueryParameter(
        name="review_before",
        max_length=10,
        description="Only those whose risk is looked at again before that day",
    ),
]
OfMerchant = Annotated[
    str | None,
    QueryParameter(
        name="merchant_id", pattern=r"^mer_[0-9a-z]{26}$(?!\n)", description="Only about this one"
    ),
]
WithState = Annotated[
    ProposalState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ProposalState)}"),
]


def merchant_staff_routes(merchants: Merchants) -> list[HTTPRouteHandler]:
    """Merchants, their review, their history, and what takes two people."""
    return [
        *(change_route(merchants, each, tag=TAG, whose=_of_merchant) for each in ABOUT_MERCHANTS),
        *(change_route(merchants, each, tag=TAG, whose=_of_proposal) for each in ABOUT_PROPOSALS),
        _list_merchants(merchants),
        _get_merchant(merchants),
        _list_history(merchants),
        *_documents(merchants),
        *_proposals(merchants),
    ]


def _of_merchant(_: AnyRequest, id: str) -> tuple[str, str]:
    merchant_id = merchant_in_path(id)
    return merchant_id, merchant_id


def _of_proposal(_: AnyRequest, id: str) -> tuple[str, str]:
    return "", id_in_path(id)


def _list_merchants(merchants: Merchants) -> HTTPRouteHandler:
    @get("/v1/merchants", opt={"permission": READ}, tags=[TAG])
    async def list_merchants(
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        in_state: InState = None,
        risk: AtRisk = None,
        application: Applied = None,
        name: Named = None,
        review_before: ReviewBefore = None,
    ) -> Page[Listed]:
        """List merchants. Newest first, with how they stand and how far their application is."""
        wanted = MerchantFilter(
            state=in_state,
            risk=risk,
            application=application,
            name=name,
            review_before=day_in_query(review_before, field="review_before"),
            after=cursor,
            limit=limit + 1,
        )
        return page_of(await merchants.reads.merchants(wanted), limit)

    return list_merchants


def _get_merchant(merchants: Merchants) -> HTTPRouteHandler:
    @get("/v1/merchants/{id:str}", opt={"permission": READ, REFUSES: [NoSuchMerchant]}, tags=[TAG])
    async def get_merchant(id: MerchantName) -> MerchantView:
        """Get a merchant. The state of everything, secrets masked."""
        return await merchants.reads.merchant(merchant_in_path(id))

    return get_merchant


def _list_history(merchants: Merchants) -> HTTPRouteHandler:
    @get("/v1/merchants/{id:str}/history", opt={"permission": READ, REFUSES: [NoSuchMerchant]}, tags=[TAG])
    async def list_merchant_history(
        id: MerchantName, *, limit: Limit = 50, cursor: LastNumber = None
    ) -> Page[MerchantHistoryLine]:
        """List all that happened with a merchant. Newest first; no line is ever changed."""
        found = await merchants.reads.history(merchant_in_path(id), before=cursor, limit=limit + 1)
        return page_of(found, limit, key=attrgetter("seq"))

    return list_merchant_history


def _documents(merchants: Merchants) -> list[HTTPRouteHandler]:
    @get("/v1/merchants/{id:str}/documents", opt={"permission": READ, REFUSES: [NoSuchMerchant]}, tags=[TAG])
    async def list_merchant_documents(
        id: MerchantName, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[model.MerchantDocument]:
        """List what a merchant handed in. Newest first, also what it took out again."""
        found = await merchants.reads.documents(merchant_in_path(id), before=cursor, limit=limit + 1)
        return page_of(found, limit)

    @get(
        "/v1/merchants/{id:str}/documents/{document_id:str}/content",
        opt={"permission": READ, REFUSES: [NoSuchMerchant, NoSuchMerchantRecord]},
        tags=[TAG],
        responses=BYTES,
    )
    async def get_merchant_document_content(
        request: AnyRequest, id: MerchantName, document_id: RecordName
    ) -> Response[bytes]:
        """Get a document's bytes. Exactly as they were handed in, to be saved; the audit trail says who did."""
        document, content = await merchants.open_document(
            merchant_in_path(id), id_in_path(document_id), actor=caller_of(request).actor
        )
        return saved(content, id=document.id)

    return [list_merchant_documents, get_merchant_document_content]


def _proposals(merchants: Merchants) -> list[HTTPRouteHandler]:
    @get("/v1/merchant_proposals", opt={"permission": READ}, tags=[TAG])
    async def list_merchant_proposals(
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        merchant_id: OfMerchant = None,
        in_state: WithState = None,
    ) -> Page[schemas.MerchantProposal]:
        """List what was proposed about merchants. Newest first, with what would be different."""
        found = await merchants.reads.proposals(
            merchant_id=merchant_id, state=in_state, before=cursor, limit=limit + 1
        )
        return page_of([proposal_body(each) for each in found], limit)

    @get(
        "/v1/merchant_proposals/{id:str}",
        opt={"permission": READ, REFUSES: [NoSuchProposal, NoSuchMerchantRecord]},
        tags=[TAG],
    )
    async def get_merchant_proposal(id: RecordName) -> schemas.MerchantProposal:
        """Get a proposal. Whoever decides sends its digest back."""
        return proposal_body(await merchants.reads.proposal(id_in_path(id)))

    return [list_merchant_proposals, get_merchant_proposal]
