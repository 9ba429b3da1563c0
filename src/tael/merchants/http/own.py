"""How do a merchant's own people and servers reach its affairs? Routes of the public listener, below /v1/merchant."""

from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from tael.foundation.documents import LARGEST_BODY_BYTES
from tael.foundation.http.downloads import BYTES, saved
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import Principal, caller_of, principal_of
from tael.foundation.proposals import NoSuchProposal, NotYours, ProposalEnded
from tael.merchants import model, schemas
from tael.merchants.api import FeesView, Merchants, MerchantView, proposal_body
from tael.merchants.errors import (
    AgreementDiffers,
    ApplicationIncomplete,
    ApplicationMalformed,
    DocumentRefused,
    MerchantMalformed,
    NeedsReview,
    NoSuchMerchantRecord,
    NotFromThisState,
    TerminalKnown,
)
from tael.merchants.http.forms import (
    OWN_READ,
    PAPERS,
    AnyRequest,
    Change,
    OpenOnly,
    RecordName,
    change_route,
    id_in_path,
)

TAG = "Merchant"

_FILLED_IN = (NoSuchMerchantRecord, NotFromThisState)
AFFAIRS: tuple[Change, ...] = (
    Change(
        "/v1/merchant/application/edit",
        schemas.EditApplication,
        model.ApplicationView,
        (*_FILLED_IN, ApplicationMalformed),
    ),
    Change(
        "/v1/merchant/application/submit",
        schemas.SubmitApplication,
        model.ApplicationView,
        (*_FILLED_IN, ApplicationIncomplete),
    ),
    Change(
        "/v1/merchant/application/take_back", schemas.TakeApplicationBack, model.ApplicationView, _FILLED_IN
    ),
    Change(
        "/v1/merchant/documents",
        schemas.UploadDocument,
        model.MerchantDocument,
        (*_FILLED_IN, DocumentRefused),
        largest_body=LARGEST_BODY_BYTES,
    ),
    Change(
        "/v1/merchant/documents/{id:str}/remove", schemas.RemoveDocument, model.MerchantDocument, _FILLED_IN
    ),
    Change(
        "/v1/merchant/agreements",
        schemas.SignAgreement,
        model.SignedAgreement,
        (AgreementDiffers, NoSuchMerchantRecord),
    ),
    Change(
        "/v1/merchant/settlement_settings",
        schemas.ChangeSettlement,
        model.SettlementSettings,
        (NeedsReview,),
    ),
    Change(
        "/v1/merchant/settlement_settings/account",
        schemas.ProposeAccount,
        schemas.MerchantProposal,
        (ApplicationMalformed,),
    ),
    Change(
        "/v1/merchant/settlement_settings/account/{id:str}/withdraw",
        schemas.Withdraw,
        schemas.MerchantProposal,
        (NoSuchProposal, NotYours, ProposalEnded),
        name="withdraw_account_proposal",
    ),
    Change("/v1/merchant/notice", schemas.GiveNotice, model.Standing, (NotFromThisState, MerchantMalformed)),
)
PLACES: tuple[Change, ...] = (
    Change("/v1/merchant/stores", schemas.CreateStore, model.Store),
    Change("/v1/merchant/stores/{id:str}/edit", schemas.EditStore, model.Store, _FILLED_IN),
    Change("/v1/merchant/stores/{id:str}/close", schemas.CloseStore, model.Store, (NoSuchMerchantRecord,)),
    Change("/v1/merchant/terminals", schemas.CreateTerminal, model.Terminal, (*_FILLED_IN, TerminalKnown)),
    Change("/v1/merchant/terminals/{id:str}/edit", schemas.EditTerminal, model.Terminal, _FILLED_IN),
    Change(
        "/v1/merchant/terminals/{id:str}/close",
        schemas.CloseTerminal,
        model.Terminal,
        (NoSuchMerchantRecord,),
    ),
)

