"""How does a user keep bank cards? Type one in at our vault, bind it, look, choose, remove."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.calls import Answer, Call
from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.ids import check_id, new_id
from tael.funding.api import BindCard, Funding, OnCard, SendCode
from tael.funding.errors import (
    CardBoundAlready,
    CardInUse,
    CardNotBound,
    CodeNeeded,
    NoSuchBankCard,
    PersonNotVerified,
    TooManyCards,
)
from tael.funding.http.forms import LOOK, MANAGE, AnyRequest, CardPath
from tael.funding.schemas.cards import (
    BankCardBody,
    BankCardsBody,
    BindCardRequest,
    CodeSentBody,
    FieldsBody,
    OpenFieldsRequest,
    SendCodeRequest,
    card_body,
)
from tael.funding.schemas.fields import Nothing
from tael.identity.errors import CodeRefused, TooManyCodes
from tael.standing.errors import NotPermitted
from tael.users.api import circumstances_of, me
from tael.vault.errors import PageRefused

TAGS = ["Bank cards"]


def card_routes(funding: Funding) -> list[HTTPRouteHandler]:
    """A user's bank cards."""
    return [
        _fields(funding),
        _code(funding),
        _bind(funding),
        _list(funding),
        _get(funding),
        _on_card(
            "default",
            "choose_default_bank_card",
            "Choose a default card. It is proposed first.",
            funding.make_default,
            [NoSuchBankCard, CardNotBound],
        ),
        _on_card(
            "unbind",
            "unbind_bank_card",
            "Remove a bank card. Our vault forgets it for good.",
            funding.unbind,
            [NoSuchBankCard, CardInUse, NotPermitted],
        ),
    ]


def _fields(funding: Funding) -> HTTPRouteHandler:
    @post(
        "/v1/me/card_fields",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [PageRefused]},
        tags=TAGS,
    )
    async def open_my_card_fields(request: AnyRequest, data: JSONBody[OpenFieldsRequest]) -> FieldsBody:
        """Open card fields. A page of our vault into which the card is typed; you get a token."""
        return funding.card_fields(me(request).owner, origin=data.origin, return_url=data.return_url)

    return open_my_card_fields


def _code(funding: Funding) -> HTTPRouteHandler:
    @post(
        "/v1/me/bank_cards/code",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [NoSuchBankCard, TooManyCodes]},
        tags=TAGS,
        responses=answers(200, CodeSentBody, "Where it was sent"),
    )
    async def send_bank_card_code(
        request: AnyRequest, data: JSONBody[SendCodeRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Send a code to a card's telephone. Needed if the bank knows another than yours for the card."""
        wish = SendCode(user_id=me(request).owner, token=data.card_token, phone=data.phone)
        call = a_call(request, "funding.send_code", idempotency_key, data, wish)
        return respond(await funding.send_code(call))

    return send_bank_card_code


def _bind(funding: Funding) -> HTTPRouteHandler:
    @post(
        "/v1/me/bank_cards",
        opt={
            "permission": MANAGE,
            REFUSES: [
                NoSuchBankCard,
                CardBoundAlready,
                TooManyCards,
                CodeNeeded,
                CodeRefused,
                PersonNotVerified,
                NotPermitted,
            ],
        },
        tags=TAGS,
        responses=answers(201, BankCardBody, "The card, and what its bank says of it")
        | answers(202, BankCardBody, "Its bank has not said yet whose it is"),
    )
    async def bind_bank_card(
        request: AnyRequest, data: JSONBody[BindCardRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Bind a bank card. Its bank is asked whether name, document, telephone and number belong together."""
        wish = BindCard(
            card_id=new_id("bcd"),
            check_id=new_id("chk"),
            user_id=me(request).owner,
            token=data.card_token,
            phone=data.phone,
            code=data.code,
            circumstances=circumstances_of(request, funding.clock),
        )
        return respond(await funding.bind(a_call(request, "funding.bind", idempotency_key, data, wish)))

    return bind_bank_card


def _list(funding: Funding) -> HTTPRouteHandler:
    @get("/v1/me/bank_cards", opt={"permission": LOOK}, tags=TAGS)
    async def list_bank_cards(request: AnyRequest) -> BankCardsBody:
        """List my bank cards. The default first; also those whose bank has not answered yet."""
        found = await funding.cards_of(me(request).owner)
        return BankCardsBody(items=[card_body(card) for card in found])

    return list_bank_cards


def _get(funding: Funding) -> HTTPRouteHandler:
    @get("/v1/me/bank_cards/{card_id:str}", opt={"permission": LOOK, REFUSES: [NoSuchBankCard]}, tags=TAGS)
    async def get_bank_card(request: AnyRequest, card_id: CardPath) -> BankCardBody:
        """Get a bank card. Also one that was refused or removed."""
        named = check_id(card_id, prefix="bcd", field="card_id")
        return card_body(await funding.card(named, user_id=me(request).owner))

    return get_bank_card


def _on_card(
    path: str,
    name: str,
    says: str,
    do: Callable[[Call[OnCard]], Awaitable[Answer]],
    refuses: list[Any],
) -> HTTPRouteHandler:
    async def handler(
        request: AnyRequest,
        card_id: CardPath,
        data: JSONBody[Nothing],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        named = check_id(card_id, prefix="bcd", field="card_id")
        wish = OnCard(card_id=named, user_id=me(request).owner)
        return respond(await do(a_call(request, f"funding.{path}", idempotency_key, data, wish, about=named)))

    handler.__name__ = name
    handler.__doc__ = says
    return post(
        f"/v1/me/bank_cards/{{card_id:str}}/{path}",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: refuses},
        tags=TAGS,
        responses=answers(200, BankCardBody, "As it stands afterwards"),
    )(handler)
