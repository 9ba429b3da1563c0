"""How does money go to one's own card? Quoted with fee and arrival, confirmed, reserved, and followed until its end."""

from typing import cast

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.calls import Answer
from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id, new_id
from tael.funding.api import AskConfirmation, MakeQuote, Withdraw
from tael.funding.errors import QuoteOver
from tael.funding.model import CardState, WithdrawalState
from tael.funding.schemas.money import AskedBody, QuoteBody, WithdrawalBody
from tael.identity.model import Strength
from tael.users.api import circumstances_of
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import (
    LOOK,
    PAY,
    action,
    answer_as,
    call,
    done,
    me,
    page,
    read_form,
    show,
)
from tael.web.wallet.behind import Behind
from tael.web.wallet.confirming import Act, carry_out
from tael.web.wallet.refusals import about, sharper
from tael.web.wallet.session import HOME
from tael.web.wallet.spendable import balance_of
from tael.web.wallet.typed import CURRENCY, money_in

HERE = f"{HOME}/withdraw"
_SHOWN = 3
TONES = {
    WithdrawalState.SUCCEEDED: ("good", "check"),
    WithdrawalState.PROCESSING: ("warning", "clock"),
    WithdrawalState.FAILED: ("danger", "cross"),
    WithdrawalState.RETURNED: ("neutral", "returned"),
}


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    bank_card_id: str
    amount_minor: int


class _Quoted(msgspec.Struct, frozen=True):
    quote_id: str


def withdrawal_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Ask what it costs, confirm, look."""
    return [*_quoting(behind), _sending(behind), _looking(behind)]


def _quoting(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HERE, permission=PAY)
    async def show_withdraw(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(f"{HERE}/quote", permission=PAY)
    async def quote_withdrawal(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            quote = await _quote(behind, request, form)
        except Refusal as refusal:
            refusal = about(sharper(refusal), "amount_minor", on_page="amount")
            return await _page_of(behind, request, form.refused(refusal))
        return await _quote_page(behind, request, quote)

    return [show_withdraw, quote_withdrawal]


def _sending(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HERE}/send", permission=PAY)
    async def withdraw(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            made = await carry_out(behind, request, form, _act(behind, request, form), _withdrawal_in)
        except QuoteOver as refusal:
            return await _page_of(behind, request, form.refused(refusal))
        except Refusal as refusal:
            refusal = about(sharper(refusal), "amount_minor", on_page="amount")
            return await _page_of(behind, request, form.refused(refusal))
        if isinstance(made, Response):
            return made
        return done(request, f"{HOME}/withdrawals/{made.id}", "withdrawal_made")

    return withdraw


def _looking(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HOME}/withdrawals/{{withdrawal_id:str}}", permission=LOOK)
    async def show_one_withdrawal(request: PageRequest, withdrawal_id: FromPath[str]) -> Response[bytes]:
        named = check_id(withdrawal_id, prefix="wdr", field="withdrawal_id")
        found = await behind.funding.get_withdrawal(named, user_id=me(request).owner)
        tone, sign = TONES[found.state]
        return await show(
            behind,
            request,
            "wallet/withdrawal_one.html",
            here="withdraw",
            withdrawal=found,
            card=await behind.funding.card(found.bank_card_id, user_id=me(request).owner),
            tone=tone,
            sign=sign,
        )

    return show_one_withdrawal


async def _quote(behind: Behind, request: PageRequest, form: Form) -> QuoteBody:
    amount, card_id = money_in(form), form.text("card")
    said = _Asked(bank_card_id=card_id, amount_minor=amount.minor)
    wish = MakeQuote(
        id=new_id("wdq"),
        user_id=me(request).owner,
        bank_card_id=check_id(card_id, prefix="bcd", field="card") if card_id else None,
        amount_minor=amount.minor,
        currency=amount.currency,
    )
    return answer_as(await behind.funding.quote(call(request, form, "funding.quote", said, wish)), QuoteBody)


def _act(behind: Behind, request: PageRequest, form: Form) -> Act:
    said = _Quoted(check_id(form.text("quote"), prefix="wdq", field="quote"))
    present = me(request).present

    async def do(confirmation_id: str | None) -> object:
        wish = Withdraw(
            id=new_id("wdr"),
            payout_id=new_id("pyo"),
            user_id=me(request).owner,
            login_id=present.login.id,
            quote_id=said.quote_id,
            confirmation_id=confirmation_id,
            circumstances=circumstances_of(request, behind.clock),
        )
        return await behind.funding.withdraw(call(request, form, "funding.withdraw", said, wish))

    async def ask(strength: Strength) -> str:
        if strength is Strength.NONE:
            return ""  # its refusal says how strongly
        wish = AskConfirmation(
            quote_id=said.quote_id,
            user_id=me(request).owner,
            login_id=present.login.id,
            session_id=present.session.id,
            strength=strength,
        )
        asking = f"funding.ask_confirmation {strength}"
        under = msgspec.structs.replace(form, once=f"{form.once}-ask"[:64])
        answer = await behind.funding.ask_confirmation(call(request, under, asking, said, wish))
        return answer_as(answer, AskedBody).confirmation_id

    return Act(here="withdraw", address=f"{HERE}/send", back=HERE, do=do, ask=ask)


def _withdrawal_in(answer: object) -> WithdrawalBody:
    return answer_as(cast(Answer, answer), WithdrawalBody)


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    cards = await behind.funding.cards_of(me(request).owner)
    return await show(
        behind,
        request,
        "wallet/withdraw.html",
        here="withdraw",
        form=form,
        cards=[each for each in cards if each.state is CardState.BOUND],
        balance=await balance_of(behind, request, CURRENCY),
        terms=behind.funding.terms.currencies[CURRENCY].withdrawal,
        newest=await behind.funding.withdrawals(me(request).owner, before=None, limit=_SHOWN),
        tones=TONES,
    )


async def _quote_page(behind: Behind, request: PageRequest, quote: QuoteBody) -> Response[bytes]:
    return await show(
        behind,
        request,
        "wallet/withdraw_quote.html",
        here="withdraw",
        quote=quote,
        card=await behind.funding.card(quote.bank_card_id, user_id=me(request).owner),
    )
