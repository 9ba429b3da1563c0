"""Where do a merchant's events go? Endpoints: name one, change it, stop it, give it another secret, try it."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from tael.foundation.calls import Answer
from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id, new_id
from tael.web.portal.acting import action, done, page, prove, read_form, show
from tael.web.portal.affairs import in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.ui.acting import call, settled
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.webhooks.api import (
    EVENT_TYPES,
    ChangeEndpoint,
    CreateEndpoint,
    DeliveryFilter,
    ResendFailed,
    RotateSecret,
    SendTest,
    SetEndpointState,
)
from tael.webhooks.model import DeliveryState, EndpointState

HOME = "/portal/webhooks"
ROWS = 25
OVERLAPS = (86_400, 3_600, 604_800, 0)
"""For how many seconds both secrets sign."""
TONES = {
    EndpointState.ENABLED: "good",
    EndpointState.DISABLED: "danger",
    DeliveryState.PENDING: "warning",
    DeliveryState.SUCCEEDED: "good",
    DeliveryState.FAILED: "danger",
}
_AT = f"{HOME}/{{endpoint_id:str}}"

InState = Annotated[
    str, QueryParameter(name="state", pattern=r"^[a-z_]{0,32}$(?!\n)", description="Only in it")
]
Before = Annotated[
    str, QueryParameter(pattern=r"^(whd_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of an endpoint says."""

    url: Annotated[str, Meta(min_length=9, max_length=1_024)]
    events: Annotated[tuple[str, ...], Meta(min_length=1, max_length=64)]
    description: Annotated[str, Meta(max_length=128)] = ""
    ordered: bool = False


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of another secret says."""

    overlap: Annotated[int, Meta(ge=0, le=604_800)]


class On(msgspec.Struct, frozen=True):
    """A form together with what it is about: what a repeat must repeat."""

    about: str
    said: msgspec.Struct | None = None


class Done(msgspec.Struct, frozen=True):
    """What came of it."""

    what: str


def webhook_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, one endpoint, and what is done with it."""
    return [*_naming(behind), _show(behind), *_trying(behind), *_keeping(behind), *_states(behind)]


def _naming(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission="webhooks.read")
    async def show_endpoints(request: PageRequest) -> Response[bytes]:
        return await _list_page(behind, request, Form())

    @action(f"{HOME}/new", permission="webhooks.write")
    async def create_endpoint(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Wanted)
            command = CreateEndpoint(
                endpoint_id=new_id("whe"), merchant_id=owner_of(request), **msgspec.structs.asdict(said)
            )
            asked = call(request, form, "webhooks.create_endpoint", said, command)
            answer = settled(await behind.webhooks.answer_with_secret(asked, status=201))
        except Refusal as refusal:
            return await _list_page(behind, request, form.refused(in_words(request, refusal)))
        return await _list_page(behind, request, Form(), made=answer)

    return [show_endpoints, create_endpoint]


def _show(behind: Behind) -> HTTPRouteHandler:
    @page(_AT, permission="webhooks.read")
    async def show_endpoint(
        *, request: PageRequest, endpoint_id: FromPath[str], in_state: InState = "", before: Before = ""
    ) -> Response[bytes]:
        return await _page_of(behind, request, endpoint_id, Form(), in_state=in_state, before=before)

    return show_endpoint


