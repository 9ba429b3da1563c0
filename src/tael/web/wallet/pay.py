"""How does somebody pay at a till? With a number on their screen, as bars and as a square, that is new every minute.

A number is made when the page's script asks for it, by a form, and never by opening an address: nothing that looks ahead
makes one. It is in no address, no log and no cache; of it only a hash is kept.
"""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from tael.foundation.errors import Refusal
from tael.standing.model import Permission
from tael.wallets.api.codes import count_payment_code
from tael.wallets.model.codes import PaymentCode
from tael.web.ui.codes import bars_svg, qr_svg
from tael.web.ui.forms import Form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.wallet.acting import PAY, action, advise, me, page, read_form, show
from tael.web.wallet.behind import Behind
from tael.web.wallet.refusals import sharper
from tael.web.wallet.session import HOME

HERE = f"{HOME}/pay"
MOMENT = "payment_code_shown"


def pay_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The page, and a new number."""

    @page(HERE, permission=PAY)
    async def show_pay(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(HERE, permission=PAY)
    async def make_payment_code(request: PageRequest) -> Response[bytes]:
        form, who = await read_form(request), me(request)
        try:
            [refusal] = await behind.people.standing.check_here([who.owner], Permission.PAY)
            if refusal is not None:
                raise refusal
            await count_payment_code(behind.limits, who.owner)
            code = await behind.wallets.codes.payment_code(user_id=who.owner, login_id=who.present.login.id)
        except Refusal as refused:
            return await _page_of(behind, request, form.refused(sharper(refused)))
        return await _page_of(behind, request, Form(), code)

    return [show_pay, make_payment_code]


async def _page_of(
    behind: Behind, request: PageRequest, form: Form, code: PaymentCode | None = None
) -> Response[bytes]:
    say, left = CATALOGUES[reader_of(request).language].say, 0
    if code is not None:
        left = max(0, int((code.expires_at - behind.clock.now()).total_seconds()))
    return await show(
        behind,
        request,
        "wallet/pay.html",
        here="pay",
        form=form,
        advice=await advise(behind, request, MOMENT) if code is not None else None,
        digits=code.code if code is not None else "",
        bars=Markup(bars_svg(code.code, title=say("wallet.pay.bars"))) if code is not None else "",  # noqa: S704 - our own digits
        square=Markup(qr_svg_once(code.code, title=say("wallet.pay.square"))) if code is not None else "",  # noqa: S704 - likewise
        seconds_left=left,
        waiting=await behind.wallets.orders.waiting(me(request).owner),
    )


def qr_svg_once(content: str, *, title: str) -> str:
    """A square that is kept nowhere: `qr_svg` remembers what it drew."""
    return qr_svg.__wrapped__(content, title=title).decode()
