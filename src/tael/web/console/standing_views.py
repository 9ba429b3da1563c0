"""How do standings, restrictions, requests and objections look in a list, and as facts? Nouns in, cells out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tael.standing.model import (
    ChangeRequest,
    Entry,
    Objection,
    PersonalLimit,
    Restriction,
    StandingState,
    View,
)
from tael.web.console.cells import NOTHING, Cell, Fact, at, link, sum_of, text, tone, user, word, words_for
from tael.web.console.listing import Reader

CURRENCY = "CNY"
STANDING_TONES: Mapping[str, str] = {
    StandingState.ACTIVE: "good",
    StandingState.RESTRICTED: "warning",
    StandingState.SUSPENDED: "danger",
    StandingState.CLOSED: "neutral",
}


# What they may do.


def standing_facts(view: View) -> list[Fact]:
    """Class and limits."""
    return [
        ("account_class", word("account_class_of", view.account_class)),
        ("class_until", at(view.class_until)),
        ("standing", word("standing_of", view.state, STANDING_TONES[view.state])),
        ("class_limit", sum_of(view.terms.limit_minor, view.terms.currency)),
        ("class_period", word("limit_period_of", view.terms.period)),
        *((f"limit_{limit}", limit_cell(limit, most)) for limit, most in view.limits.items()),
    ]


def limit_cell(limit: PersonalLimit, most: int) -> Cell:
    """A personal limit: an amount, or a count."""
    return text(most) if limit is PersonalLimit.TRANSFERS_DAY else sum_of(most, CURRENCY)


PERMISSION_COLUMNS = ("permission", "given", "why_not")


def permission_rows(view: View) -> list[Sequence[Cell]]:
    """Each permission, and why it is not given."""
    return [
        (
            word("permission_of", permission),
            word("yes_no_of", "yes" if refusal is None else "no", "good" if refusal is None else "danger"),
            word("not_given_of", refusal.code.replace(".", "_") if refusal else ""),
        )
        for permission, refusal in view.refusals
    ]


EVIDENCE_COLUMNS = ("source", "presence", "when", "valid_until", "check", "withdrawn")


def evidence_rows(view: View) -> list[Sequence[Cell]]:
    """What the class rests on, and what it rested on."""
    return [
        (
            word("source_of", each.source),
            word("presence_of", each.presence),
            at(each.at),
            at(each.valid_until),
            link(each.check_id, f"/console/checks/{each.check_id}", code=True) if each.check_id else NOTHING,
            text(each.withdrawn_reason),
        )
        for each in view.evidence
    ]


# Restrictions.

RESTRICTION_COLUMNS = ("restriction", "user", "takes", "reason", "order", "set_by", "when", "until", "state")


def restriction_row(restriction: Restriction, who: Reader) -> Sequence[Cell]:
    """A restriction in a list."""
    return (
        Cell(
            words="restriction_kind_of",
            text=restriction.kind,
            address=f"/console/restrictions/{restriction.id}",
        ),
        user(restriction.user_id),
        taken(restriction),
        word("reason_of", restriction.reason),
        text(" ".join(filter(None, (restriction.authority, restriction.order_number)))),
        text(who.person(restriction.set_by)),
        at(restriction.set_at),
        at(restriction.until),
        restriction_state(restriction, who.now),
    )


def taken(restriction: Restriction) -> Cell:
    """Permissions, or an amount."""
    if restriction.amount_minor is not None:
        return sum_of(restriction.amount_minor, restriction.currency)
    return words_for("permission_of", restriction.takes)


def restriction_state(restriction: Restriction, now: datetime) -> Cell:
    """Whether it holds, and whether a second person has still to look at it."""
    if not restriction.holds_at(now):
        return word("restriction_state_of", "over", "neutral")
    waits = restriction.review_by is not None and restriction.reviewed_at is None
    late = waits and restriction.review_by is not None and restriction.review_by < now
    holds = word("restriction_state_of", "holds", "warning")
    to_review = word("restriction_state_of", "late" if late else "to_review", "danger" if late else "warning")
    return Cell(several=[holds, to_review]) if waits else holds


def restriction_facts(restriction: Restriction, who: Reader) -> list[Fact]:
    """All about one."""
    return [
        ("state", restriction_state(restriction, who.now)),
        ("user", user(restriction.user_id)),
        ("takes", taken(restriction)),
        ("reason", word("reason_of", restriction.reason)),
        ("hidden", word("yes_no_of", "yes" if restriction.hidden else "no")),
        ("authority", text(restriction.authority)),
        ("order_number", text(restriction.order_number)),
        ("note", text(restriction.note)),
        ("rule", text(restriction.rule, code=True)),
        ("set_by", text(who.person(restriction.set_by))),
        ("when", at(restriction.set_at)),
        ("until", at(restriction.until)),
        ("review_by", at(restriction.review_by)),
        ("reviewed_by", text(who.person(restriction.reviewed_by))),
        ("reviewed_at", at(restriction.reviewed_at)),
        ("lifted_by", text(who.person(restriction.lifted_by))),
        ("lifted_at", at(restriction.lifted_at)),
        ("lift_reason", word("reason_of", restriction.lift_reason)),
        ("lift_note", text(restriction.lift_note)),
    ]


HISTORY_COLUMNS = ("when", "what", "reason", "about", "account_class", "standing", "by")


def history_rows(lines: Sequence[Entry], who: Reader) -> list[Sequence[Cell]]:
    """What has changed in a standing."""
    return [
        (
            at(each.at),
            word("standing_change_of", each.what.replace(".", "_")),
            word("reason_of", each.reason),
            text(each.about, code=True),
            word("account_class_of", each.account_class),
            word("standing_of", each.state),
            text(who.person(each.actor)),
        )
        for each in lines
    ]


# Requests and objections.

REQUEST_COLUMNS = ("request", "user", "wanted", "when", "due", "state", "by")


def due_cell(due_at: datetime, who: Reader, *, is_open: bool) -> Cell:
    """Until when; marked once it is late."""
    late = is_open and due_at < who.now
    return Cell(several=[at(due_at, bad=True), word("due_of", "late", "danger")]) if late else at(due_at)


def wanted_cell(request: ChangeRequest) -> Cell:
    """To what a limit shall be changed."""
    if request.limit is None or request.wanted is None:
        return NOTHING
    return limit_cell(request.limit, request.wanted)


def request_row(request: ChangeRequest, who: Reader) -> Sequence[Cell]:
    """A request in a list."""
    table, what = (
        ("permission_of", request.permission) if request.permission else ("personal_limit_of", request.limit)
    )
    return (
        Cell(words=table, text=what or "", address=f"/console/permission-requests/{request.id}"),
        user(request.user_id),
        wanted_cell(request),
        at(request.asked_at),
        due_cell(request.due_at, who, is_open=request.state == "open"),
        word("request_state_of", request.state, tone(request.state)),
        text(who.person(request.decided_by)),
    )


OBJECTION_COLUMNS = ("objection", "user", "restriction", "when", "due", "state", "by")


def shortened(words: str, most: int = 40) -> str:
    """The beginning of what somebody says."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def objection_row(objection: Objection, who: Reader) -> Sequence[Cell]:
    """An objection in a list."""
    return (
        link(shortened(objection.words), f"/console/objections/{objection.id}"),
        user(objection.user_id),
        link(objection.restriction_id, f"/console/restrictions/{objection.restriction_id}", code=True),
        at(objection.made_at),
        due_cell(objection.due_at, who, is_open=objection.state == "open"),
        word("objection_state_of", objection.state, tone(objection.state)),
        text(who.person(objection.answered_by)),
    )
