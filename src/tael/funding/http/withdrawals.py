"""How does a user withdraw? Ask what it costs, confirm, send, look."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.ids import check_id, new_id
from tael.funding.api import AskConfirmation, Funding, MakeQuote, Withdraw
from tael.funding.errors import (
    CardNotBound,
    FundingLimit,
    FundingMalformed,
    NoSuchBankCard,
    NoSuchQuote,
    NoSuchWithdrawal,
    NoWay,
    PersonNotVerified,
    QuoteOver,
)
from tael.funding.http.forms import (
    ACT,
    LOOK,
    AnyRequest,
    QuotePath,
    WithdrawalPath,
)
from tael.funding.schemas.money import (
    AskedBody,
    ConfirmQuoteRequest,
    QuoteBody,
    QuoteRequest,
    WithdrawalBody,
    WithdrawRequest,
    withdrawal_body,
)
from tael.standing.errors import NotPermitted
from tael.users.api import circumstances_of, me
from tael.wallets.errors import ConfirmationMissing, LimitReached, NotEnough, QuizOwed, WalletFrozen

TAGS = ["Withdrawals"]


def withdrawal_routes(funding: Funding) -> list[HTTPRouteHandler]:
    """A user's withdrawals."""
    return [
        _quote(funding),
        _confirmation(funding),
        _withdraw(funding),
        _list(funding),
        _get(funding),
    ]


def _quote(funding: Funding) -> HTTPRouteHandler:
    @post(
        "/v1/me/withdrawal_quotes",
        opt={
            "permission": ACT,
            REFUSES: [FundingLimit, FundingMalformed, NoSuchBankCard, CardNotBound, NoWay, NotPermitted],
        },
        tags=TAGS,
        responses=answers(201, QuoteBody, "What it costs, and when it arrives"),
    )
    async def quote_withdrawal(
        request: AnyRequest, data: JSONBody[QuoteRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Quote a withdrawal. Fee and arrival, before anything is done; nothing is reserved."""
        wish = MakeQuote(
            id=new_id("wdq"),
            user_id=me(request).owner,
            bank_card_id=data.bank_card_id,
            amount_minor=data.amount_minor,
            currency=data.currency,
        )
        return respond(await funding.quote(a_call(request, "funding.quote", idempotency_key, data, wish)))

    return quote_withdrawal


def _confirmation(funding: Funding) -> HTTPRouteHandler:
    @post(
        "/v1/me/withdrawal_quotes/{quote_id:str}/confirmation",
        opt={"permission": ACT, REFUSES: [NoSuchQuote, QuoteOver]},
        tags=TAGS,
        responses=answers(201, AskedBody, "What is to be confirmed, and with what"),
    )
    async def confirm_withdrawal_quote(
        request: AnyRequest,
        quote_id: QuotePath,
        data: JSONBody[ConfirmQuoteRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Ask for a confirmation. Of exactly this quote; its user then shows the factors."""
        named, present = check_id(quote_id, prefix="wdq", field="quote_id"), me(request).present
        wish = AskConfirmation(
            quote_id=named,
            user_id=me(request).owner,
            login_id=present.login.id,
            session_id=present.session.id,
            strength=data.strength,
        )
        call = a_call(request, "funding.ask_confirmation", idempotency_key, data, wish, about=named)
        return respond(await funding.ask_confirmation(call))

    return confirm_withdrawal_quote


def _withdraw(funding: Funding) -> HTTPRouteHandler:
    @post(
        "/v1/me/withdrawals",
        opt={
            "permission": ACT,
            REFUSES: [
                NoSuchQuote,
                QuoteOver,
                CardNotBound,
                FundingLimit,
                NotEnough,
                LimitReached,
                WalletFrozen,
                ConfirmationMissing,
                QuizOwed,
                PersonNotVerified,
                NotPermitted,
            ],
        },
        tags=TAGS,
        responses=answers(201, WithdrawalBody, "The withdrawal, as far as it is known now"),
    )
    async def withdraw(
        request: AnyRequest, data: JSONBody[WithdrawRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Withdraw. To your own bank card, as it was quoted; what fails or comes back is in your wallet again."""
        wish = Withdraw(
            id=new_id("wdr"),
            payout_id=new_id("pyo"),
            user_id=me(request).owner,
            login_id=me(request).present.login.id,
            quote_id=check_id(data.quote_id, prefix="wdq", field="quote_id"),
            confirmation_id=data.confirmation_id,
            circumstances=circumstances_of(request, funding.clock),
        )
        return respond(
            await funding.withdraw(a_call(request, "funding.withdraw", idempotency_key, data, wish))
        )

    return withdraw


def _list(funding: Funding) -> HTTPRouteHandler:
    @get("/v1/me/withdrawals", opt={"permission": LOOK}, tags=TAGS)
    async def list_withdrawals(
        request: AnyRequest, *, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[WithdrawalBody]:
        """List my withdrawals. Newest first."""
        before = id_in(cursor, prefix="wdr")
        found = await funding.withdrawals(me(request).owner, before=before, limit=limit + 1)
        return page_of([withdrawal_body(each) for each in found], limit)

    return list_withdrawals


def _get(funding: Funding) -> HTTPRouteHandler:
    @get(
        "/v1/me/withdrawals/{withdrawal_id:str}",
        opt={"permission": LOOK, REFUSES: [NoSuchWithdrawal]},
        tags=TAGS,
    )
    async def get_withdrawal(request: AnyRequest, withdrawal_id: WithdrawalPath) -> WithdrawalBody:
        """Get a withdrawal. With the reason, if it failed or came back."""
        named = check_id(withdrawal_id, prefix="wdr", field="withdrawal_id")
        return withdrawal_body(await funding.get_withdrawal(named, user_id=me(request).owner))

    return get_withdrawal
