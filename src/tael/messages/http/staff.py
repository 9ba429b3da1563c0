"""How do members of staff see what reached people, and send again what did not? Never what it said."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.clock import EARLIEST
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.parameters import read_moment
from tael.foundation.ids import check_id
from tael.messages.api import DeliveryFilter, Messages, SendAgain
from tael.messages.errors import NoSuchMessage, NotSentAgain
from tael.messages.http.forms import CHANGE, READ, TAGS, AnyRequest, call_of
from tael.messages.model import Delivery, DeliveryState, Urgency, Way
from tael.messages.schemas import (
    WITH_STATES,
    WITH_URGENCIES,
    DeliveriesBody,
    DeliveryDetailBody,
    FiguresBody,
    SendAgainRequest,
)

MessageId = Annotated[str, PathParameter(description="`msg_` and 26 characters")]
OfUser = Annotated[
    str | None,
    QueryParameter(name="user", pattern=r"^usr_[0-9a-z]{26}$(?!\n)", description="Only those to this user"),
]
WithWay = Annotated[Way | None, QueryParameter(name="way", description="Only those on this way")]
WithState = Annotated[DeliveryState | None, QueryParameter(name="state", description=WITH_STATES)]
WithUrgency = Annotated[Urgency | None, QueryParameter(name="urgency", description=WITH_URGENCIES)]
WithTemplate = Annotated[
    str | None,
    QueryParameter(
        name="template", pattern=r"^[a-z_.]{1,60}$(?!\n)", description="Only those of this template"
    ),
]
CreatedFrom = Annotated[
    str | None,
    QueryParameter(
        format="date-time", description="Only those posted at or after this moment: 2026-03-01T00:00:00Z"
    ),
]
Since = Annotated[
    str | None,
    QueryParameter(format="date-time", description="Count from this moment on: 2026-03-01T00:00:00Z"),
]


def log_routes(messages: Messages) -> list[HTTPRouteHandler]:
    """The delivery log, sending again, figures."""
    return [_list(messages), _get(messages), _again(messages), _figures(messages)]


def _list(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/messages", opt={"permission": READ}, tags=TAGS)
    async def list_message_deliveries(
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        user_id: OfUser = None,
        way: WithWay = None,
        in_state: WithState = None,
        urgency: WithUrgency = None,
        template: WithTemplate = None,
        created_from: CreatedFrom = None,
    ) -> Page[Delivery]:
        """List deliveries of messages. Newest first; addresses are masked, and what was said is not shown."""
        found = await messages.list_deliveries(
            DeliveryFilter(
                before=cursor,
                user_id=user_id,
                way=way,
                state=in_state,
                urgency=urgency,
                template=template,
                created_from=read_moment(created_from, field="created_from"),
                limit=limit + 1,
            )
        )
        return page_of(found, limit)

    return list_message_deliveries


def _get(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/messages/{message_id:str}", opt={"permission": READ, REFUSES: [NoSuchMessage]}, tags=TAGS)
    async def get_message_deliveries(message_id: MessageId) -> DeliveryDetailBody:
        """Get the deliveries of a message. On which ways it went, and every attempt."""
        id = check_id(message_id, prefix="msg", field="message_id")
        found, attempts = await messages.deliveries_of(id)
        return DeliveryDetailBody(message_id=id, deliveries=found, attempts=attempts)

    return get_message_deliveries


def _again(messages: Messages) -> HTTPRouteHandler:
    @post(
        "/v1/messages/{message_id:str}/again",
        status_code=200,
        opt={"permission": CHANGE, REFUSES: [NoSuchMessage, NotSentAgain]},
        tags=TAGS,
        responses=answers(200, DeliveriesBody, "The deliveries, which wait to be sent"),
    )
    async def send_message_again(
        request: AnyRequest,
        message_id: MessageId,
        data: JSONBody[SendAgainRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Send a message again. What did not arrive of it; never a code."""
        id = check_id(message_id, prefix="msg", field="message_id")
        command = SendAgain(message_id=id, way=data.way)
        call = call_of(request, command, key=idempotency_key, data=data, id=id)
        return respond(
            await messages.answer(
                call, shown=lambda found: (id, DeliveriesBody(message_id=id, deliveries=found))
            )
        )

    return send_message_again


def _figures(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/message_figures", opt={"permission": READ}, tags=["Education"])
    async def get_message_figures(*, since: Since = None) -> FiguresBody:
        """Get figures of education. How often each tip was shown, told and read, and how quizzes end."""
        moment: datetime = read_moment(since, field="since") or EARLIEST
        tips, quizzes = await messages.figures(since=moment)
        return FiguresBody(since=moment, tips=tips, quizzes=quizzes)

    return get_message_figures
