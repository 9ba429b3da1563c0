"""How does a merchant apply? It fills in part by part, hands in documents, submits, and sees where the review stands.

Applications live in the house of live, also for whoever looks at test mode.
"""

import base64
import binascii
from collections.abc import Sequence

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.documents import ENDINGS, LARGEST_BODY_BYTES
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.downloads import saved
from tael.foundation.ids import check_id
from tael.merchants.errors import DocumentRefused, NoSuchMerchantRecord
from tael.merchants.model import (
    ApplicationState,
    ApplicationView,
    BusinessKind,
    IdKind,
    MerchantDocument,
    MerchantDocumentKind,
)
from tael.merchants.schemas import (
    EditApplication,
    RemoveDocument,
    SubmitApplication,
    TakeApplicationBack,
    UploadDocument,
)
from tael.web.portal.acting import action, done, page, read_form, show
from tael.web.portal.affairs import CURRENCY, change, fen_of, in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.ui.acting import who
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

HOME = "/portal/application"
SECTIONS = ("business", "legal_person", "account", "contact")
SECRETS = ("legal_person.id_number", "account.number", "contact.phone")
_EXPECTED = "business.expected_monthly_minor"
STEPS = (
    ApplicationState.DRAFT,
    ApplicationState.SUBMITTED,
    ApplicationState.IN_REVIEW,
    ApplicationState.APPROVED,
)
TONES = {
    ApplicationState.DRAFT: "neutral",
    ApplicationState.SUBMITTED: "warning",
    ApplicationState.IN_REVIEW: "warning",
    ApplicationState.CHANGES_REQUESTED: "danger",
    ApplicationState.APPROVED: "good",
    ApplicationState.REJECTED: "danger",
}
_WITH_THE_MERCHANT = (ApplicationState.DRAFT, ApplicationState.CHANGES_REQUESTED)


def application_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, what it does, and the documents."""
    return [*_filling_in(behind), *_handing_in(behind), *_documents(behind)]


def _filling_in(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission="papers.read")
    async def show_application(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(f"{HOME}/edit", permission="merchant.write")
    async def edit_application(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            command = _in_fen(form).into(EditApplication)
            await change(behind.people.merchants, request, form, command, gives=ApplicationView)
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(in_words(request, refusal), secret=SECRETS))
        return done(request, HOME, "saved")

    return [show_application, edit_application]


def _handing_in(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{HOME}/submit", permission="merchant.write")
    async def submit_application(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            await change(behind.people.merchants, request, form, SubmitApplication(), gives=ApplicationView)
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal))
        return done(request, HOME, "application_submitted")

    @action(f"{HOME}/take-back", permission="merchant.write")
    async def take_application_back(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            await change(behind.people.merchants, request, form, TakeApplicationBack(), gives=ApplicationView)
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal))
        return done(request, HOME, "application_taken_back")

    return [submit_application, take_application_back]


def _documents(behind: Behind) -> list[HTTPRouteHandler]:
    merchants = behind.people.merchants

    @action(f"{HOME}/documents", permission="merchant.write", largest_body=LARGEST_BODY_BYTES)
    async def upload_document(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            await change(merchants, request, form, _handed_in(form), gives=MerchantDocument)
        except Refusal as refusal:
            kept = form.refused(in_words(request, refusal), secret=("content",))
            return await _page_of(behind, request, kept)
        return done(request, f"{HOME}#documents", "document_uploaded")

    @action(f"{HOME}/documents/{{document_id:str}}/remove", permission="merchant.write")
    async def remove_document(request: PageRequest, document_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            about = check_id(document_id, prefix="doc", field="document_id")
            await change(merchants, request, form, RemoveDocument(), gives=MerchantDocument, about=about)
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal))
        return done(request, f"{HOME}#documents", "document_removed")

    @page(f"{HOME}/documents/{{document_id:str}}", permission="papers.read")
    async def get_document(request: PageRequest, document_id: FromPath[str]) -> Response[bytes]:
        about = check_id(document_id, prefix="doc", field="document_id")
        document, content = await merchants.open_document(owner_of(request), about, actor=who(request))
        name = f"{document.kind}.{ENDINGS[document.media_type]}"
        return saved(content, id=document.id, name=name)

    return [upload_document, remove_document, get_document]


def _in_fen(form: Form) -> Form:
    """The form with what is typed in yuan, in fen."""
    if not form.text(_EXPECTED):
        return form
    minor = fen_of(form.text(_EXPECTED), field=_EXPECTED)
    return Form(values={**form.values, _EXPECTED: str(minor)}, once=form.once)


def _handed_in(form: Form) -> UploadDocument:
    """What a form hands in; refuses `Malformed`, `DocumentRefused`."""
    try:
        kind = MerchantDocumentKind(form.text("kind"))
    except ValueError:
        raise Malformed("Say what the document shows.", field="kind") from None
    try:
        content = base64.b64decode(form.text("content"), validate=True)
    except (ValueError, binascii.Error):
        raise Malformed("This is no document.", field="content") from None
    if not content:
        raise DocumentRefused("Choose a file.", field="content")
    printable = "".join(each for each in form.text("name") if each.isprintable()).strip()
    return UploadDocument(kind=kind, name=printable[-64:] or str(kind), content=content)


def open_section(application: ApplicationView, form: Form) -> str:
    """The part of the form that is open: the one that was refused, or the first that is not filled in."""
    refused = (form.refusal.field or "").partition(".")[0] if form.refusal else ""
    if refused in SECTIONS:
        return refused
    return next((each for each in SECTIONS if getattr(application.particulars, each) is None), "")


def _reasons_by_section(application: ApplicationView) -> dict[str, Sequence[tuple[str, str]]]:
    """What is to be corrected: field and reason, by the part of the page that it is about."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in application.reasons:
        found.setdefault(each.field.partition(".")[0], []).append((each.field, each.reason))
    return dict(found)


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    merchants, owner = behind.people.merchants, owner_of(request)
    try:
        application = await merchants.reads.application(owner)
    except NoSuchMerchantRecord:
        return await show(behind, request, "portal/application.html", here="application", application=None)
    return await show(
        behind,
        request,
        "portal/application.html",
        here="application",
        form=form,
        application=application,
        said_of=application.particulars,
        merchant_documents=[each for each in application.documents if each.removed_at is None],
        agreement=await merchants.reads.agreements(owner),
        reasons=_reasons_by_section(application),
        section_open=open_section(application, form),
        sections=SECTIONS,
        editable=application.state in _WITH_THE_MERCHANT,
        steps=STEPS,
        reached=STEPS.index(application.state) if application.state in STEPS else 0,
        tones=TONES,
        business_kinds=list(BusinessKind),
        id_kinds=list(IdKind),
        document_kinds=list(MerchantDocumentKind),
        currency=CURRENCY,
    )
