"""What did somebody scan? A code to be paid by, what a merchant is paid by, or nothing of ours; with a camera, a picture or typed in."""

import re
from urllib.parse import urlsplit

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import NotFound, Refusal
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import PAY, action, go_to, page, read_form, show
from tael.web.wallet.behind import Behind
from tael.web.wallet.payees import count_lookup, find
from tael.web.wallet.session import HOME
from tael.web.wallet.transfer import show_details

HERE = f"{HOME}/scan"
BY_CAMERA = "camera"
"""How it was read, in front of whoever shows it; any other way it is from a picture, or typed."""
_ONWARD = re.compile(
    rf"{HOME}/orders/[A-Za-z0-9_-]{{1,64}}|{HOME}/packets/pkt_[0-9a-z]{{26}}"
    r"|/checkout/cs_[0-9a-z]{26}|/pay/pay_[0-9a-z]{26}|/[lq]/[a-z2-7]{16}"
)
"""A merchant's order, a red packet; a merchant's checkout, payment, link, and printed code: there balance is one way to pay."""


class NotOurCode(NotFound):
    """What was read is no code that this wallet knows."""

    code, status = "wallet.not_our_code", 422


def scan_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The page with the camera, and what was read."""

    @page(HERE, permission=PAY)
    async def show_scan(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(HERE, permission=PAY)
    async def read_scan(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        said = form.text("text").strip()[:512]
        try:
            onward = _onward(behind, said)
            if onward:
                return go_to(request, onward)
            await count_lookup(behind, request)
            target = await find(behind, request, said, scanned=form.text("how") == BY_CAMERA)
            if target.code is None:
                raise NotOurCode("This is no code of ours.", field="text")
        except Refusal as refusal:
            if refusal.field in ("phone", "payee"):
                refusal = NotOurCode("This is no code of ours.", field="text")
            return await _page_of(behind, request, form.refused(refusal))
        return await show_details(behind, request, target, Form())

    return [show_scan, read_scan]


def _onward(behind: Behind, said: str) -> str:
    """Where an address of ours leads that is no personal code; nothing of any other."""
    try:
        place = urlsplit(said)
    except ValueError as error:
        raise NotOurCode("This is no code of ours.", field="text") from error
    if (place.scheme or place.netloc) and f"{place.scheme}://{place.netloc}" != "/".join(
        behind.public_url.split("/")[:3]
    ):
        raise NotOurCode("This leads to somebody else.", field="text")
    path = place.path.removeprefix(urlsplit(behind.public_url).path)
    return path if _ONWARD.fullmatch(path) else ""


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    return await show(behind, request, "wallet/scan.html", here="scan", form=form, uses=("camera",))
