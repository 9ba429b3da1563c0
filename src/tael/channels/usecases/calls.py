"""How is a channel called? With a limit on time and on how many calls at once, watched, written down, and never guessed.

Channels do not disturb one another: each has its own connections and its own limit of calls under way.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import structlog

from tael.channels.conversations import NoSigner, carry_on
from tael.channels.errors import ChannelBusy
from tael.channels.masking import masked_request, masked_response
from tael.channels.model import CallSeen, Exchange
from tael.channels.port import (
    Conversation,
    ErrorClass,
    HttpRequest,
    HttpResponse,
    Operation,
    Outcome,
    OutcomeState,
    Request,
    unknown_outcome,
)
from tael.channels.signer import SigningRefused
from tael.channels.transport import NoAnswer, Transport, Wire
from tael.channels.usecases.desks import Desk
from tael.channels.usecases.journal import Journal
from tael.foundation.clock import Clock, monotonic_seconds
from tael.foundation.db import CommitUnknown
from tael.foundation.errors import Unavailable
from tael.foundation.telemetry import CHANNEL_SECONDS

log = structlog.get_logger("tael.channels")

T = TypeVar("T")
Observer = Callable[[CallSeen], None]
Said = tuple[HttpRequest, HttpResponse | None]
"""A message, and its answer if one came."""
TURN_SECONDS = 1.0
"""How long a call waits for its turn while as many as may be are under way."""
TIMEOUT_SECONDS = 10.0
"""Of operations about which the connector says nothing."""


class Caller:
    """Calls channels."""

    def __init__(self, transport: Transport, journal: Journal, clock: Clock) -> None:
        self._transport = transport
        self._journal = journal
        self._clock = clock
        self.observers: list[Observer] = []

    async def call(self, desk: Desk, request: Request, *, timeout_seconds: float | None = None) -> Outcome:
        """Ask for one operation; refuses `ChannelBusy`, and then nothing was sent."""
        try:
            await asyncio.wait_for(desk.turns.acquire(), TURN_SECONDS)
        except TimeoutError:
            busy = f"So many calls to {desk.configuration.channel} are under way that none had its turn for a second."
            raise ChannelBusy(busy) from None
        said: list[Said] = []
        started, at = monotonic_seconds(), self._clock.now()
        try:
            allowed = desk.connector.capabilities.operation_timeout_seconds.get(
                request.operation, TIMEOUT_SECONDS
            )
            outcome = await self._converse(desk, request, said, min(timeout_seconds or allowed, allowed))
        finally:
            desk.turns.release()
        seconds = monotonic_seconds() - started
        self._tell(desk, request, outcome, seconds)
        self._note(desk, request, outcome, said, at=at, seconds=seconds)
        return outcome

    async def fetch(self, desk: Desk, conversation: Conversation[T], *, timeout_seconds: float) -> T:
        """Carry on a conversation that is not about one order; raises `NoAnswer`."""
        return await carry_on(
            conversation, self._transport.of(desk.configuration.channel), timeout_seconds=timeout_seconds
        )

    async def _converse(
        self,
        desk: Desk,
        request: Request,
        said: list[Said],
        timeout_seconds: float,
    ) -> Outcome:
        wire = _Listening(self._transport.of(desk.configuration.channel), said)
        try:
            conversation = desk.connector.converse(request, now=self._clock.now())
            return await carry_on(conversation, wire, signer=desk.signer, timeout_seconds=timeout_seconds)
        except NoAnswer as error:
            return unknown_outcome(request, str(error), ErrorClass.TRANSPORT)
        except NoSigner:
            return unknown_outcome(request, "This channel has no signer here.", ErrorClass.ACCOUNT)
        except SigningRefused as refusal:
            return unknown_outcome(request, refusal.message, ErrorClass.REQUEST, code=refusal.code)
        except (Unavailable, CommitUnknown) as error:
            return unknown_outcome(request, f"Nothing was signed: {error}.", ErrorClass.TRANSPORT)

    def _note(
        self,
        desk: Desk,
        request: Request,
        outcome: Outcome,
        said: Sequence[Said],
        *,
        at: datetime,
        seconds: float,
    ) -> None:
        """Each turn of the conversation; what it came to stands with the last."""
        for position, (request_said, heard) in enumerate(said, 1):
            last = position == len(said)
            self._journal.note(
                Exchange(
                    at=at,
                    channel=desk.configuration.channel,
                    kind="call",
                    operation=str(request.operation),
                    number=request.number,
                    state=str(outcome.state) if last else "",
                    error_class=str(outcome.error_class) if last and outcome.error_class else None,
                    code=outcome.code if last else None,
                    message=outcome.message if last else None,
                    milliseconds=int(seconds * 1000),
                    said=masked_request(request_said),
                    heard=masked_response(heard) if heard is not None else "",
                )
            )

    def _tell(self, desk: Desk, request: Request, outcome: Outcome, seconds: float) -> None:
        channel = desk.configuration.channel
        CHANNEL_SECONDS.labels(channel, request.operation, outcome.state).observe(seconds)
        seen = CallSeen(
            channel=channel,
            operation=request.operation,
            state=outcome.state,
            error_class=outcome.error_class,
            seconds=seconds,
        )
        self._journal.count(seen)
        for observe in self.observers:
            observe(seen)
        if outcome.state is OutcomeState.UNKNOWN and request.operation is not Operation.PROBE:
            log.warning(
                "outcome_unknown",
                channel=channel,
                operation=request.operation,
                order=request.number,
                code=outcome.code,
                reason=outcome.message,
            )


class _Listening:
    """A wire that remembers what went over it, also what was not answered."""

    def __init__(self, wire: Wire, said: list[Said]) -> None:
        self._wire = wire
        self._said = said

    async def send(self, request: HttpRequest, *, timeout_seconds: float | None = None) -> HttpResponse:
        """One exchange."""
        self._said.append((request, None))
        response = await self._wire.send(request, timeout_seconds=timeout_seconds)
        self._said[-1] = (request, response)
        return response