Version = Annotated[str, PathParameter(description="Of the agreement, such as `2026-01`")]
Language = Annotated[str, PathParameter(description="`zh-CN` or `en`")]
InStore = Annotated[
    str | None,
    QueryParameter(
        name="store_id", pattern=r"^sto_[0-9a-z]{26}$(?!\n)", description="Only those in this store"
    ),
]


def merchant_routes(merchants: Merchants) -> list[HTTPRouteHandler]:
    """A merchant's affairs: application, papers, agreement, fees, settlement."""
    return [
        *(change_route(merchants, change, tag=TAG, whose=_own) for change in AFFAIRS),
        _get_merchant(merchants),
        _get_application(merchants),
        *_papers(merchants),
        *_agreements(merchants),
        _get_fees(merchants),
        *_settlement(merchants),
    ]


def place_routes(merchants: Merchants) -> list[HTTPRouteHandler]:
    """A merchant's stores and terminals: also where it only tries things out."""
    return [
        *(change_route(merchants, change, tag=TAG, whose=_own) for change in PLACES),
        *_stores(merchants),
        *_terminals(merchants),
    ]


def _own(request: AnyRequest, id: str) -> tuple[str, str]:
    owner = caller_of(request).owner
    return owner, id_in_path(id) if id else owner


def _get_merchant(merchants: Merchants) -> HTTPRouteHandler:
    @get("/v1/merchant", opt={"permission": OWN_READ}, tags=[TAG])
    async def get_merchant(request: AnyRequest) -> MerchantView:
        """Get the state of everything. Standing, application, agreement, fees, settlement, and what is to be done.

        Without `papers.read` the application and the settlement account are null.
        """
        principal = principal_of(request)
        view = await merchants.reads.merchant(principal.owner)
        view = msgspec.structs.replace(view, merchant=view.merchant.as_told)
        return _without_papers(view, principal)

    return get_merchant


def _without_papers(view: MerchantView, reader: Principal) -> MerchantView:
    """What somebody may see of the state of everything."""
    if PAPERS in reader.permissions:
        return view
    settlement = msgspec.structs.replace(view.settlement, account=None)
    return msgspec.structs.replace(view, application=None, settlement=settlement)


def _get_application(merchants: Merchants) -> HTTPRouteHandler:
    @get("/v1/merchant/application", opt={"permission": PAPERS, REFUSES: [NoSuchMerchantRecord]}, tags=[TAG])
    async def get_application(request: AnyRequest) -> model.ApplicationView:
        """Get the application. Masked, with its documents, what is missing, and the reasons of the review."""
        return await merchants.reads.application(caller_of(request).owner)

    return get_application


