"""How does a merchant take lists out? It asks for a file, sees how far it is, and fetches it as long as it is kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from tael.disputes.model import DisputeState
from tael.exports.api import CancelExport, CreateExport
from tael.exports.model import OPEN, Export, ExportFilter, ExportFormat, ExportState
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.permissions import Principal
from tael.foundation.ids import check_id
from tael.payments.model import PaymentState, RefundState
from tael.web.portal.acting import action, done, page, read_form, show
from tael.web.portal.affairs import owner_of
from tael.web.portal.behind import Behind
from tael.web.ui.acting import On, call, settled
from tael.web.ui.days import morning_of
from tael.web.ui.forms import Form
from tael.web.ui.headers import file_headers
from tael.web.ui.pages import PageRequest

HOME = "/portal/exports"
ROWS = 25


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A list that can be taken out."""

    permission: str
    """Of whoever may read it."""
    begins: str = "created_from"
    ends: str = "created_before"
    """What the list calls the beginning and the end of a span."""
    takes: Sequence[str] = ()
    """Filters that come from its page."""
    states: Collection[str] = ()
    words: str = ""
    """The table of their words."""


KINDS: Mapping[str, Kind] = {
    "payments": Kind(
        permission="payments.read",
        takes=("state", "method"),
        states=frozenset(PaymentState),
        words="state_of",
    ),
    "refunds": Kind(
        permission="payments.read",
        takes=("state",),
        states=frozenset(RefundState),
        words="refund_state_of",
    ),
    "disputes": Kind(
        permission="disputes.read",
        begins="opened_from",
        ends="opened_before",
        takes=("state",),
        states=frozenset(DisputeState),
        words="dispute_state_of",
    ),
    "movements": Kind(permission="payments.read", begins="booked_from", ends="booked_before"),
}
ZONES = ("Asia/Shanghai", "UTC", "Europe/Berlin", "America/New_York")
TONES = {
    ExportState.QUEUED: "neutral",
    ExportState.RUNNING: "warning",
    ExportState.DONE: "good",
    ExportState.FAILED: "danger",
    ExportState.CANCELED: "neutral",
}
_MEDIA = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

OfKind = Annotated[
    str, QueryParameter(name="kind", pattern=r"^[a-z]{0,16}$(?!\n)", description="What is taken out")
]
InState = Annotated[
    str, QueryParameter(name="state", pattern=r"^[a-z_]{0,32}$(?!\n)", description="Only in it")
]
Method = Annotated[str, QueryParameter(pattern=r"^[a-z0-9_]{0,32}$(?!\n)", description="Tried in this way")]
Day = Annotated[str, QueryParameter(pattern=r"^(\d{4}-\d\d-\d\d)?$(?!\n)", description="A day")]
Before = Annotated[
    str, QueryParameter(pattern=r"^(exp_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the form says: days are days where the reader's clock hangs."""

    kind: str
    format: ExportFormat
    zone: str
    since: str = ""
    until: str = ""
    state: str = ""
    method: str = ""


def export_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, what it does, and the files."""
    return [_show(behind), *_changing(behind), _file(behind)]


def _show(behind: Behind) -> HTTPRouteHandler:
    @page(HOME, permission="exports.read")
    async def show_exports(
        *,
        request: PageRequest,
        kind: OfKind = "",
        in_state: InState = "",
        method: Method = "",
        since: Day = "",
        until: Day = "",
        before: Before = "",
    ) -> Response[bytes]:
        asked = {"kind": kind, "state": in_state, "method": method, "since": since, "until": until}
        return await _page_of(behind, request, Form(), asked, before=before)

    return show_exports


def _changing(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{HOME}/new", permission="exports.write")
    async def create_export(request: PageRequest) -> Response[bytes]:
        form, principal = await read_form(request), request.scope["user"]
        try:
            wish = form.into(Wish)
            command = CreateExport(
                merchant_id=principal.owner,
                actor=principal.actor,
                permissions=principal.permissions,
                kind=wish.kind,
                format=wish.format,
                filters=filters_of(wish),
                columns=None,
                time_zone=wish.zone,
            )
            settled(await behind.exports.create(call(request, form, "exports.create", wish, command)))
        except Refusal as refusal:
            asked = {name: form.text(name) for name in ("kind", "state", "method", "since", "until")}
            return await _page_of(behind, request, form.refused(refusal), asked)
        return done(request, HOME, "export_begun")

    @action(f"{HOME}/{{export_id:str}}/cancel", permission="exports.write")
    async def cancel_export(request: PageRequest, export_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        about = check_id(export_id, prefix="exp", field="export_id")
        command = CancelExport(merchant_id=owner_of(request), export_id=about)
        settled(await behind.exports.cancel(call(request, form, "exports.cancel", On(about), command)))
        return done(request, HOME, "export_canceled")

    return [create_export, cancel_export]


def _file(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HOME}/{{export_id:str}}/file", permission="exports.read")
    async def get_export_file(request: PageRequest, export_id: FromPath[str]) -> Response[Any]:
        principal: Principal = request.scope["user"]
        about = check_id(export_id, prefix="exp", field="export_id")
        export = await behind.exports.get(about, merchant_id=principal.owner)
        content = behind.exports.read(export, permissions=principal.permissions)
        name = f"{export.kind}-{export.created_at:%Y%m%d-%H%M%S}.{export.format}"
        headers = {
            **file_headers("no-store"),
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return Stream(content, media_type=_MEDIA[export.format], headers=headers)

    return get_export_file


def filters_of(wish: Wish) -> dict[str, object]:
    """What a form says, in the words of the list; refuses `Malformed`."""
    if wish.kind not in KINDS or wish.zone not in ZONES:
        raise Malformed("Choose what to take out.", field="kind")
    kind = KINDS[wish.kind]
    found: dict[str, object] = {}
    if wish.since:
        found[kind.begins] = morning_of(wish.since, zone=ZoneInfo(wish.zone), field="since").isoformat()
    if wish.until:
        after = morning_of(wish.until, zone=ZoneInfo(wish.zone), field="until") + timedelta(days=1)
        found[kind.ends] = after.isoformat()
    return found | {name: text for name in kind.takes if (text := getattr(wish, name))}


def share_done(export: Export) -> int | None:
    """How much is written, in percent; none if nobody counted the lines."""
    if export.state is ExportState.DONE:
        return 100
    return 100 * export.rows_done // export.rows_total if export.rows_total else None


async def _page_of(
    behind: Behind, request: PageRequest, form: Form, asked: Mapping[str, str], *, before: str = ""
) -> Response[bytes]:
    principal: Principal = request.scope["user"]
    wanted = ExportFilter(merchant_id=principal.owner, before=before or None, limit=ROWS + 1)
    found = [each for each in await behind.exports.list(wanted) if each.expires_at > behind.clock.now()]
    kind = KINDS.get(asked["kind"])
    chips = {name: asked[name] for name in kind.takes if asked[name]} if kind is not None else {}
    if kind is not None and chips.get("state") not in kind.states:
        chips.pop("state", None)
    return await show(
        behind,
        request,
        "portal/exports.html",
        here="exports",
        form=form,
        exports=[(each, share_done(each), each.state in OPEN) for each in found[:ROWS]],
        readable=[name for name, each in KINDS.items() if each.permission in principal.permissions],
        tones=TONES,
        asked=asked,
        chips=chips,
        state_words=kind.words if kind is not None else "",
        zones=ZONES,
        formats=list(ExportFormat),
        moving=any(each.state in OPEN for each in found),
        older=found[ROWS - 1].id if len(found) > ROWS else "",
        newest=bool(before),
    )
