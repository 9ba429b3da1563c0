"""What do we keep of somebody, and what may they ask? To see it in clear, a copy, a correction, the end; and their consents."""

from typing import Literal

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.foundation.http.downloads import saved
from tael.foundation.ids import check_id
from tael.users.api import open_things_in
from tael.users.errors import StillOpen
from tael.users.model import DataRequestState
from tael.users.schemas.bodies import ConsentBody, DataRequestBody
from tael.users.schemas.own import ConsentRequest, DataRequestRequest
from tael.users.schemas.shown import consent_body, data_request_body
from tael.users.schemas.staff import UnmaskedBody, UnmaskRequest
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.wallet.acting import (
    LOOK,
    MANAGE,
    action,
    done,
    me,
    needs_proof,
    page,
    read_form,
    show,
    visitor_of,
)
from tael.web.wallet.asking import ask_users
from tael.web.wallet.behind import Behind
from tael.web.wallet.forms import wanted_of

HOME = "/wallet/privacy"
_SHOWN = 50
_OWN_WISH = "The user looks at their own data in the wallet."
_FIELDS: tuple[Literal["name", "document", "phone"], ...] = ("name", "document", "phone")


def privacy_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [*_looks(behind), *_requests(behind), _consent(behind)]


def _looks(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission=LOOK)
    async def show_privacy(request: PageRequest) -> Response[bytes]:
        return await _page(behind, request, Form())

    @action(f"{HOME}/unmask", permission=MANAGE)
    async def unmask(request: PageRequest) -> Response[bytes]:
        await read_form(request)
        if away := needs_proof(behind, request, HOME):
            return away
        principal = me(request)
        clear = await behind.people.users.unmask(
            principal.owner,
            UnmaskRequest(fields=_FIELDS, reason=_OWN_WISH),
            actor=principal.actor,
            visitor=visitor_of(request),
        )
        return await _page(behind, request, Form(), clear=clear)

    return [show_privacy, unmask]


def _requests(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{HOME}/requests", permission=MANAGE)
    async def request_personal_data(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        if away := needs_proof(behind, request, HOME):
            return away
        try:
            wanted = wanted_of(form, DataRequestRequest, "kind")
            await ask_users(behind, request, form, "request_personal_data", wanted, gives=DataRequestBody)
        except Refusal as refusal:
            return await _page(behind, request, form.refused(refusal))
        return done(request, HOME, f"{wanted.kind}_asked")

    @action(f"{HOME}/requests/{{request_id:str}}/fetch", permission=MANAGE)
    async def fetch_personal_data(request: PageRequest, request_id: FromPath[str]) -> Response[bytes]:
        await read_form(request)
        if away := needs_proof(behind, request, HOME):
            return away
        id = check_id(request_id, prefix="pdr", field="request_id")
        content = await behind.people.users.fetch(me(request).owner, id, visitor_of(request))
        return saved(content, id=id, name="personal_information.zip")

    return [request_personal_data, fetch_personal_data]


def _consent(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/consents", permission=LOOK)
    async def decide_consent(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        language = reader_of(request).language.value
        wanted = wanted_of(form, ConsentRequest, "purpose", "given", "version", "digest", language=language)
        await ask_users(behind, request, form, "decide_consent", wanted, gives=ConsentBody)
        return done(request, HOME, "consent_given" if wanted.given else "consent_withdrawn")

    return decide_consent


async def _page(
    behind: Behind, request: PageRequest, form: Form, *, clear: UnmaskedBody | None = None
) -> Response[bytes]:
    reads, user_id = behind.people.users.reads, me(request).owner
    requests = await reads.requests(user_id, before=None, limit=_SHOWN)
    open_still = form.refusal if form.refusal is not None and form.refusal.code == StillOpen.code else None
    return await show(
        behind,
        request,
        "wallet/privacy.html",
        here="privacy",
        form=form,
        kept=(await reads.personal_information(user_id)).kept,
        clear=clear,
        requests=[data_request_body(each) for each in requests],
        ready=DataRequestState.READY,
        consents=await reads.consent_texts(user_id, reader_of(request).language.value),
        decided=[consent_body(each) for each in await reads.consents(user_id)],
        open_still=open_things_in(str(open_still.facts.get("open", ""))) if open_still is not None else [],
        open_things_in=open_things_in,
    )
