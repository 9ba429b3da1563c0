"""`tael webhooks`: where merchants' events go, how it went, and sending again, for whoever sits at the machine."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from tael.app.house import House
from tael.app.terminal import console, in_house, operator
from tael.foundation.ids import new_id
from tael.webhooks.api import (
    CreateEndpoint,
    DeliveryFilter,
    EventFilter,
    Resend,
    ResendFailed,
    SendTest,
    SetEndpointState,
)
from tael.webhooks.model import DeliveryState, Endpoint, EndpointState

app = typer.Typer()

MerchantId = Annotated[str, typer.Argument(help="mer_…")]
EndpointId = Annotated[str, typer.Argument(help="whe_…")]
DeliveryId = Annotated[str, typer.Argument(help="whd_…")]
Limit = Annotated[int, typer.Option(min=1, max=200)]


@app.command()
def create(
    merchant_id: MerchantId,
    url: Annotated[str, typer.Argument(help="https://…")],
    events: Annotated[
        list[str] | None, typer.Option("--event", help="payment.captured, payment.*, *")
    ] = None,
    ordered: Annotated[bool, typer.Option(help="One event of an object after the other")] = False,
) -> None:
    """Make an endpoint and print its secret. It is shown this one time."""

    async def work(house: House) -> tuple[Endpoint, str]:
        await house.merchants.get(merchant_id)
        command = CreateEndpoint(
            endpoint_id=new_id("whe"),
            merchant_id=merchant_id,
            url=url,
            events=events or ["*"],
            ordered=ordered,
        )
        made: Endpoint = await house.webhooks.do(command, actor=operator())
        return made, house.webhooks.secret_of(made)

    made = in_house(work)
    if made is not None:
        console.print(made[0].id)
        console.print(made[1])


@app.command("list")
def list_endpoints(merchant_id: MerchantId) -> None:
    """A merchant's endpoints, and whether events arrive there."""
    table = Table("endpoint", "url", "events", "state", "failing since", box=None, pad_edge=False)
    for each in in_house(lambda house: house.webhooks.list_endpoints(merchant_id, limit=200)) or []:
        state = f"{each.state} ({each.disabled_because})" if each.disabled_because else str(each.state)
        since = f"{each.failing_since:%Y-%m-%d %H:%M}" if each.failing_since else "–"
        table.add_row(each.id, each.url, " ".join(each.events), state, since)
    console.print(table)


@app.command("events")
def list_events(merchant_id: MerchantId, limit: Limit = 20) -> None:
    """What a merchant was told, newest first."""
    table = Table("event", "type", "object", "happened", box=None, pad_edge=False)
    wanted = EventFilter(merchant_id=merchant_id, limit=limit)
    for each in in_house(lambda house: house.webhooks.list_events(wanted)) or []:
        table.add_row(each.id, each.type, each.object_id, f"{each.happened_at:%Y-%m-%d %H:%M:%S}")
    console.print(table)


@app.command("deliveries")
def list_deliveries(
    merchant_id: MerchantId,
    endpoint_id: EndpointId,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those")] = None,
    limit: Limit = 20,
) -> None:
    """How events went to an endpoint, newest first."""
    table = Table("delivery", "event", "type", "state", "attempts", "last answer", box=None, pad_edge=False)
    wanted = DeliveryFilter(merchant_id=merchant_id, endpoint_id=endpoint_id, state=state, limit=limit)
    for each in in_house(lambda house: house.webhooks.list_deliveries(wanted)) or []:
        answer = f"{each.last_status or ''} {each.last_error or ''}".strip() or "–"
        table.add_row(each.id, each.event_id, each.event_type, each.state, str(each.attempts), answer)
    console.print(table)


@app.command()
def test(merchant_id: MerchantId, endpoint_id: EndpointId) -> None:
    """Send a test event to an endpoint, and print its delivery."""
    command = SendTest(endpoint_id=endpoint_id, merchant_id=merchant_id)
    delivery_id = in_house(lambda house: house.webhooks.do(command, actor=operator()))
    if delivery_id is not None:
        console.print(delivery_id)


@app.command()
def resend(merchant_id: MerchantId, delivery_id: DeliveryId) -> None:
    """Send one delivery again."""
    command = Resend(delivery_id=delivery_id, merchant_id=merchant_id)
    in_house(lambda house: house.webhooks.do(command, actor=operator()))


@app.command("resend-failed")
def resend_failed(
    merchant_id: MerchantId,
    endpoint_id: EndpointId,
    since: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="2026-03-01T00:00:00+0800")
    ],
) -> None:
    """Send again all that was given up since a moment, and print how many."""
    command = ResendFailed(endpoint_id=endpoint_id, merchant_id=merchant_id, since=since)
    count = in_house(lambda house: house.webhooks.do(command, actor=operator()))
    if count is not None:
        console.print(str(count))


@app.command()
def enable(merchant_id: MerchantId, endpoint_id: EndpointId) -> None:
    """Send events to an endpoint again; what was given up before is sent by `resend-failed`."""
    _set_state(merchant_id, endpoint_id, EndpointState.ENABLED)


@app.command()
def disable(merchant_id: MerchantId, endpoint_id: EndpointId) -> None:
    """Send nothing more to an endpoint."""
    _set_state(merchant_id, endpoint_id, EndpointState.DISABLED)


def _set_state(merchant_id: str, endpoint_id: str, state: EndpointState) -> None:
    command = SetEndpointState(endpoint_id=endpoint_id, merchant_id=merchant_id, state=state)
    in_house(lambda house: house.webhooks.do(command, actor=operator()))
