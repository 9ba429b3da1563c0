"""How do people see which channel is chosen, and change the rules? Rules with a trial, decisions, the health of channels."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id
from tael.routing.api import DecisionFilter, Decisions, RuleBook, RulesTrial
from tael.routing.errors import NoSuchDecision, NoSuchRules
from tael.routing.model import (
    PastDecision,
    Purpose,
    Rule,
    Rules,
    RuleVerb,
)
from tael.routing.schemas import ProposeRulesRequest, RuleRequest, RulesRequest, rules_wanted
from tael.web.console.acting import action, done, page, show, who
from tael.web.console.behind import Behind
from tael.web.console.commands import in_china
from tael.web.console.partner_views import said
from tael.web.console.routing_views import candidate_rows, health_rows, traffic_of, where_it_stops
from tael.web.ui.forms import Form, read_form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

READ, CHANGE = "routing.read", "routing.change"
_PAGE = 50
_TRIED_ON = 500
"""Of the latest decisions."""
_LATELY = timedelta(minutes=15)
_RENEWS_SECONDS = 15
_NUMBER = re.compile(r"[1-9]\d{0,14}")
_TRY = "try"
_OF_A_RULE = frozenset(RuleRequest.__struct_fields__)


def rules_asked(form: Form, *, note: bool = True) -> RulesRequest:
    """What the form asks, as if it had come over the API: a rule that comes if it says when, rules that end, and why.

    Refuses a form in which nothing is asked for; `note` says whether it takes a reason.
    """
    typed = in_china(form, "starts_at", "ends_at").values
    comes, ends = bool(form.text("expression").strip()), bool(form.text("end"))
    if not comes and not ends:
        raise Malformed(
            "Nothing would change.", field="expression", hint="Write when, or choose a rule that ends."
        )
    left_out = {"act", *(() if comes else _OF_A_RULE), *(() if note else ("note",))}
    values = {
        f"add.0.{name}" if name in _OF_A_RULE else name: given
        for name, given in typed.items()
        if name not in left_out
    }
    said = msgspec.structs.replace(form, values=values)
    return said.into(ProposeRulesRequest if note else RulesRequest, within="add.0.")


def routing_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Rules, decisions, health."""
    rules = RuleBook(behind.database, behind.clock)
    decisions = Decisions(behind.database)
    return [
        _rules(behind, rules),
        *_changing(behind, rules),
        _decisions(behind, decisions),
        _decision(behind, decisions),
        _health(behind, decisions),
    ]


def _rules(behind: Behind, rules: RuleBook) -> HTTPRouteHandler:
    @page("/console/rules", permission=READ)
    async def show_rules(request: PageRequest) -> Response[bytes]:
        asked = request.query_params.get("number", "")
        current = await rules.current()
        shown = await _as_of(rules, asked) if asked else current
        return show(
            request,
            "console/routing_rules.html",
            here="rules",
            shown=shown,
            current=current,
            changes=await rules.changes(limit=_PAGE),
            names=await behind.people(),
            now=behind.clock.now(),
        )

    return show_rules


async def _as_of(rules: RuleBook, number: str) -> Rules:
    if not _NUMBER.fullmatch(number):
        raise NoSuchRules(f"There is no change {number[:20]!r} of the rules.", field="number")
    return await rules.after(int(number))


