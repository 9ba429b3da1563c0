"""What do sources say of people, how do the sources do, and what was not like a user? Lists, one check, the sources."""

from collections.abc import Sequence

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.behaviour.model import ActWarning, Follows
from tael.foundation.ids import check_id
from tael.verification.model import Check, CheckFilter, SourceFigures, SourceName, SourceTerms, State
from tael.web.console.acting import page
from tael.web.console.asking import Shown, show_person
from tael.web.console.behind import Behind
from tael.web.console.cells import Cell, Section, at, sum_of, text, user, word
from tael.web.console.listing import Asked, Filter, Listing, Reader, list_routes, one_of
from tael.web.console.person_views import CHECK_COLUMNS, check_row, check_state, findings
from tael.web.console.user_pages import WARNING_COLUMNS, warning_row
from tael.web.ui.pages import PageRequest

READ = "users.read"
HOME, SOURCES = "/console/checks", "/console/sources"
SOURCE_COLUMNS = (
    "source",
    "set_up",
    "asked_in_a_day",
    "matched",
    "mismatched",
    "partly",
    "still_open",
    "given_up",
    "median",
    "answered_last",
    "counts_as",
    "presence",
    "good_for_days",
    "costs",
)


def check_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Checks, sources, warnings."""
    return [
        *list_routes(behind, _checks(behind)),
        _one(behind),
        _sources(behind),
        *list_routes(behind, _warnings(behind)),
    ]


def _checks(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, before: str | None, limit: int) -> Sequence[Check]:
        wanted = CheckFilter(
            subject=asked["user"] or None,
            source=one_of(SourceName, asked["source"]),
            state=one_of(State, asked["state"]),
            open=True if asked["still"] else None,
            before=before,
            limit=limit,
        )
        return await behind.verification.list(wanted)

    return Listing(
        here="checks",
        address=HOME,
        permission=READ,
        columns=CHECK_COLUMNS,
        filters=(
            Filter(name="state", options=list(State), words="check_state_of", chips=True),
            Filter(name="source", options=list(SourceName), words="source_of"),
            Filter(name="still", options=("open",), words="still_of"),
            Filter(name="user"),
        ),
        read=read,
        row=check_row,
    )


def _one(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HOME}/{{check_id:str}}", permission=READ)
    async def show_check(request: PageRequest, check_id: FromPath[str]) -> Response[bytes]:
        found = await behind.verification.get(_named(check_id))
        return show_person(
            request,
            Shown(
                here="checks",
                heading=found.id,
                back=HOME,
                pills=[check_state(found)],
                sections=[
                    Section(
                        name="particulars",
                        facts=[
                            ("source", word("source_of", found.source)),
                            ("user", user(found.subject)),
                            ("why", word("check_reason_of", found.reason)),
                            ("findings", findings(found)),
                            ("score", text(found.score_percent)),
                            ("number_there", text(found.reference, code=True)),
                            ("asked_times", text(found.times_asked)),
                            ("when", at(found.created_at)),
                            ("next", at(found.next_ask_at)),
                            ("ended_at", at(found.answered_at or found.given_up_at)),
                        ],
                    )
                ],
            ),
        )

    return show_check


def _named(id: str) -> str:
    return check_id(id, prefix="chk", field="check_id")


def _sources(behind: Behind) -> HTTPRouteHandler:
    @page(SOURCES, permission=READ)
    async def show_sources(request: PageRequest) -> Response[bytes]:
        terms, troubles = behind.verification.terms(), behind.verification.troubles()
        rows = [
            _source_row(each, terms.of(each.source), troubles[each.source])
            for each in await behind.verification.figures_of_a_day()
        ]
        return show_person(
            request,
            Shown(
                here="sources",
                heading="",
                back=HOME,
                sections=[Section(name="sources", columns=SOURCE_COLUMNS, rows=rows)],
            ),
        )

    return show_sources


def _source_row(did: SourceFigures, terms: SourceTerms, trouble: str | None) -> Sequence[Cell]:
    median = "" if did.median_milliseconds is None else f"{did.median_milliseconds:,} ms"
    return (
        Cell(words="source_of", text=did.source, address=f"{HOME}?source={did.source}"),
        word("set_up_of", "no" if trouble else "yes", "danger" if trouble else "good"),
        *(text(each) for each in (did.asked, did.matched, did.mismatched, did.partial)),
        Cell(text=str(did.open), bad=did.open > 0),
        Cell(text=str(did.given_up), bad=did.given_up > 0),
        text(median),
        at(did.answered_last_at),
        word("source_group_of", terms.group),
        word("presence_of", terms.presence),
        text(terms.valid_days),
        sum_of(terms.cost_minor, terms.currency),
    )


def _warnings(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, before: str | None, limit: int) -> Sequence[ActWarning]:
        return await behind.behaviour.warnings(
            user_id=asked["user"] or None,
            follows=one_of(Follows, asked["follows"]),
            before=before,
            limit=limit,
        )

    def row(warning: ActWarning, _: Reader) -> Sequence[Cell]:
        return (user(warning.user_id), *warning_row(warning))

    return Listing(
        here="warnings",
        address="/console/warnings",
        permission=READ,
        columns=("user", *WARNING_COLUMNS),
        filters=(
            Filter(name="follows", options=list(Follows), words="follows_of", chips=True),
            Filter(name="user"),
        ),
        read=read,
        row=row,
    )
