"""How is somebody paid? By a printed code, or by one on the screen that asks for an amount and is good for a minute."""

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import NotFound, Refusal
from tael.wallets.api.codes import MakePersonalCode
from tael.wallets.model.codes import PersonalCode, PersonalCodeKind
from tael.wallets.schemas.fields import Note
from tael.web.ui.codes import qr_svg
from tael.web.ui.forms import Form
from tael.web.ui.headers import file_headers
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.wallet.acting import PAY, action, call, done, go_to, me, page, read_form, settled, show
from tael.web.wallet.behind import Behind
from tael.web.wallet.refusals import about
from tael.web.wallet.session import HOME
from tael.web.wallet.typed import money_in

HERE = f"{HOME}/receive"


class NoSuchImage(NotFound):
    """There is no code of this user's of that name."""


def receive_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The codes, as pages and as images."""
    return [*_looks(behind), *_makes(behind)]


def _looks(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HERE, permission=PAY)
    async def show_receive(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @page(f"{HERE}/{{code:str}}", permission=PAY)
    async def show_receive_amount(request: PageRequest, code: FromPath[str]) -> Response[bytes]:
        found = await _mine(behind, request, code)
        if found is None or found.expires_at is None:
            return go_to(request, HERE)
        left = int((found.expires_at - behind.clock.now()).total_seconds())
        return await show(
            behind,
            request,
            "wallet/receive_amount.html",
            here="receive",
            code=found,
            address=behind.wallets.codes.body(found).address,
            seconds_left=max(0, left),
        )

    @page(f"{HERE}/{{code:str}}/code.svg", permission=PAY)
    async def show_receive_code(request: PageRequest, code: FromPath[str]) -> Response[bytes]:
        found = await _mine(behind, request, code)
        if found is None:
            raise NoSuchImage("There is no such code.")
        title = CATALOGUES[reader_of(request).language].say("wallet.receive.code_of")
        return Response(
            qr_svg(behind.wallets.codes.body(found).address, title=title),
            media_type="image/svg+xml",
            headers=file_headers("private, max-age=300"),
        )

    return [show_receive, show_receive_amount, show_receive_code]


def _makes(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{HERE}/print", permission=PAY)
    async def make_static_code(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        wish = MakePersonalCode(user_id=me(request).owner, kind=PersonalCodeKind.STATIC)
        settled(
            await behind.wallets.codes.make(call(request, form, "wallets.make_personal_code", wish, wish))
        )
        return done(request, HERE, "code_made")

    @action(f"{HERE}/amount", permission=PAY)
    async def make_dynamic_code(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            amount = money_in(form)
            wish = MakePersonalCode(
                user_id=me(request).owner,
                kind=PersonalCodeKind.DYNAMIC,
                amount_minor=amount.minor,
                currency=amount.currency,
                note=form.into(_Noted).note,
            )
            answer = settled(
                await behind.wallets.codes.make(call(request, form, "wallets.make_personal_code", wish, wish))
            )
        except Refusal as refusal:
            return await _page_of(
                behind, request, form.refused(about(refusal, "amount_minor", on_page="amount"))
            )
        made = msgspec.json.decode(answer.body, type=_Made)
        return go_to(request, f"{HERE}/{made.code}")

    return [make_static_code, make_dynamic_code]


class _Noted(msgspec.Struct, frozen=True):
    note: Note = ""


class _Made(msgspec.Struct, frozen=True):
    code: str


async def _mine(behind: Behind, request: PageRequest, code: str) -> PersonalCode | None:
    mine = await behind.wallets.codes.mine(me(request).owner)
    return next((each for each in mine if each.code == code), None)


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    mine = await behind.wallets.codes.mine(me(request).owner)
    printed = next((each for each in mine if each.expires_at is None), None)
    terms = behind.wallets.rule.currencies["CNY"]
    return await show(
        behind,
        request,
        "wallet/receive.html",
        here="receive",
        form=form,
        printed=printed,
        address=behind.wallets.codes.body(printed).address if printed is not None else "",
        most_minor=terms.static_code_day_minor,
        often=behind.wallets.rule.business_receipts_day,
    )