def _changing(behind: Behind, rules: RuleBook) -> list[HTTPRouteHandler]:
    @page("/console/rules/change", permission=CHANGE)
    async def show_change(request: PageRequest) -> Response[bytes]:
        return await _change_page(behind, rules, request, Form())

    @action("/console/rules/change", permission=CHANGE)
    async def change_rules(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        known = behind.routing.channels()
        try:
            if form.text("act") == _TRY:
                wanted = rules_wanted(rules_asked(form, note=False))
                after = await rules.with_change(wanted, known_channels=known)
                trial = await rules.try_on_decisions(after, latest=_TRIED_ON)
                return await _change_page(behind, rules, request, form, trial=trial)
            wanted = rules_wanted(rules_asked(form))
            await rules.propose(wanted, note=form.text("note"), known_channels=known, actor=who(request))
        except Refusal as refusal:
            if refusal.field is not None:
                refusal.field = refusal.field.removeprefix("add.0.")
            return await _change_page(behind, rules, request, form.refused(refusal))
        return done("/console/proposals/routing", "rules_proposed")

    return [show_change, change_rules]


async def _change_page(
    behind: Behind, rules: RuleBook, request: PageRequest, form: Form, *, trial: RulesTrial | None = None
) -> Response[bytes]:
    current = await rules.current()
    say = CATALOGUES[reader_of(request).language].say
    return show(
        request,
        "console/routing_change.html",
        here="rules",
        form=form,
        current=current,
        verb_options=[(each, say(f"console.rule_verb_of.{each}")) for each in RuleVerb],
        channel_options=[(each, each) for each in behind.routing.channels()],
        ending_options=[(each.id, _in_short(each, say)) for each in current.rules],
        me=(await behind.people()).get(who(request), ""),
        trial=trial,
        tried_on=_TRIED_ON,
        stop=where_it_stops(form.text("expression"), form.refusal),
    )


def _in_short(rule: Rule, say: Callable[..., str]) -> str:
    """A rule in a line: `Only bank when amount_minor > 5000000`."""
    verb = say(f"console.rule_verb_of.{rule.verb}")
    channels = ", ".join(rule.channels) or say("console.rules.those")
    return f"{verb} {channels} {say('console.rules.when')} {rule.expression}"


def _decisions(behind: Behind, decisions: Decisions) -> HTTPRouteHandler:
    @page("/console/decisions", permission=READ)
    async def show_decisions(request: PageRequest) -> Response[bytes]:
        wanted = _wanted(request)
        found = await decisions.page(wanted)
        shown = found[:_PAGE]
        return show(
            request,
            "console/decisions.html",
            here="decisions",
            decisions=shown,
            wanted=wanted,
            query=_query_of(wanted),
            channels=behind.routing.channels(),
            purposes=list(Purpose),
            older=shown[-1].id if len(found) > _PAGE else None,
        )

    return show_decisions


def _wanted(request: PageRequest) -> DecisionFilter:
    """What the address asks for; what makes no sense is as good as not said."""
    purpose = said(request, "purpose")
    return DecisionFilter(
        before=said(request, "before") or None,
        channel=said(request, "channel") or None,
        purpose=Purpose(purpose) if purpose in set(Purpose) else None,
        subject=said(request, "subject") or None,
        limit=_PAGE + 1,
    )


def _query_of(wanted: DecisionFilter) -> dict[str, str]:
    """The same in an address, without the page."""
    asked = {"channel": wanted.channel, "purpose": wanted.purpose, "subject": wanted.subject}
    return {name: str(value) for name, value in asked.items() if value is not None}


def _decision(behind: Behind, decisions: Decisions) -> HTTPRouteHandler:
    @page("/console/decisions/{decision_id:str}", permission=READ)
    async def show_decision(request: PageRequest, decision_id: FromPath[str]) -> Response[bytes]:
        decision = await decisions.find(_decision_named(decision_id))
        return show(
            request,
            "console/routing_decision.html",
            here="decisions",
            decision=decision,
            candidates=candidate_rows(decision),
            rules=await _named_rules(behind, decision),
        )

    return show_decision


def _decision_named(text: str) -> str:
    """The id of a decision; refuses `NoSuchDecision` what cannot be one."""
    try:
        return check_id(text, prefix="dec")
    except Malformed as refusal:
        raise NoSuchDecision(refusal.message, field="decision_id") from None


async def _named_rules(behind: Behind, decision: PastDecision) -> dict[str, Rule]:
    """The rules that ruled candidates out, by their ids."""
    named = {each.rule_id for each in decision.candidates if each.rule_id}
    if not named:
        return {}
    everything: Sequence[Rule] = await RuleBook(behind.database, behind.clock).everything()
    return {rule.id: rule for rule in everything if rule.id in named}


def _health(behind: Behind, decisions: Decisions) -> HTTPRouteHandler:
    @page("/console/health", permission=READ)
    async def show_health(request: PageRequest) -> Response[bytes]:
        now = behind.clock.now()
        traffic = await decisions.traffic(since=now - _LATELY)
        context: dict[str, Any] = {
            "rows": health_rows(behind.routing, behind.partners.terms_now(), traffic, now=now),
            "total": traffic_of(traffic),
            "now": now,
            "minutes": _LATELY // timedelta(minutes=1),
            "seconds": _RENEWS_SECONDS,
        }
        return show(request, "console/routing_health.html", here="health", **context)

    return show_health