def _trying(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{_AT}/test", permission="webhooks.write")
    async def send_test(request: PageRequest, endpoint_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        command = SendTest(endpoint_id=_named(endpoint_id), merchant_id=owner_of(request))
        try:
            asked = call(request, form, "webhooks.test_endpoint", On(endpoint_id), command)
            answer = settled(await behind.webhooks.answer(asked, Done, status=200))
        except Refusal as refusal:
            return await _page_of(behind, request, endpoint_id, form.refused(refusal))
        delivery = msgspec.json.decode(answer.body, type=Done).what
        return done(request, f"/portal/webhook-deliveries/{delivery}", "test_sent")

    @action(f"{_AT}/resend", permission="webhooks.write")
    async def resend_failed(request: PageRequest, endpoint_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            endpoint = await behind.webhooks.get_endpoint(_named(endpoint_id), merchant_id=owner_of(request))
            command = ResendFailed(
                endpoint_id=endpoint.id, merchant_id=endpoint.merchant_id, since=endpoint.created_at
            )
            asked = call(request, form, "webhooks.resend_failed", On(endpoint_id), command)
            settled(await behind.webhooks.answer(asked, lambda count: Done(str(count)), status=200))
        except Refusal as refusal:
            return await _page_of(behind, request, endpoint_id, form.refused(refusal))
        return done(request, f"{HOME}/{endpoint_id}", "resent")

    return [send_test, resend_failed]


def _keeping(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{_AT}/change", permission="webhooks.write")
    async def change_endpoint(request: PageRequest, endpoint_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Wanted)
            command = ChangeEndpoint(
                endpoint_id=_named(endpoint_id),
                merchant_id=owner_of(request),
                **msgspec.structs.asdict(said),
            )
            asked = call(request, form, "webhooks.change_endpoint", On(endpoint_id, said), command)
            settled(await behind.webhooks.answer(asked, lambda _: Done("changed"), status=200))
        except Refusal as refusal:
            kept = form.refused(in_words(request, refusal))
            return await _page_of(behind, request, endpoint_id, kept)
        return done(request, f"{HOME}/{endpoint_id}", "saved")

    @action(f"{_AT}/rotate", permission="webhooks.write")
    async def rotate_secret(request: PageRequest, endpoint_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Rotation)
            await prove(behind, request, form)
            command = RotateSecret(
                endpoint_id=_named(endpoint_id),
                merchant_id=owner_of(request),
                overlap_seconds=said.overlap,
            )
            asked = call(request, form, "webhooks.rotate_secret", On(endpoint_id, said), command)
            answer = settled(await behind.webhooks.answer_with_secret(asked, status=200))
        except Refusal as refusal:
            return await _page_of(behind, request, endpoint_id, form.refused(refusal, secret=("code",)))
        return await _page_of(behind, request, endpoint_id, Form(), made=answer)

    return [change_endpoint, rotate_secret]


def _states(behind: Behind) -> list[HTTPRouteHandler]:
    """Enable, disable, remove."""

    def turning(verb: str, state: EndpointState) -> HTTPRouteHandler:
        @action(f"{_AT}/{verb}", permission="webhooks.write")
        async def turn(request: PageRequest, endpoint_id: FromPath[str]) -> Response[bytes]:
            form = await read_form(request)
            command = SetEndpointState(
                endpoint_id=_named(endpoint_id), merchant_id=owner_of(request), state=state
            )
            try:
                asked = call(request, form, f"webhooks.{verb}_endpoint", On(endpoint_id), command)
                settled(await behind.webhooks.answer(asked, lambda _: Done(verb), status=200))
            except Refusal as refusal:
                return await _page_of(behind, request, endpoint_id, form.refused(refusal))
            gone = state is EndpointState.REMOVED
            return done(request, HOME if gone else f"{HOME}/{endpoint_id}", f"endpoint_{state}")

        return turn

    return [
        turning("enable", EndpointState.ENABLED),
        turning("disable", EndpointState.DISABLED),
        turning("remove", EndpointState.REMOVED),
    ]


def events_to_choose() -> Sequence[str]:
    """What an endpoint can ask for: everything, all of an object, single types."""
    objects = sorted({each.partition(".")[0] for each in EVENT_TYPES})
    grouped = [
        name
        for each in objects
        for name in (f"{each}.*", *(kind for kind in EVENT_TYPES if kind.partition(".")[0] == each))
    ]
    return ["*", *grouped]


def _named(endpoint_id: str) -> str:
    return check_id(endpoint_id, prefix="whe", field="endpoint_id")


def _secret_in(made: Answer | None) -> str:
    return str(msgspec.json.decode(made.body).get("secret") or "") if made is not None else ""


async def _list_page(
    behind: Behind, request: PageRequest, form: Form, *, made: Answer | None = None
) -> Response[bytes]:
    return await show(
        behind,
        request,
        "portal/webhooks.html",
        here="webhooks",
        form=form,
        endpoints=await behind.webhooks.list_endpoints(owner_of(request)),
        events=events_to_choose(),
        tones=TONES,
        made=made is not None,
        secret=_secret_in(made),
    )


async def _page_of(
    behind: Behind,
    request: PageRequest,
    endpoint_id: str,
    form: Form,
    *,
    in_state: str = "",
    before: str = "",
    made: Answer | None = None,
) -> Response[bytes]:
    owner = owner_of(request)
    endpoint = await behind.webhooks.get_endpoint(_named(endpoint_id), merchant_id=owner)
    state = DeliveryState(in_state) if in_state in set(DeliveryState) else None
    found = await behind.webhooks.list_deliveries(
        DeliveryFilter(
            merchant_id=owner, endpoint_id=endpoint.id, before=before or None, state=state, limit=ROWS + 1
        )
    )
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "deliveries": found[:ROWS],
        "chosen": state,
        "states": list(DeliveryState),
        "events": events_to_choose(),
        "overlaps": OVERLAPS,
        "tones": TONES,
        "older": found[ROWS - 1].id if len(found) > ROWS else "",
        "newest": bool(before),
        "made": made is not None,
        "secret": _secret_in(made),
    }
    return await show(behind, request, "portal/webhook.html", here="webhooks", form=form, **context)
