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
from tael.web.ui.acting import Made, On
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import (
    LOOK,
    action,
    call,
    done,
    go_to,
    me,
    needs_proof,
    page,
    read_form,
    settled,
    show,
)
from tael.web.wallet.behind import Behind

HOME = "/wallet/activity"
_AT_ONCE = 30
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
    behaviour = behind.people.behaviour

    @page(HOME, permission=LOOK)
    async def show_activity(
        *, request: PageRequest, kind: OfKind = "", before: Before = ""
    ) -> Response[bytes]:
        user_id = me(request).owner
        found = await behaviour.acts(
            user_id, kind=ActKind(kind) if kind else None, before=before or None, limit=_AT_ONCE + 1
        )
        warnings = await behaviour.warnings(user_id=user_id, limit=_AT_ONCE)
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
            open_warnings=[each for each in warnings if each.mine is None],
            unlike={each.act_id: each for each in warnings},
        )

    @action(f"{HOME}/warnings/{{warning_id:str}}", permission=LOOK)
    async def answer_warning(request: PageRequest, warning_id: FromPath[str]) -> Response[bytes]:
        form, user = await read_form(request), me(request)
        command = AnswerWarning(
            warning_id=check_id(warning_id, prefix="wrn", field="warning_id"),
            user_id=user.owner,
            mine=form.text("mine") == "true",
            proven=user.is_proven,
        )
        said = On(command.warning_id, form.text("mine"))
        try:
            settled(
                await behaviour.answer(
                    call(request, form, "behaviour.answer_warning", said, command), shown=_shown
                )
            )
        except Refusal as refusal:
            if refusal.code == AnswerUnproven.code and (away := needs_proof(behind, request, HOME)):
                return away
            raise
        return done(request, HOME, "it_was_me") if command.mine else go_to(request, "/wallet/sign-in")

    return [show_activity, answer_warning]


def _shown(warning: ActWarning) -> tuple[str, msgspec.Struct]:
    return warning.id, Made(warning.id)
