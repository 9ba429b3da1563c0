"""How does somebody send money? They name the payee, see who it is, say how much, confirm, and look at what became of it."""

from typing import Annotated, cast

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.foundation.calls import Answer
from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id, new_id
from tael.foundation.money import Money
from tael.identity.model import Strength
from tael.messages.model import Advice
from tael.users.api import circumstances_of
from tael.wallets.api import SendTransfer
from tael.wallets.api.asking import AskAbout
from tael.wallets.errors import NameCheckFailed, NameCheckNeeded
from tael.wallets.model import SpendingKind
from tael.wallets.schemas.fields import Note
from tael.wallets.schemas.transfers import TransferBody
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import (
    PAY,
    action,
    advise,
    answer_as,
    call,
    done,
    go_to,
    me,
    page,
    read_advice,
    read_form,
    show,
)
from tael.web.wallet.behind import Behind
from tael.web.wallet.confirming import Act, carry_out
from tael.web.wallet.payees import Target, count_lookup, find, lately_paid, lookups_of
from tael.web.wallet.refusals import about, sharper
from tael.web.wallet.session import HOME
from tael.web.wallet.spendable import TRANSFER, balance_of, check_early, limits_left
from tael.web.wallet.typed import CURRENCY, money_in

_ACTION = "wallets.transfer"
_REFUSED = 400
_NAME_CHECKS = (NameCheckNeeded.code, NameCheckFailed.code)
STRANGER, LARGE = "first_transfer_to_stranger", "large_amount"


def transfer_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """From the payee to the money that is sent."""
    return [*_choosing(behind), _send(behind)]


