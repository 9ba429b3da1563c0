"""How does somebody change their number? With codes of both; whoever has lost the old one has shown their face, and two people look."""

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import Refusal
from tael.identity.errors import TooManyCodes
from tael.users.schemas.door import CodeSent
from tael.users.schemas.own import PhoneCodesRequest, PhoneRequest
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import MANAGE, action, done, needs_proof, page, read_form, show
from tael.web.wallet.asking import ask_users
from tael.web.wallet.behind import Behind
from tael.web.wallet.forms import wanted_of
from tael.web.wallet.security import HOME

PHONE = f"{HOME}/phone"
_SECRET = ("code", "old_code")


class _Changed(msgspec.Struct, frozen=True):
    """Whether the number has changed, or somebody looks at it first."""

    changed: bool


def phone_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Two steps."""

    async def step(request: PageRequest, template: str, form: Form) -> Response[bytes]:
        if away := needs_proof(behind, request, PHONE):
            return away
        return await show(behind, request, template, here="security", form=form, phone=form.text("phone"))

    @page(PHONE, permission=MANAGE)
    async def show_phone(request: PageRequest) -> Response[bytes]:
        return await step(request, "wallet/phone.html", Form())

    @action(PHONE, permission=MANAGE)
    async def send_phone_codes(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            wanted = wanted_of(form, PhoneCodesRequest, "phone")
            await ask_users(behind, request, form, "send_phone_codes", wanted, gives=CodeSent)
        except Refusal as refusal:
            again = refusal.code == TooManyCodes.code
            return await step(
                request, "wallet/phone_finish.html" if again else "wallet/phone.html", form.refused(refusal)
            )
        return await step(request, "wallet/phone_finish.html", form)

    @action(f"{PHONE}/finish", permission=MANAGE)
    async def change_phone(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            lost = {} if form.text("lost") else {"old_code": form.text("old_code")}
            wanted = wanted_of(form, PhoneRequest, "phone", "code", **lost)
            said = await ask_users(behind, request, form, "change_phone", wanted, gives=_Changed)
        except Refusal as refusal:
            return await step(request, "wallet/phone_finish.html", form.refused(refusal, secret=_SECRET))
        return done(request, HOME, "phone_changed" if said.changed else "phone_looked_at")

    return [show_phone, send_phone_codes, change_phone]
