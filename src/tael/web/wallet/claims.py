"""How does somebody say who they are, and what of it is wrong? Name and document; a correction is looked at by two people."""

from collections.abc import Mapping

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.identity_documents import DocumentKind
from tael.users.model import PersonState
from tael.users.schemas.bodies import ReviewBody, UserBody
from tael.users.schemas.own import CorrectionRequest, IdentityRequest
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, action, done, me, page, read_form, show
from tael.web.wallet.asking import ask_users
from tael.web.wallet.behind import Behind
from tael.web.wallet.verification import HOME

_IDENTITY, _CORRECTION = "wallet/verification_identity.html", "wallet/verification_correction.html"


def claim_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Two forms."""
    return [*_identity(behind), *_correction(behind)]


def _identity(behind: Behind) -> list[HTTPRouteHandler]:
    @page(f"{HOME}/identity", permission=LOOK)
    async def show_identity(request: PageRequest) -> Response[bytes]:
        return await _form_page(behind, request, _IDENTITY, Form())

    @action(f"{HOME}/identity", permission=LOOK)
    async def say_who(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            typed = {"name": form.text("name").strip(), **_document(form)}
            wanted = Form(values=typed).into(IdentityRequest)
            said = await ask_users(behind, request, form, "say_who_you_are", wanted, gives=UserBody)
        except Refusal as refusal:
            return await _form_page(behind, request, _IDENTITY, _on_page(form, refusal))
        looked_at = said.identity is not None and said.identity.state == PersonState.IN_REVIEW
        return done(request, HOME, "identity_in_review" if looked_at else "identity_said")

    return [show_identity, say_who]


def _correction(behind: Behind) -> list[HTTPRouteHandler]:
    @page(f"{HOME}/correction", permission=LOOK)
    async def show_correction(request: PageRequest) -> Response[bytes]:
        return await _form_page(behind, request, _CORRECTION, Form())

    @action(f"{HOME}/correction", permission=LOOK)
    async def ask_correction(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            typed = {"name": form.text("name").strip(), "words": form.text("words")}
            if form.text("number"):
                typed |= _document(form)
            wanted = Form(values=typed).into(CorrectionRequest)
            await ask_users(behind, request, form, "ask_correction", wanted, gives=ReviewBody)
        except Refusal as refusal:
            return await _form_page(behind, request, _CORRECTION, _on_page(form, refusal))
        return done(request, HOME, "correction_asked")

    return [show_correction, ask_correction]


async def _form_page(behind: Behind, request: PageRequest, template: str, form: Form) -> Response[bytes]:
    person = (await behind.people.users.reads.known(me(request).owner)).person
    return await show(
        behind,
        request,
        template,
        here="verification",
        form=form,
        kinds=list(DocumentKind),
        person=person,
        renews=person is not None and person.state is PersonState.VERIFIED,
    )


def _document(form: Form) -> Mapping[str, str]:
    """The document's fields as the request names them; refuses `Malformed` of a last day that is not said."""
    kind = form.text("kind")
    abroad = kind == DocumentKind.PASSPORT
    without_end = form.text("without_end") == "true"
    if not without_end and not form.text("valid_until"):
        raise Malformed("The last day of the document is missing.", field="valid_until")
    return {
        "document.kind": kind,
        "document.number": form.text("number").strip(),
        "document.issued_by": (form.text("issued_by").strip() if abroad else "") or "CHN",
        "document.valid_until": "" if without_end else form.text("valid_until"),
    }


def _on_page(form: Form, refusal: Refusal) -> Form:
    """The refusal at the field as the page calls it: `document.number` is `number`."""
    if refusal.field is not None:
        refusal.field = refusal.field.removeprefix("document.")
    return form.refused(refusal)
