"""How does money come in? With a card of one's own, or on another wallet's page; what is not known is said to be being checked."""

from collections.abc import Sequence
from typing import cast

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.channels.port import Action, GoTo, InvokeWallet, PostForm, Product, SendMoney, SendTokens, ShowCode
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id, new_id
from tael.foundation.money import Money
from tael.funding.api import StartTopUp
from tael.funding.model import BankCard, CardState, TopUpState
from tael.funding.schemas.money import TopUpBody
from tael.users.api import circumstances_of
from tael.web.ui.codes import qr_svg
from tael.web.ui.forms import Form
from tael.web.ui.headers import file_headers
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import (
    LOOK,
    PAY,
    action,
    answer_as,
    call,
    go_to,
    me,
    page,
    read_form,
    show,
)
from tael.web.wallet.behind import Behind
from tael.web.wallet.refusals import about, sharper
from tael.web.wallet.session import HOME
from tael.web.wallet.typed import CURRENCY, money_in

HERE = f"{HOME}/top-up"
_FOR_WAYS = Money(10_000, CURRENCY)
_CARD = "card"
_SCENES = {True: (Product.H5, Product.PAGE, Product.CODE), False: (Product.CODE, Product.PAGE, Product.H5)}
"""On a phone, and elsewhere: in which order scenes are taken."""
_SHOWN = 3
TONES = {
    TopUpState.CREDITED: ("good", "check"),
    TopUpState.WAITING: ("warning", "clock"),
    TopUpState.FAILED: ("danger", "cross"),
}


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to top up, with the value that its choice has in the form."""

    value: str
    method: str
    product: Product
    card: BankCard | None = None


def top_up_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Ask, go, come back, look."""
    return [*_asking(behind), *_looking(behind)]


def _asking(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HERE, permission=PAY)
    async def show_top_up(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(HERE, permission=PAY)
    async def start_top_up(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            amount, way = money_in(form), await _chosen(behind, request, form)
            top_up_id = new_id("top")
            wish = StartTopUp(
                id=top_up_id,
                user_id=me(request).owner,
                amount_minor=amount.minor,
                currency=amount.currency,
                method=way.method,
                product=way.product,
                bank_card_id=way.card.id if way.card is not None else None,
                return_url=f"{behind.public_url}{HOME}/top-ups/{top_up_id}",
                circumstances=circumstances_of(request, behind.clock),
            )
            said = _Said(amount_minor=amount.minor, way=way.value)
            answer = await behind.funding.top_up(call(request, form, "funding.top_up", said, wish))
            made = answer_as(answer, TopUpBody)
        except Refusal as refusal:
            refusal = about(sharper(refusal), "amount_minor", on_page="amount")
            return await _page_of(behind, request, form.refused(refusal))
        return go_to(request, f"{HOME}/top-ups/{made.id}")

    return [show_top_up, start_top_up]


def _looking(behind: Behind) -> list[HTTPRouteHandler]:
    @page(f"{HOME}/top-ups/{{top_up_id:str}}", permission=LOOK)
    async def show_one_top_up(request: PageRequest, top_up_id: FromPath[str]) -> Response[bytes]:
        found = await behind.funding.get_top_up(_checked(top_up_id), user_id=me(request).owner)
        tone, sign = TONES[found.state]
        cards = {each.id: each for each in await behind.funding.cards_of(me(request).owner)}
        action = cast(Action | None, found.action)
        return await show(
            behind,
            request,
            "wallet/top_up_one.html",
            here="top_up",
            top_up=found,
            card=cards.get(found.bank_card_id or ""),
            tone=tone,
            sign=sign,
            kind=_kind_of(action),
            action=action,
            leads_to=_origin_of(action),
            seconds_left=int((found.expires_at - behind.clock.now()).total_seconds())
            if found.expires_at
            else 0,
        )

    @page(f"{HOME}/top-ups/{{top_up_id:str}}/code.svg", permission=LOOK)
    async def show_top_up_code(request: PageRequest, top_up_id: FromPath[str]) -> Response[bytes]:
        found = await behind.funding.get_top_up(_checked(top_up_id), user_id=me(request).owner)
        if not isinstance(found.action, ShowCode):
            raise Malformed("There is nothing to scan.", field="top_up_id")
        headers = file_headers("private, no-store")
        return Response(
            qr_svg(found.action.code_url, title="QR"), media_type="image/svg+xml", headers=headers
        )

    return [show_one_top_up, show_top_up_code]


class _Said(msgspec.Struct, frozen=True):
    amount_minor: int
    way: str


async def ways_of(behind: Behind, request: PageRequest) -> Sequence[Way]:
    """The ways that there are now: cards of one's own first, then other wallets, each in the scene that fits the device."""
    found, ways = await behind.funding.cards_of(me(request).owner), []
    if await _takes_cards(behind):
        bound = [each for each in found if each.state is CardState.BOUND]
        ways = [Way(value=each.id, method=_CARD, product=Product.CARD, card=each) for each in bound]
    agent = request.headers.get("user-agent", "")
    offered: dict[str, Product] = {}
    for product in _SCENES["Mobile" in agent or "Android" in agent]:
        for method in await behind.funding.ways(_FOR_WAYS, product=product):
            offered.setdefault(method, product)
    return [
        *ways,
        *(
            Way(value=method, method=method, product=product)
            for method, product in offered.items()
            if method != _CARD
        ),
    ]


async def _takes_cards(behind: Behind) -> bool:
    """Whether any channel takes money from a card that is bound here."""
    return _CARD in await behind.funding.ways(_FOR_WAYS, product=Product.CARD)


async def _chosen(behind: Behind, request: PageRequest, form: Form) -> Way:
    ways = {each.value: each for each in await ways_of(behind, request)}
    if form.text("way") not in ways:
        raise NoWayChosen("Choose where the money comes from.", field="way")
    return ways[form.text("way")]


class NoWayChosen(Malformed):
    """No way, or one that is not there any more."""

    code = "wallet.no_way_chosen"


def _kind_of(action: Action | None) -> str:
    """What is to be done, as the page knows it."""
    match action:
        case ShowCode():
            return "code"
        case GoTo():
            return "go"
        case PostForm():
            return "form"
        case SendMoney() | SendTokens() | InvokeWallet():
            return "elsewhere"
        case _:
            return ""


def _origin_of(action: Action | None) -> str:
    """To which origin the page's form may lead."""
    return "/".join(action.url.split("/")[:3]) if isinstance(action, PostForm) else ""


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    ways = await ways_of(behind, request)
    return await show(
        behind,
        request,
        "wallet/top_up.html",
        here="top_up",
        form=form,
        ways=ways,
        takes_cards=await _takes_cards(behind),
        has_cards=any(
            each.state is CardState.BOUND for each in await behind.funding.cards_of(me(request).owner)
        ),
        terms=behind.funding.terms.currencies[CURRENCY].top_up,
        newest=await behind.funding.top_ups(me(request).owner, before=None, limit=_SHOWN),
        tones=TONES,
    )


def _checked(top_up_id: str) -> str:
    return check_id(top_up_id, prefix="top", field="top_up_id")
