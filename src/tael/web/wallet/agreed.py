"""What has somebody agreed to, and what is due? Every agreement with its version, and the way to accept a new one."""

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import Refusal
from tael.users.schemas.bodies import AgreementBody
from tael.users.schemas.own import AcceptRequest
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.wallet.acting import LOOK, action, done, me, page, read_form, show
from tael.web.wallet.asking import ask_users
from tael.web.wallet.behind import Behind
from tael.web.wallet.forms import wanted_of
from tael.web.wallet.registering import accepted_of

HOME = "/wallet/agreements"


class _Accepted(msgspec.Struct, frozen=True):
    """How the user stands to each agreement now."""

    agreements: list[AgreementBody]


def agreement_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    reads = behind.people.users.reads

    async def form_page(request: PageRequest, form: Form) -> Response[bytes]:
        return await show(
            behind,
            request,
            "wallet/agreements.html",
            here="agreements",
            form=form,
            agreements=await reads.agreements_of(me(request).owner),
            read_in=reader_of(request).language.value,
        )

    @page(HOME, permission=LOOK)
    async def show_agreements(request: PageRequest) -> Response[bytes]:
        return await form_page(request, Form())

    @action(HOME, permission=LOOK)
    async def accept_agreements(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            agreed = accepted_of(form, await reads.agreements_of(me(request).owner))
            language = reader_of(request).language.value
            wanted = wanted_of(form, AcceptRequest, agreements=agreed, language=language)
            await ask_users(behind, request, form, "accept_agreements", wanted, gives=_Accepted)
        except Refusal as refusal:
            return await form_page(request, form.refused(refusal))
        return done(request, HOME, "agreed")

    return [show_agreements, accept_agreements]
