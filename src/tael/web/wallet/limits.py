"""How much may somebody still spend, and who says so? Every limit with what is used and left, and how to ask for another."""

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id
from tael.standing.api import Ask, TakeBack
from tael.standing.model import ChangeRequest, PersonalLimit, RequestState
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
from tael.web.wallet.session import HOME
from tael.web.wallet.typed import AmountUnreadable, money_in

HERE = f"{HOME}/limits"
ORDER = (
    "spent_life",
    "spent_year",
    "transfer_day",
    "transfers_day",
    "payment_day",
    "withdrawal_day",
    "weak_day",
    "unsigned_day",
    "static_code_day",
    "single",
)
"""In which they are shown."""
ASKED_FOR = {
    "transfer_day": PersonalLimit.TRANSFER_DAY,
    "transfers_day": PersonalLimit.TRANSFERS_DAY,
    "payment_day": PersonalLimit.PAY_DAY,
    "withdrawal_day": PersonalLimit.WITHDRAW_DAY,
}
"""Those that a user agrees on with us."""
_SHOWN = 5


class _Shown(msgspec.Struct, frozen=True):
    id: str
    state: RequestState


def limit_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Look, ask, take back."""

    @page(HERE, permission=LOOK)
    async def show_limits(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(HERE, permission=MANAGE)
    async def ask_for_limit(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            wish = _wish(request, form)
            answer = settled(
                await behind.people.standing.answer(
                    call(request, form, "standing.ask", wish, wish), shown=_shown, status=201
                )
            )
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal))
        asked = msgspec.json.decode(answer.body, type=_Shown)
        return done(request, HERE, "limit_lowered" if asked.state is RequestState.APPROVED else "limit_asked")

    @action(f"{HERE}/requests/{{request_id:str}}/take-back", permission=MANAGE)
    async def take_limit_request_back(request: PageRequest, request_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        named = check_id(request_id, prefix="prq", field="request_id")
        wish = TakeBack(actor=me(request).actor, user_id=me(request).owner, request_id=named)
        try:
            settled(
                await behind.people.standing.answer(
                    call(request, form, "standing.take_back", wish, wish), shown=_shown
                )
            )
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal))
        return done(request, HERE, "limit_taken_back")

    return [show_limits, ask_for_limit, take_limit_request_back]


def _wish(request: PageRequest, form: Form) -> Ask:
    limit = ASKED_FOR.get(form.text("limit"))
    if limit is None:
        raise Malformed("There is no such limit.", field="limit")
    if limit is PersonalLimit.TRANSFERS_DAY:
        text = form.text("wanted").strip()
        if not text.isascii() or not text.isdigit():
            raise AmountUnreadable("A whole number.", field="wanted")
        wanted = int(text[:9])
    else:
        wanted = money_in(form, "wanted").minor
    return Ask(
        actor=me(request).actor,
        user_id=me(request).owner,
        permission=None,
        limit=limit,
        wanted=wanted,
        words=form.text("words").strip(),
    )


def _shown(asked: ChangeRequest) -> tuple[str, _Shown]:
    return asked.id, _Shown(id=asked.id, state=asked.state)


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    user_id = me(request).owner
    found = {each.name: each for each in await behind.wallets.limits(user_id)}
    requests = await behind.people.standing.reads.own_requests(user_id, before=None, limit=_SHOWN)
    return await show(
        behind,
        request,
        "wallet/limits.html",
        here="limits",
        form=form,
        limits=[found[name] for name in ORDER if name in found],
        asked_for=ASKED_FOR,
        requests=[each for each in requests if each.limit is not None],
        open_state=RequestState.OPEN,
    )