def _choosing(behind: Behind) -> list[HTTPRouteHandler]:
    @page(f"{HOME}/transfer", permission=PAY)
    async def show_transfer(request: PageRequest) -> Response[bytes]:
        return await _choose(behind, request, Form())

    @action(f"{HOME}/transfer/payee", permission=PAY)
    async def choose_payee(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            await count_lookup(behind, request)
            target = await find(behind, request, form.text("payee").strip(), by_number=True)
        except Refusal as refusal:
            return await _choose(behind, request, form.refused(about(refusal, "phone", on_page="payee")))
        where = "to" if target.code is not None else "transfer/to"
        return go_to(request, f"{HOME}/{where}/{target.named}")

    @page(f"{HOME}/transfer/to/{{user_id:str}}", permission=PAY)
    async def show_transfer_to_user(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        target = await find(behind, request, check_id(user_id, prefix="usr", field="payee"))
        return await show_details(behind, request, target, Form())

    @page(f"{HOME}/to/{{code:str}}", permission=PAY)
    async def show_transfer_to_code(request: PageRequest, code: FromPath[str]) -> Response[bytes]:
        return await show_details(behind, request, await find(behind, request, code), Form())

    return [show_transfer, choose_payee, show_transfer_to_user, show_transfer_to_code]


def _send(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/transfer/send", permission=PAY)
    async def send_transfer(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        before = await _sent_before(behind, request, form)
        if before is not None:
            return _said(request, before)
        scanned = form.text("scanned") == "true"
        target = await find(behind, request, form.text("payee"), scanned=scanned, still=True)
        try:
            amount = await _checked(behind, request, target, form)
            moment = LARGE if _is_large(behind, amount) else STRANGER if target.stranger else ""
            advice = await _unread(behind, request, form, moment) if moment else None
            if advice is not None:
                return await show_details(behind, request, target, form, advice=advice)
            sent = await carry_out(
                behind, request, form, _act(behind, request, form, target, amount), _transfer_in
            )
        except Refusal as refusal:
            refusal = about(sharper(refusal), "amount_minor", on_page="amount")
            return await show_details(behind, request, target, form.refused(refusal))
        if isinstance(sent, Response):
            return sent
        return _said(request, sent)

    return send_transfer


async def _sent_before(behind: Behind, request: PageRequest, form: Form) -> TransferBody | None:
    """What this form sent when it came the first time, whatever has become of the payee's code since."""
    try:
        said = form.into(_Wish)
    except Refusal:  # it is shown at its place, by whoever reads the form next
        return None
    again = await behind.wallets.answer_again(call(request, form, _ACTION, said, said))
    return answer_as(again, TransferBody) if again is not None and again.status < _REFUSED else None


def _said(request: PageRequest, sent: TransferBody) -> Response[bytes]:
    said = "transfer_held" if sent.arrives_at else "transfer_sent"
    return done(request, f"{HOME}/transfers/{sent.id}", said)


async def _choose(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    user_id = me(request).owner
    return await show(
        behind,
        request,
        "wallet/transfer.html",
        here="transfer",
        form=form,
        lately=await lately_paid(behind, request),
        on_their_way=await behind.wallets.on_their_way(user_id, limit=5),
        user_id=user_id,
    )


async def show_details(
    behind: Behind, request: PageRequest, target: Target, form: Form, *, advice: Advice | None = None
) -> Response[bytes]:
    """Whom it goes to, and how much, when, with which words."""
    if advice is None and target.stranger:
        advice = await _unread(behind, request, form, STRANGER)
    code, rule = target.code, behind.wallets.rule
    fixed = Money(code.amount_minor, code.currency) if code is not None and code.amount_minor else None
    return await show(
        behind,
        request,
        "wallet/transfer_details.html",
        here="transfer",
        form=form,
        target=target,
        fixed=fixed,
        advice=advice,
        ask_name=form.refusal is not None and form.refusal.code in _NAME_CHECKS,
        to_scan=code is not None and code.expires_at is None and not target.scanned,
        delays=(0, *rule.delay_hours),
        limits=await limits_left(behind, request, TRANSFER),
        balance=await balance_of(behind, request, CURRENCY),
    )


async def _checked(behind: Behind, request: PageRequest, target: Target, form: Form) -> Money:
    """The amount, if it can go to this payee so; refuses what `find` and a transfer do."""
    amount = money_in(form)
    if target.code is not None:
        behind.wallets.codes.check(
            target.code, amount_minor=amount.minor, currency=amount.currency, scanned=target.scanned
        )
    said = form.text("name_check").strip()
    if said:
        async with lookups_of(behind).counting_wrong(me(request).owner, target.payee.user_id):
            if not await behind.people.users.is_named(target.payee.user_id, said):
                raise NameCheckFailed("That is not what is hidden of the payee's name.", field="name_check")
    if target.stranger and _is_large(behind, amount) and not said:
        raise NameCheckNeeded("Type what is hidden of the payee's name.", field="name_check")
    await check_early(behind, request, SpendingKind.TRANSFER, amount)
    return amount


def _act(behind: Behind, request: PageRequest, form: Form, target: Target, amount: Money) -> Act:
    said = form.into(_Wish)

    async def do(confirmation_id: str | None) -> object:
        wish = SendTransfer(
            id=new_id("trf"),
            payer_id=me(request).owner,
            login_id=me(request).present.login.id,
            payee_id=target.payee.user_id,
            amount_minor=amount.minor,
            currency=amount.currency,
            delay_hours=said.delay_hours,
            note=said.note,
            code=target.code.code if target.code is not None else None,
            static=target.code is not None and target.code.expires_at is None,
            name_checked=bool(said.name_check),
            confirmation_id=confirmation_id,
            circumstances=circumstances_of(request, behind.clock),
        )
        return await behind.wallets.transfer(call(request, form, _ACTION, said, wish))

    async def ask(strength: Strength) -> str:
        present, payee = me(request).present, target.payee
        wish = AskAbout(
            user_id=me(request).owner,
            login_id=present.login.id,
            session_id=present.session.id,
            kind=SpendingKind.TRANSFER,
            amount_minor=amount.minor,
            currency=amount.currency,
            to=payee.user_id,
            payee_id=payee.user_id,
            to_shown=" ".join(filter(None, (payee.name, payee.phone))),
            at_least=strength,
        )
        asked = await behind.wallets.asking.about(wish)
        return asked.confirmation_id

    back = f"to/{target.named}" if target.code is not None else f"transfer/to/{target.named}"
    return Act(here="transfer", address=f"{HOME}/transfer/send", back=f"{HOME}/{back}", do=do, ask=ask)


class _Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed beside the amount."""

    payee: str
    amount: str
    delay_hours: int = 0
    note: Note = ""
    name_check: Annotated[str, Meta(max_length=64)] = ""


def _transfer_in(answer: object) -> TransferBody:
    return answer_as(cast(Answer, answer), TransferBody)


def _is_large(behind: Behind, amount: Money) -> bool:
    """Whether so much is sent that somebody should stop for a minute."""
    return behind.wallets.rule.is_large(amount)


async def _unread(behind: Behind, request: PageRequest, form: Form, moment: str) -> Advice | None:
    """What should be read first, unless this form says that it was, or it was lately; that it was read is written down."""
    if form.text("confirmation"):
        return None
    read = await read_advice(behind, request, form)
    if read is not None and read.moment in (moment, STRANGER):
        return None
    return await advise(behind, request, moment)
