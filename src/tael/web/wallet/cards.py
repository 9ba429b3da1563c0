"""Which bank cards does somebody have? Typed in at our vault, bound when their bank says so, chosen, removed."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from tael.foundation.calls import Answer, Call
from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id, new_id
from tael.funding.api import BindCard, OnCard, SendCode
from tael.funding.errors import CodeNeeded
from tael.funding.model import CardState
from tael.users.api import circumstances_of
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import (
    LOOK,
    MANAGE,
    action,
    call,
    done,
    me,
    page,
    read_form,
    settled,
    show,
)
from tael.web.wallet.behind import Behind
from tael.web.wallet.refusals import sharper
from tael.web.wallet.session import HOME

HERE = f"{HOME}/cards"
TONES = {CardState.BOUND: "good", CardState.CHECKING: "warning"}

Token = Annotated[
    str, QueryParameter(pattern=r"^(tok_[0-9a-z]{1,60})?$(?!\n)", description="Of the card that was typed in")
]


class _NewCard(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a card beside its number."""

    card_token: str
    phone: str = ""
    code: Annotated[str, Meta(max_length=6)] = ""


def card_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, a new card, and what is done with one."""
    return [*_listing(behind), *_binding(behind), *_one(behind)]


def _listing(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HERE, permission=LOOK)
    async def show_cards(request: PageRequest) -> Response[bytes]:
        return await _list_of(behind, request, Form())

    return [show_cards]


def _binding(behind: Behind) -> list[HTTPRouteHandler]:
    @page(f"{HERE}/new", permission=MANAGE)
    async def show_new_card(*, request: PageRequest, card_token: Token = "") -> Response[bytes]:
        return await _new(behind, request, Form(), card_token)

    @action(HERE, permission=MANAGE)
    async def bind_card(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(_NewCard)
            if form.text("step") == "code":
                wish = SendCode(user_id=me(request).owner, token=said.card_token, phone=said.phone)
                settled(await behind.funding.send_code(call(request, form, "funding.send_code", wish, wish)))
                needed = CodeNeeded("Type in the code that was sent to the card's telephone.", field="code")
                return await _new(behind, request, form.refused(needed, secret=["code"]), said.card_token)
            bound = await _bound(behind, request, form, said)
        except Refusal as refusal:
            return await _new(behind, request, form.refused(sharper(refusal)), form.text("card_token"))
        return done(request, HERE, "card_checking" if bound.status == 202 else "card_added")

    return [show_new_card, bind_card]


async def _bound(behind: Behind, request: PageRequest, form: Form, said: _NewCard) -> Answer:
    wish = BindCard(
        card_id=new_id("bcd"),
        check_id=new_id("chk"),
        user_id=me(request).owner,
        token=said.card_token,
        phone=said.phone,
        code=said.code,
        circumstances=circumstances_of(request, behind.clock),
    )
    answer = settled(await behind.funding.bind(call(request, form, "funding.bind", said, wish)))
    made = msgspec.json.decode(answer.body, type=_Made)
    if made.state is CardState.REFUSED:
        raise CardTurnedDown("The bank did not confirm this card.", reason=made.reason)
    return answer


class _Made(msgspec.Struct, frozen=True):
    state: CardState
    reason: str = ""


class CardTurnedDown(Refusal):
    """The bank says that the card is not this person's, or cannot be used."""

    code, status = "wallet.card_turned_down", 422


def _one(behind: Behind) -> list[HTTPRouteHandler]:
    return [
        _on_card(behind, "default", behind.funding.make_default, said="card_default"),
        _on_card(behind, "unbind", behind.funding.unbind, said="card_removed"),
    ]


def _on_card(
    behind: Behind, verb: str, do: Callable[[Call[OnCard]], Awaitable[Answer]], *, said: str
) -> HTTPRouteHandler:
    async def handler(request: PageRequest, card_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        named = check_id(card_id, prefix="bcd", field="card_id")
        wish = OnCard(card_id=named, user_id=me(request).owner)
        try:
            settled(await do(call(request, form, f"funding.{verb}", wish, wish)))
        except Refusal as refusal:
            return await _list_of(behind, request, form.refused(sharper(refusal)))
        return done(request, HERE, said)

    handler.__name__ = f"{verb}_card"
    return action(f"{HERE}/{{card_id:str}}/{verb}", permission=MANAGE)(handler)


async def _list_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    cards = await behind.funding.cards_of(me(request).owner)
    return await show(behind, request, "wallet/cards.html", here="cards", form=form, cards=cards, tones=TONES)


async def _new(behind: Behind, request: PageRequest, form: Form, card_token: str) -> Response[bytes]:
    """Without a token: on to the page of the vault where a card is typed in, which leads back here."""
    back = f"{behind.public_url}{HERE}/new"
    fields = behind.funding.card_fields(me(request).owner, origin="", return_url=back)
    return await show(
        behind,
        request,
        "wallet/card_new.html",
        here="cards",
        form=form,
        card_token=card_token,
        fields_address=fields.url,
        needs_code=(form.refusal is not None and form.refusal.code == CodeNeeded.code)
        or bool(form.text("code")),
    )
