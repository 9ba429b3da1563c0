"""What does the card's form do? `/pay/{id}/card` tries the card, and leads on to the payer's bank or back to the page.

Whoever knows the address of a payment may pay it, also with a card that is kept for its customer; so a form is only taken
from our own page.
"""

from typing import Protocol
from urllib.parse import quote, urlsplit

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Forbidden, Refusal
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.http.strangers import address_of
from tael.web.checkout.cards import CardChoice
from tael.web.checkout.pages import root_of
from tael.web.checkout.savings import query_of, seen_discount, typed_coupon
from tael.web.checkout.views import Wish
from tael.web.ui.acting import see_other
from tael.web.ui.forms import read_open_form
from tael.web.ui.pages import PageRequest
from tael.web.ui.problems import refusal_page

_CARD = "card"
_LONGEST = 64


class CardDesk(Protocol):
    """What the form needs of payments."""

    async def pay_by_card(self, payment_id: str, choice: CardChoice, wish: Wish) -> bool:
        """Try a card; whether the payer's bank has to ask them first. Sent twice, it is tried once.

        Refuses `TooMuchFromNetwork`.
        """
        ...


def card_routes(desk: CardDesk) -> list[HTTPRouteHandler]:
    """One form."""

    @post(
        "/pay/{payment_id:str}/card",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def pay_by_card(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        if not _is_from_our_page(request):
            raise Forbidden("This form was not sent by our page.", hint="Open the page again.")
        form = await read_open_form(request)
        choice = CardChoice(
            token=form.text("card_token")[:_LONGEST],
            saved=form.text("saved")[:_LONGEST],
            save=form.text("save") == "true",
        )
        wish = Wish(
            method=_CARD,
            user_agent=request.headers.get("user-agent", ""),
            coupon=typed_coupon(request.query_params.get("coupon")),
            off_minor=seen_discount(request.query_params.get("off")),
            address=address_of(request),
        )
        asked = await desk.pay_by_card(payment_id, choice, wish)
        page = f"{root_of(request)}/pay/{quote(payment_id)}"
        query = query_of(_CARD, wish.coupon, wish.off_minor)
        return see_other(f"{page}/go?{query}&then=on" if asked else f"{page}?{query}")

    return [pay_by_card]


def _is_from_our_page(request: PageRequest) -> bool:
    """By what the browser says; one that is too old for the first header says the second."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")
