"""What do others say of a user: a credit bureau, the police? The form with which it is passed on."""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.foundation.printable import LINES, PRINTABLE
from tael.standing.api import ACTIONS, Command, ReportSignal
from tael.standing.model import ReportKind
from tael.web.console.acting import action, call, done, page, settled, who
from tael.web.console.asking import ask_about_user
from tael.web.console.asks import Entry
from tael.web.console.behind import Behind
from tael.web.ui.acting import Made, On
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest

REPORT = "users.report"
ENTRIES = (
    Entry(
        name="kind",
        kind="select",
        words="report_kind",
        options=tuple(ReportKind),
        options_words="signal_of",
        unchosen=True,
    ),
    Entry(name="source", words="report_source"),
    Entry(name="reference", words="report_reference"),
    Entry(name="reason", kind="area", words="for_colleagues"),
)
Line = Annotated[str, Meta(min_length=1, max_length=64, pattern=PRINTABLE)]


class _Typed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report as it is typed."""

    kind: ReportKind
    source: Line
    reference: Line
    reason: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=LINES)]


def report_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The form, and its answer."""
    path = "/console/users/{user_id:str}/report"

    async def ask(request: PageRequest, user_id: str, form: Form) -> Response[bytes]:
        return await ask_about_user(behind, request, user_id, form, name="report", entries=ENTRIES)

    @page(path, permission=REPORT)
    async def ask_to_report(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        return await ask(request, user_id, Form())

    @action(path, permission=REPORT)
    async def report(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(user_id, prefix="usr", field="user_id")
        try:
            typed = form.into(_Typed)
            command: Command = ReportSignal(
                actor=who(request),
                user_id=id,
                kind=typed.kind,
                source=typed.source,
                reference=typed.reference,
                reason=typed.reason,
            )
            made = call(request, form, ACTIONS[ReportSignal], On(id, typed), command)
            settled(await behind.standing.answer(made, shown=lambda it: (it.id, Made(it.id))))
        except Refusal as refusal:
            return await ask(request, user_id, form.refused(refusal))
        return done(f"/console/users/{id}/standing", "reported")

    return [ask_to_report, report]
