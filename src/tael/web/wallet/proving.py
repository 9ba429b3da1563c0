"""How does somebody show once more that it is they, before something sensitive? A passkey, their authenticator, or a code.

Before what a code is not enough for (`firm`): what they have beside it, or their face.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.http.strangers import Deed, address_of
from tael.identity.model import Factor
from tael.verification.model import SourceName
from tael.web.ui.forms import Form
from tael.web.ui.headers import file_headers
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, PROOF, action, go_to, me, once, page, read_form, show, visitor_of
from tael.web.wallet.behind import Behind
from tael.web.wallet.door import next_of
from tael.web.wallet.refusals import about, of_proof

_AFTERWARDS = "/wallet/security"
_LONGEST_PROOF = 16_384
_FACES = (SourceName.DOCUMENT_FACE, SourceName.VIDEO)
"""Who compares a face."""


def proving_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what a passkey is asked on it."""
    return [*_question(behind), *_proof(behind)]


def _question(behind: Behind) -> list[HTTPRouteHandler]:
    @page("/wallet/security/passkey", permission=LOOK)
    async def ask_passkey_for_session(request: PageRequest) -> Response[bytes]:
        asked = await behind.people.identity.ask_passkey(me(request).present)
        return Response(
            msgspec.json.encode(asked), media_type="application/json", headers=file_headers("no-store")
        )

    return [ask_passkey_for_session]


def _proof(behind: Behind) -> list[HTTPRouteHandler]:
    identity = behind.people.identity

    async def form_page(
        request: PageRequest, form: Form, wanted: str, *, sent: bool = False
    ) -> Response[bytes]:
        present = me(request).present
        asked = "true" in (request.query_params.get("firm"), form.text("firm"))
        firm = asked and identity.is_fresh(present)
        return await show(
            behind,
            request,
            "wallet/proof.html",
            here="security",
            form=form,
            wanted=wanted,
            sent=sent,
            firm=firm,
            payment_password=firm and await _knows_one(behind, request, wanted),
            faces=_faces_of(behind) if firm else (),
            has_authenticator=present.login.has_second_factor,
            has_passkeys=bool(await identity.passkeys(present.login.id)),
        )

    @page(PROOF, permission=LOOK)
    async def show_proof(request: PageRequest) -> Response[bytes]:
        return await form_page(request, Form(), next_of(request.query_params.get("next", "")))

    @action(f"{PROOF}/code", permission=LOOK)
    async def send_proof_code(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        wanted, present = next_of(form.text("next")), me(request).present

        async def send(tx: Transaction) -> None:
            code = await identity.make_session_code(tx, present)
            await behind.people.send(tx, me(request).owner, code, {})

        try:
            await behind.strangers.take(address_of(request), Deed.USER_CODE)
            await once(behind, request, form, "identity.send_session_code", send)
        except Refusal as refusal:
            return await form_page(request, form.refused(refusal), wanted, sent=True)
        return await form_page(request, Form(values={"factor": Factor.CODE}), wanted, sent=True)

    @action(PROOF, permission=LOOK)
    async def prove(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        wanted = next_of(form.text("next"))
        factor: str = form.text("factor")
        try:
            shown = form.into(_Typed)
            proof, factor = shown.passkey or shown.proof.strip(), _factor_of(shown)
            await identity.prove_again_as(me(request).present, factor, proof, visitor_of(request))
        except Refusal as refusal:
            wrong = about(of_proof(refusal, factor), factor, on_page="proof")
            kept = form.refused(wrong, secret=("proof", "passkey"))
            return await form_page(request, kept, wanted, sent=form.text("factor") == Factor.CODE)
        return go_to(request, wanted or _AFTERWARDS)

    return [show_proof, send_proof_code, prove]


async def _knows_one(behind: Behind, request: PageRequest, wanted: str) -> bool:
    """Whether they have a payment password, and are not about to say that they have forgotten it."""
    has = await behind.people.identity.has_payment_password(me(request).present.login.id)
    return has and "forgotten" not in wanted


def _faces_of(behind: Behind) -> Sequence[SourceName]:
    return [each for each in _FACES if each in behind.people.verification.set_up()]


def _factor_of(shown: "_Typed") -> Factor:
    return Factor.PASSKEY if shown.passkey else shown.factor


class _Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What the page's forms say: digits, or a passkey's answer."""

    factor: Factor = Factor.CODE
    proof: Annotated[str, Meta(max_length=40)] = ""
    passkey: Annotated[str, Meta(max_length=_LONGEST_PROOF)] = ""
