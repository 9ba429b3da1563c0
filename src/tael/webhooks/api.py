"""The verbs of webhooks: tell facts, keep endpoints, send again, look; and the relay that sends."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from aiohttp.abc import AbstractResolver

from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.courier import Numbered
from tael.foundation.db import Database, Transaction
from tael.foundation.patience import until_committed
from tael.foundation.sealing import Sealer
from tael.webhooks import store
from tael.webhooks.errors import AddressRefused, NoSuchEndpoint, NoSuchEvent
from tael.webhooks.model import Delivery, DeliveryAttempt, Endpoint, LoggedEvent
from tael.webhooks.registry import EVENT_TYPES, TOLD, Show
from tael.webhooks.rules.addresses import networks_in, why_no_address
from tael.webhooks.rules.signatures import written
from tael.webhooks.schemas import EndpointBody, endpoint_body, message, with_secret
from tael.webhooks.store import DeliveryFilter, EventFilter
from tael.webhooks.transport import Sender
from tael.webhooks.usecases import keep_endpoints, send_again, tell
from tael.webhooks.usecases.keep_endpoints import (
    ChangeEndpoint,
    CreateEndpoint,
    Desk,
    RotateSecret,
    SendTest,
    SetEndpointState,
)
from tael.webhooks.usecases.relay import Relay
from tael.webhooks.usecases.send_again import Resend, ResendFailed

__all__ = [
    "EVENT_TYPES",
    "TOLD",
    "ChangeEndpoint",
    "CreateEndpoint",
    "DeliveryFilter",
    "EventFilter",
    "Relay",
    "Resend",
    "ResendFailed",
    "RotateSecret",
    "SendTest",
    "SetEndpointState",
    "Webhooks",
    "message",
]

SECRET_TOLD_AGAIN = timedelta(hours=1)
"""How long a repeat of the request that made a secret tells it again."""
MOST_ATTEMPTS_SHOWN = 100
_FORGET_AT_A_TIME = 5_000

Command = CreateEndpoint | ChangeEndpoint | SetEndpointState | RotateSecret | SendTest | Resend | ResendFailed
VERBS: Mapping[type, Callable[[Transaction, Any, Desk], Awaitable[Any]]] = {
    CreateEndpoint: keep_endpoints.create_endpoint,
    ChangeEndpoint: keep_endpoints.change_endpoint,
    SetEndpointState: keep_endpoints.set_endpoint_state,
    RotateSecret: keep_endpoints.rotate_secret,
    SendTest: keep_endpoints.send_test,
    Resend: send_again.resend,
    ResendFailed: send_again.resend_failed,
}
"""Which verb does which command."""
ACTIONS: Mapping[type, str] = {kind: f"webhooks.{verb.__name__}" for kind, verb in VERBS.items()}
"""What the audit trail calls it."""


class Webhooks:
    """The events of one platform's merchants, and where they are sent."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        settings: Settings,
        *,
        shows: Mapping[str, Show],
        api_version: str,
        resolver: AbstractResolver | None = None,
    ) -> None:
        """The words in which events are told, and who knows names.

        shows         who shows objects, by what their ids begin with
        api_version   the version of the API in whose words they show them
        resolver      in the place of the operating system
        """
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._clerk = Clerk(database, clock)
        self._api_version = api_version
        self._shows = {**shows, "whe": self._show_endpoints}
        allowed = networks_in(settings.webhook_networks)
        self._why_no_address: Callable[[str], AddressRefused | None] = partial(
            why_no_address, allowed=allowed, high_ports=settings.webhook_high_ports
        )
        make_sender = partial(
            Sender, timeout_seconds=settings.webhook_timeout_seconds, allowed=allowed, resolver=resolver
        )
        self.relay = Relay(database, sealer, clock, settings, make_sender)

    # What hears of facts.

    async def tell(self, tx: Transaction, facts: Sequence[Numbered]) -> None:
        """Write down for merchants what happened, and send it on its way."""
        await tell.tell(tx, facts, shows=self._shows, api_version=self._api_version, now=self._clock.now())

    # Verbs for merchants.

    async def do(self, command: Command, *, actor: str) -> Any:
        """Do a command of somebody at the machine; raises what its verb refuses."""

        async def once(tx: Transaction) -> Any:
            result = await VERBS[type(command)](tx, command, self._desk())
            about = getattr(command, "endpoint_id", None) or getattr(command, "delivery_id", None)
            event = AuditEvent(
                happened_at=self._clock.now(),
                actor=actor,
                action=ACTIONS[type(command)],
                object_id=about,
                result="done",
            )
            await audit.record(tx, [event])
            return result

        return await until_committed(self._database, once, what=ACTIONS[type(command)])

    async def answer(self, call: Call[Any], shown: Callable[[Any], msgspec.Struct], *, status: int) -> Answer:
        """Do a command under an Idempotency-Key; gives what goes out, `shown` of the verb's result."""

        async def verb(tx: Transaction, command: Any) -> Any:
            return await VERBS[type(command)](tx, command, self._desk())

        def with_id(result: Any) -> tuple[str, msgspec.Struct]:
            object_id = getattr(result, "id", None) or str(getattr(call.command, "endpoint_id", ""))
            return object_id, shown(result)

        return await self._clerk.answer(call, verb, shown=with_id, status=status)

    async def answer_with_secret(self, call: Call[Any], *, status: int) -> Answer:
        """The same for what makes a secret: it is put into the answer, and never written down but sealed.

        A repeat of the request tells it again for an hour, as long as it is the endpoint's secret still.
        """
        answer = await self.answer(call, endpoint_body, status=status)
        if answer.status != status:
            return answer
        told = msgspec.json.decode(answer.body, type=EndpointBody)
        async with self._database.transaction() as tx:
            endpoint = (await store.find_endpoints(tx, [told.id])).get(told.id)
        fresh = (
            endpoint is not None
            and endpoint.secret_made_at == told.secret_made_at
            and self._clock.now() - endpoint.secret_made_at < SECRET_TOLD_AGAIN
        )
        secret = self.secret_of(endpoint) if endpoint is not None and fresh else None
        return msgspec.structs.replace(answer, body=msgspec.json.encode(with_secret(told, secret)))

    def secret_of(self, endpoint: Endpoint) -> str:
        """The secret of an endpoint as people copy it: to be shown at once and kept nowhere."""
        return written(self._sealer.open(endpoint.secret, about=endpoint.id))

    # Questions.

    async def get_endpoint(self, endpoint_id: str, *, merchant_id: str) -> Endpoint:
        """One endpoint; refuses `NoSuchEndpoint`."""
        async with self._database.transaction() as tx:
            endpoint = (await store.find_endpoints(tx, [endpoint_id])).get(endpoint_id)
        if endpoint is None or endpoint.merchant_id != merchant_id:
            raise NoSuchEndpoint(f"There is no endpoint {endpoint_id}.", field="endpoint_id")
        return endpoint

    async def list_endpoints(
        self, merchant_id: str, *, before: str | None = None, limit: int = 50
    ) -> Sequence[Endpoint]:
        """A merchant's endpoints, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_endpoints(tx, merchant_id, before=before, limit=limit)

    async def get_event(self, event_id: str, *, merchant_id: str) -> LoggedEvent:
        """One event; refuses `NoSuchEvent`."""
        async with self._database.transaction() as tx:
            event = await store.find_event(tx, event_id, merchant_id=merchant_id)
        if event is None:
            raise NoSuchEvent(f"There is no event {event_id}.", field="event_id")
        return event

    async def list_events(self, wanted: EventFilter) -> Sequence[LoggedEvent]:
        """One page of a merchant's events, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_events(tx, wanted)

    async def list_deliveries(self, wanted: DeliveryFilter) -> Sequence[Delivery]:
        """One page of the deliveries to an endpoint, newest first; refuses `NoSuchEndpoint`."""
        await self.get_endpoint(wanted.endpoint_id, merchant_id=wanted.merchant_id)
        async with self._database.transaction() as tx:
            return await store.list_deliveries(tx, wanted)

    async def get_delivery(
        self, delivery_id: str, *, merchant_id: str
    ) -> tuple[Delivery, list[DeliveryAttempt]]:
        """One delivery with its attempts, oldest first; refuses `NoSuchDelivery`."""
        async with self._database.transaction() as tx:
            delivery = await send_again.find_delivery(tx, delivery_id, merchant_id=merchant_id)
            return delivery, await store.list_attempts(tx, delivery_id, limit=MOST_ATTEMPTS_SHOWN)

    async def forget(self, *, older_than: timedelta) -> int:
        """Delete events, and how they were sent, that are older; gives how many rows. Safe to stop half way."""
        before: datetime = self._clock.now() - older_than
        forgotten = 0
        for what in store.FORGETTING:
            step = _FORGET_AT_A_TIME
            while step == _FORGET_AT_A_TIME:
                async with self._database.transaction() as tx:
                    step = await store.forget(tx, what, before=before, limit=_FORGET_AT_A_TIME)
                forgotten += step
        return forgotten

    def _desk(self) -> Desk:
        return Desk(
            sealer=self._sealer,
            why_no_address=self._why_no_address,
            api_version=self._api_version,
            now=self._clock.now(),
        )

    async def _show_endpoints(self, tx: Transaction, ids: Sequence[str]) -> Mapping[str, EndpointBody]:
        return {id: endpoint_body(endpoint) for id, endpoint in (await store.find_endpoints(tx, ids)).items()}
