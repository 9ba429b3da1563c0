"""What do law and house say, from when on? Rules with dates: those in force, past and to come; a new version asks a second person."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.foundation.clock import CHINA
from tael.foundation.dated_rules import RuleVersion, Verified
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.printable import LINES, PRINTABLE
from tael.foundation.proposals import ProposalState
from tael.foundation.rule_changes import Command, NoSuchRule, ProposeRule, RuleWanted, action_of
from tael.web.console.acting import action, call, done, page, settled, show, who
from tael.web.console.behind import Behind
from tael.web.console.differences import Difference, differences
from tael.web.ui.acting import On
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest

HOME = "/console/dated-rules"
READ, CHANGE = "rules.read", "rules.change"
_AT = f"{HOME}/{{name:str}}"
TONES = {
    Verified.LAW: "good",
    Verified.SECONDARY: "warning",
    Verified.UNVERIFIED: "danger",
    Verified.HOUSE: "neutral",
}


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """A version as it is typed."""

    starts: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$(?!\n)")]
    value: Annotated[str, Meta(min_length=2, max_length=100_000)]
    source: Annotated[str, Meta(min_length=1, max_length=300, pattern=PRINTABLE)]
    verified: Verified
    remark: Annotated[str, Meta(max_length=1_000, pattern=LINES)] = ""
    note: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=LINES)]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in the list."""

    name: str
    in_force: RuleVersion | None
    next_change: datetime | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A version beside the one before it."""

    version: RuleVersion
    when: str
    """`past`, `now` or `coming`."""
    differences: list[Difference]


def dated_rule_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, and one of them with the form for its next version."""
    return [_list(behind), _one(behind), _propose(behind)]


def _list(behind: Behind) -> HTTPRouteHandler:
    @page(HOME, permission=READ)
    async def show_dated_rules(request: PageRequest) -> Response[bytes]:
        now, rules = behind.clock.now(), behind.rules
        rows = [
            Row(
                name=name,
                in_force=rules.in_force(name, at=now),
                next_change=rules.next_change(name, after=now),
            )
            for name in rules.names()
        ]
        waiting = await behind.rule_changes.proposals(state=ProposalState.OPEN, limit=25)
        return show(
            request, "console/dated_rules.html", here="dated_rules", rows=rows, waiting=waiting, tones=TONES
        )

    return show_dated_rules


def _one(behind: Behind) -> HTTPRouteHandler:
    @page(_AT, permission=READ)
    async def show_dated_rule(request: PageRequest, name: FromPath[str]) -> Response[bytes]:
        return await _page_of(behind, request, name, Form())

    return show_dated_rule


def _propose(behind: Behind) -> HTTPRouteHandler:
    @action(f"{_AT}/proposals", permission=CHANGE)
    async def propose_version(request: PageRequest, name: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            typed = form.into(Typed)
            command: Command = ProposeRule(wanted=_wanted(name, typed), note=typed.note, actor=who(request))
            asked = call(request, form, action_of(command), On(name, typed), command)
            settled(await behind.rule_changes.answer(asked, shown=lambda made: (made.id, made), status=201))
        except Refusal as refusal:
            refusal.field = _as_typed(refusal.field)
            return await _page_of(behind, request, name, form.refused(refusal))
        return done(f"{HOME}/{name}", "proposed")

    return propose_version


def _wanted(name: str, typed: Typed) -> RuleWanted:
    try:
        starts = datetime.fromisoformat(typed.starts).replace(tzinfo=CHINA)
    except ValueError:
        raise Malformed("There is no such moment.", field="starts") from None
    try:
        value = msgspec.json.decode(typed.value, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Malformed(f"This is not a JSON object: {error}.", field="value") from None
    return RuleWanted(
        name=name,
        effective_from=starts,
        value=value,
        source=typed.source,
        verified=typed.verified,
        note=typed.remark,
    )


def _as_typed(field: str | None) -> str | None:
    """The field of the form that a refusal of the rules speaks of."""
    if field is not None and field.startswith("value"):
        return "value"
    return {"effective_from": "starts"}.get(field or "", field)


async def _page_of(behind: Behind, request: PageRequest, name: str, form: Form) -> Response[bytes]:
    versions = list(behind.rules.history(name))
    if not versions:
        raise NoSuchRule(f"There is no rule {name[:60]!r}.", field="name")
    now = behind.rules.in_force(name, at=behind.clock.now())
    newest = versions[-1] if now is None else now
    lines = [
        Line(
            version=version,
            when=_when(version, now),
            differences=differences(before.value if before else {}, version.value),
        )
        for before, version in zip([None, *versions], versions, strict=False)
    ]
    return show(
        request,
        "console/dated_rule.html",
        here="dated_rules",
        form=form,
        name=name,
        lines=lines[::-1],
        newest=newest,
        value=msgspec.json.format(msgspec.json.encode(newest.value), indent=2).decode(),
        verified=list(Verified),
        tones=TONES,
        people=await behind.people(),
        waiting=await behind.rule_changes.proposals(name=name, state=ProposalState.OPEN, limit=25),
    )


def _when(version: RuleVersion, now: RuleVersion | None) -> str:
    if version == now:
        return "now"
    return "coming" if now is None or version.effective_from > now.effective_from else "past"