def _papers(merchants: Merchants) -> list[HTTPRouteHandler]:
    @get("/v1/merchant/documents", opt={"permission": PAPERS}, tags=[TAG])
    async def list_documents(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[model.MerchantDocument]:
        """List documents. Newest first, without their bytes, also those that were taken out."""
        found = await merchants.reads.documents(caller_of(request).owner, before=cursor, limit=limit + 1)
        return page_of(found, limit)

    @get(
        "/v1/merchant/documents/{id:str}/content",
        opt={"permission": PAPERS, REFUSES: [NoSuchMerchantRecord]},
        tags=[TAG],
        responses=BYTES,
    )
    async def get_document_content(request: AnyRequest, id: RecordName) -> Response[bytes]:
        """Get a document's bytes. Exactly as they were handed in, to be saved."""
        caller = caller_of(request)
        document, content = await merchants.open_document(caller.owner, id_in_path(id), actor=caller.actor)
        return saved(content, id=document.id)

    return [list_documents, get_document_content]


def _agreements(merchants: Merchants) -> list[HTTPRouteHandler]:
    @get("/v1/merchant/agreements", opt={"permission": OWN_READ}, tags=[TAG])
    async def get_agreement_standing(request: AnyRequest) -> model.AgreementStanding:
        """Get which version of the agreement holds, what was signed, and what has to be signed by when."""
        return await merchants.reads.agreements(caller_of(request).owner)

    @get(
        "/v1/merchant/agreements/{version:str}/{language:str}",
        opt={"permission": OWN_READ, REFUSES: [NoSuchMerchantRecord]},
        tags=[TAG],
    )
    async def get_agreement_text(version: Version, language: Language) -> model.AgreementText:
        """Get the text of the agreement. Whoever signs sends its digest back."""
        return merchants.reads.agreement_text(version, language)

    @get(
        "/v1/merchant/agreements/{id:str}",
        opt={"permission": OWN_READ, REFUSES: [NoSuchMerchantRecord]},
        tags=[TAG],
    )
    async def get_signed_agreement(request: AnyRequest, id: RecordName) -> model.SignedAgreement:
        """Get a signed agreement. Keep the answer: `tael merchants agreement verify` reads it as it is."""
        return await merchants.reads.signed_agreement(caller_of(request).owner, id_in_path(id))

    return [get_agreement_standing, get_agreement_text, get_signed_agreement]


def _get_fees(merchants: Merchants) -> HTTPRouteHandler:
    @get("/v1/merchant/fee_terms", opt={"permission": OWN_READ}, tags=[TAG])
    async def get_fee_terms(request: AnyRequest) -> FeesView:
        """Get what you pay. The terms that apply now, every plan and promotion, and the volumes that pick the tier."""
        return await merchants.reads.fees(caller_of(request).owner)

    return get_fee_terms


def _settlement(merchants: Merchants) -> list[HTTPRouteHandler]:
    @get("/v1/merchant/settlement_settings", opt={"permission": PAPERS}, tags=[TAG])
    async def list_settlement_settings(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[model.SettlementSettings]:
        """List settlement settings. Newest first; the first that has begun holds."""
        found = await merchants.reads.settlement(caller_of(request).owner, before=cursor, limit=limit + 1)
        return page_of(found, limit)

    @get("/v1/merchant/settlement_settings/account", opt={"permission": PAPERS}, tags=[TAG])
    async def list_account_proposals(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[schemas.MerchantProposal]:
        """List the changes of the account that you asked for. Newest first, with what the platform said."""
        found = await merchants.reads.proposals(
            merchant_id=caller_of(request).owner, change="change_account", before=cursor, limit=limit + 1
        )
        return page_of([proposal_body(each) for each in found], limit)

    return [list_settlement_settings, list_account_proposals]


def _stores(merchants: Merchants) -> list[HTTPRouteHandler]:
    @get("/v1/merchant/stores", opt={"permission": OWN_READ}, tags=[TAG])
    async def list_stores(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None, open_only: OpenOnly = False
    ) -> Page[model.Store]:
        """List stores. Newest first."""
        found = await merchants.reads.stores(
            caller_of(request).owner, before=cursor, open_only=open_only, limit=limit + 1
        )
        return page_of(found, limit)

    @get(
        "/v1/merchant/stores/{id:str}",
        opt={"permission": OWN_READ, REFUSES: [NoSuchMerchantRecord]},
        tags=[TAG],
    )
    async def get_store(request: AnyRequest, id: RecordName) -> model.Store:
        """Get a store. Open or closed."""
        return await merchants.reads.store(caller_of(request).owner, id_in_path(id))

    return [list_stores, get_store]


def _terminals(merchants: Merchants) -> list[HTTPRouteHandler]:
    @get("/v1/merchant/terminals", opt={"permission": OWN_READ}, tags=[TAG])
    async def list_terminals(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        store_id: InStore = None,
        open_only: OpenOnly = False,
    ) -> Page[model.Terminal]:
        """List terminals. Newest first."""
        found = await merchants.reads.terminals(
            caller_of(request).owner, store_id=store_id, before=cursor, open_only=open_only, limit=limit + 1
        )
        return page_of(found, limit)

    @get(
        "/v1/merchant/terminals/{id:str}",
        opt={"permission": OWN_READ, REFUSES: [NoSuchMerchantRecord]},
        tags=[TAG],
    )
    async def get_terminal(request: AnyRequest, id: RecordName) -> model.Terminal:
        """Get a terminal. In use or not."""
        return await merchants.reads.terminal(caller_of(request).owner, id_in_path(id))

    return [list_terminals, get_terminal]
