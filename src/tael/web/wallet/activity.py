"""What was done in somebody's name, from where and with what? Their record, and what was unlike them."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from tael.behaviour.api import AnswerWarning
from tael.behaviour.errors import AnswerUnproven
from tael.behaviour.model import ActKind, ActWarning
from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.messages.model import Advice
from tael.web.ui.acting import Made, On
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import (
    LOOK,
    action,
    advise,
    call,
    done,
    go_to,
    me,
    needs_proof,
    page,
    read_advice,
    read_form,
    settled,
    show,
)
from tael.web.wallet.behind import Behind

HOME = "/wallet/activity"
_AT_ONCE = 30
UNUSUAL = "unusual_act"
"""The moment whose tip stands beside a warning: to be read before somebody says that it was they."""
SIGNS: Mapping[ActKind, str] = {
    ActKind.SIGN_IN: "key",
    ActKind.PAYMENT: "payments",
    ActKind.TOP_UP: "download",
    ActKind.WITHDRAWAL: "bank",
    ActKind.TRANSFER: "arrow",
    ActKind.CHANGE: "shield",
}

OfKind = Annotated[
    str, QueryParameter(pattern=rf"^({'|'.join(ActKind)})?$(?!\n)", description="Only of this kind")
]
Before = Annotated[str, QueryParameter(pattern=r"^(act_[a-z0-9]{26})?$(?!\n)", description="Older than")]


def activity_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and the answer to a warning."""

    @page(HOME, permission=LOOK)
    async def show_activity(
        *, request: PageRequest, kind: OfKind = "", before: Before = ""
    ) -> Response[bytes]:
        return await _page_of(behind, request, kind=kind, before=before)

    @action(f"{HOME}/warnings/{{warning_id:str}}", permission=LOOK)
    async def answer_warning(request: PageRequest, warning_id: FromPath[str]) -> Response[bytes]:
        form, user = await read_form(request), me(request)
        command = AnswerWarning(
            warning_id=check_id(warning_id, prefix="wrn", field="warning_id"),
            user_id=user.owner,
            mine=form.text("mine") == "true",
            proven=user.is_proven,
        )
        read = await read_advice(behind, request, form)
        if command.mine and (read is None or read.moment != UNUSUAL):
            advice = await advise(behind, request, UNUSUAL)
            if advice is not None:
                return await _page_of(behind, request, advice=advice)
        said = On(command.warning_id, form.text("mine"))
        try:
            settled(
                await behind.people.behaviour.answer(
                    call(request, form, "behaviour.answer_warning", said, command), shown=_shown
                )
            )
        except Refusal as refusal:
            if refusal.code == AnswerUnproven.code and (away := needs_proof(behind, request, HOME)):
                return away
            raise
        return done(request, HOME, "it_was_me") if command.mine else go_to(request, "/wallet/sign-in")

    return [show_activity, answer_warning]


async def _page_of(
    behind: Behind, request: PageRequest, *, kind: str = "", before: str = "", advice: Advice | None = None
) -> Response[bytes]:
    behaviour, user_id = behind.people.behaviour, me(request).owner
    found = await behaviour.acts(
        user_id, kind=ActKind(kind) if kind else None, before=before or None, limit=_AT_ONCE + 1
    )
    warnings = await behaviour.warnings(user_id=user_id, limit=_AT_ONCE)
    unanswered = [each for each in warnings if each.mine is None]
    if unanswered and advice is None:
        advice = await advise(behind, request, UNUSUAL)
    return await show(
        behind,
        request,
        "wallet/activity.html",
        here="activity",
        acts=found[:_AT_ONCE],
        older=found[_AT_ONCE - 1].id if len(found) > _AT_ONCE else "",
        kind=kind,
        kinds=list(ActKind),
        signs=SIGNS,
        amount_of=lambda act: Money(act.amount_minor, act.currency),
        open_warnings=unanswered,
        advice=advice,
        unlike={each.act_id: each for each in warnings},
    )


def _shown(warning: ActWarning) -> tuple[str, msgspec.Struct]:
    return warning.id, Made(warning.id)
