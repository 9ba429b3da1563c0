"""What does somebody have that proves who they are? Passkeys, an authenticator, and recovery codes, shown once."""

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from markupsafe import Markup

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.identity.api import authenticator_address
from tael.identity.model import Factor
from tael.web.ui.codes import qr_svg
from tael.web.ui.forms import Form
from tael.web.ui.headers import file_headers
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.wallet.acting import (
    LOOK,
    MANAGE,
    action,
    done,
    go_to,
    me,
    needs_firm_proof,
    once,
    page,
    read_form,
    show,
    visitor_of,
)
from tael.web.wallet.behind import Behind
from tael.web.wallet.refusals import about, of_proof
from tael.web.wallet.security import HOME

PASSKEYS, AUTHENTICATOR = f"{HOME}/passkeys", f"{HOME}/authenticator"


def key_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Two pages, and what they do."""
    return [*_passkeys(behind), *_one_passkey(behind), *_authenticator(behind), *_codes(behind)]


def _passkeys(behind: Behind) -> list[HTTPRouteHandler]:
    identity = behind.people.identity

    @page(PASSKEYS, permission=LOOK)
    async def show_passkeys(request: PageRequest) -> Response[bytes]:
        return await _passkeys_page(behind, request, Form())

    @page(f"{PASSKEYS}/options", permission=MANAGE)
    async def offer_passkey(request: PageRequest) -> Response[bytes]:
        name = await behind.people.called(me(request).owner)
        offered = await identity.offer_passkey(me(request).present, name=name)
        return Response(
            msgspec.json.encode(offered), media_type="application/json", headers=file_headers("no-store")
        )

    @action(PASSKEYS, permission=MANAGE)
    async def add_passkey(request: PageRequest) -> Response[bytes]:
        form, present, visitor = await read_form(request), me(request).present, visitor_of(request)

        async def keep(tx: Transaction) -> None:
            await identity.confirm_passkey(
                tx, present, form.text("passkey"), name=form.text("name").strip(), visitor=visitor
            )

        try:
            await once(behind, request, form, "identity.add_passkey", keep, secret=("passkey",))
        except Refusal as refusal:
            return await _passkeys_page(behind, request, form.refused(refusal, secret=("passkey",)))
        return done(request, PASSKEYS, "passkey_added")

    return [show_passkeys, offer_passkey, add_passkey]


def _one_passkey(behind: Behind) -> list[HTTPRouteHandler]:
    identity = behind.people.identity

    @action(f"{PASSKEYS}/{{passkey_id:str}}/name", permission=MANAGE)
    async def rename_passkey(request: PageRequest, passkey_id: FromPath[str]) -> Response[bytes]:
        form, login_id = await read_form(request), me(request).present.login.id
        id = check_id(passkey_id, prefix="psk", field="passkey_id")

        async def rename(tx: Transaction) -> None:
            await identity.rename_passkey(tx, login_id, id, form.text("name").strip())

        try:
            await once(behind, request, form, "identity.rename_passkey", rename, about=id)
        except Refusal as refusal:
            return await _passkeys_page(behind, request, form.refused(refusal))
        return done(request, PASSKEYS, "passkey_renamed")

    @action(f"{PASSKEYS}/{{passkey_id:str}}/forget", permission=MANAGE)
    async def forget_passkey(request: PageRequest, passkey_id: FromPath[str]) -> Response[bytes]:
        form, present, visitor = await read_form(request), me(request).present, visitor_of(request)
        id = check_id(passkey_id, prefix="psk", field="passkey_id")
        if away := await needs_firm_proof(behind, request, PASSKEYS):
            return away

        async def forget(tx: Transaction) -> None:
            await identity.forget_passkey(tx, present, id, visitor)

        await once(behind, request, form, "identity.forget_passkey", forget, about=id)
        return done(request, PASSKEYS, "passkey_forgotten")

    return [rename_passkey, forget_passkey]


def _authenticator(behind: Behind) -> list[HTTPRouteHandler]:
    identity = behind.people.identity

    @page(AUTHENTICATOR, permission=MANAGE)
    async def show_authenticator(request: PageRequest) -> Response[bytes]:
        return await _authenticator_page(behind, request, Form())

    @action(AUTHENTICATOR, permission=MANAGE)
    async def set_authenticator(request: PageRequest) -> Response[bytes]:
        form, present, visitor = await read_form(request), me(request).present, visitor_of(request)

        async def make(tx: Transaction) -> object:
            return await identity.set_authenticator(tx, present, form.text("code"), visitor)

        try:
            await identity.count_authenticator_try(present)
            codes = await once(behind, request, form, "identity.set_authenticator", make, secret=("code",))
        except Refusal as refusal:
            wrong = about(of_proof(refusal, Factor.AUTHENTICATOR), Factor.AUTHENTICATOR, on_page="code")
            return await _authenticator_page(behind, request, form.refused(wrong, secret=("code",)))
        return await show(behind, request, "wallet/recovery_codes.html", here="security", codes=codes)

    @action(f"{AUTHENTICATOR}/forget", permission=MANAGE)
    async def forget_authenticator(request: PageRequest) -> Response[bytes]:
        form, present, visitor = await read_form(request), me(request).present, visitor_of(request)
        if away := await needs_firm_proof(behind, request, AUTHENTICATOR):
            return away

        async def forget(tx: Transaction) -> None:
            await identity.take_authenticator_away(tx, present, visitor)

        await once(behind, request, form, "identity.forget_authenticator", forget)
        return done(request, HOME, "authenticator_forgotten")

    return [show_authenticator, set_authenticator, forget_authenticator]


def _codes(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{HOME}/recovery-codes", permission=MANAGE)
    async def renew_recovery_codes(request: PageRequest) -> Response[bytes]:
        form, present, visitor = await read_form(request), me(request).present, visitor_of(request)
        if away := await needs_firm_proof(behind, request, AUTHENTICATOR):
            return away

        async def make(tx: Transaction) -> object:
            return await behind.people.identity.make_recovery_codes(tx, present, visitor)

        codes = await once(behind, request, form, "identity.make_recovery_codes", make)
        return await show(behind, request, "wallet/recovery_codes.html", here="security", codes=codes)

    return [renew_recovery_codes]


async def _passkeys_page(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    if away := await needs_firm_proof(behind, request, PASSKEYS):
        return away
    found = await behind.people.identity.passkeys(me(request).present.login.id)
    return await show(behind, request, "wallet/passkeys.html", here="security", form=form, passkeys=found)


async def _authenticator_page(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    if away := await needs_firm_proof(behind, request, AUTHENTICATOR):
        return away
    present, identity = me(request).present, behind.people.identity
    renews = "new" in request.query_params or bool(form.values)
    if present.login.has_second_factor and not renews:
        left = await identity.recovery_codes_left(present.login.id)
        return await show(
            behind, request, "wallet/authenticator_kept.html", here="security", form=form, codes_left=left
        )
    try:
        secret = await identity.offer_second_factor(present)
    except Refusal:
        return go_to(request, HOME)
    name = await behind.people.called(me(request).owner)
    title = CATALOGUES[reader_of(request).language].say("wallet.authenticator.code_title")
    image = qr_svg(authenticator_address(secret, email=name), title=title)
    return await show(
        behind,
        request,
        "wallet/authenticator.html",
        here="security",
        form=form,
        image=Markup(image.decode()),  # noqa: S704 - drawn here
        secret=" ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        renews=present.login.has_second_factor,
    )
