"""How does somebody look after what proves who they are? An overview, the password, and the payment password."""

from collections.abc import Mapping

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.identity.api import SHORTEST_PASSWORD
from tael.standing.model import Kind
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import (
    LOOK,
    MANAGE,
    action,
    done,
    me,
    needs_firm_proof,
    once,
    page,
    read_form,
    show,
    visitor_of,
)
from tael.web.wallet.behind import Behind

HOME = "/wallet/security"
PAYMENT = f"{HOME}/payment-password"


def security_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Three pages."""
    return [_overview(behind), *_password(behind), *_payment_password(behind)]


def _overview(behind: Behind) -> HTTPRouteHandler:
    @page(HOME, permission=LOOK)
    async def show_security(request: PageRequest) -> Response[bytes]:
        identity, login = behind.people.identity, me(request).present.login
        view = await behind.people.standing.reads.view(me(request).owner)
        return await show(
            behind,
            request,
            "wallet/security.html",
            here="security",
            password_changed_at=login.password_changed_at,
            has_payment_password=await identity.has_payment_password(login.id),
            has_authenticator=login.has_second_factor,
            codes_left=await identity.recovery_codes_left(login.id),
            passkeys=len(await identity.passkeys(login.id)),
            devices=len(await identity.devices(login.id)),
            sessions=len(await identity.sessions(login.id)),
            frozen=any(each.kind is Kind.BY_USER for each in view.restrictions),
        )

    return show_security


def _password(behind: Behind) -> list[HTTPRouteHandler]:
    identity, address = behind.people.identity, f"{HOME}/password"
    secret = ("old", "password")

    async def form_page(request: PageRequest, form: Form) -> Response[bytes]:
        return await show(
            behind,
            request,
            "wallet/password.html",
            here="security",
            form=form,
            shortest=SHORTEST_PASSWORD,
        )

    @page(address, permission=MANAGE)
    async def show_password(request: PageRequest) -> Response[bytes]:
        return await form_page(request, Form())

    @action(address, permission=MANAGE)
    async def change_password(request: PageRequest) -> Response[bytes]:
        form, present, visitor = await read_form(request), me(request).present, visitor_of(request)
        try:
            hash = await identity.prepare_password(
                present,
                form.text("old"),
                form.text("password"),
                visitor,
                about=await behind.people.known_of(me(request).owner),
            )

            async def put(tx: Transaction) -> None:
                await identity.put_password(tx, present, hash, visitor)

            await once(behind, request, form, "identity.change_password", put, secret=secret)
        except Refusal as refusal:
            return await form_page(request, form.refused(refusal, secret=secret))
        return done(request, HOME, "password_changed")

    return [show_password, change_password]


def _payment_password(behind: Behind) -> list[HTTPRouteHandler]:
    identity = behind.people.identity
    secret = ("old", "password", "payment_password")

    async def form_page(request: PageRequest, form: Form) -> Response[bytes]:
        has = await identity.has_payment_password(me(request).present.login.id)
        forgotten = "forgotten" in request.query_params or form.text("forgotten") == "true"
        if (not has or forgotten) and (
            away := await needs_firm_proof(
                behind, request, PAYMENT + ("?forgotten=true" if forgotten else "")
            )
        ):
            return away
        return await show(
            behind,
            request,
            "wallet/payment_password.html",
            here="security",
            form=form,
            has=has,
            forgotten=forgotten,
        )

    @page(PAYMENT, permission=MANAGE)
    async def show_payment_password(request: PageRequest) -> Response[bytes]:
        return await form_page(request, Form())

    @action(PAYMENT, permission=MANAGE)
    async def set_payment_password(request: PageRequest) -> Response[bytes]:
        form, present, visitor = await read_form(request), me(request).present, visitor_of(request)
        try:
            hash = await identity.prepare_payment_password(
                present,
                form.text("payment_password"),
                visitor,
                about=await behind.people.known_of(me(request).owner),
                **_shown(form),
            )

            async def put(tx: Transaction) -> None:
                await identity.set_payment_password(tx, present.login.id, hash, visitor=visitor)

            await once(behind, request, form, "identity.set_payment_password", put, secret=secret)
        except Refusal as refusal:
            return await form_page(request, form.refused(refusal, secret=secret))
        return done(request, HOME, "payment_password_set")

    return [show_payment_password, set_payment_password]


def _shown(form: Form) -> Mapping[str, str | None]:
    """What speaks for somebody who sets another one: the old one, or the password if that is forgotten."""
    return {"old": form.text("old") or None, "password": form.text("password") or None}
