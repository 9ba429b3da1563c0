"""How is a channel called? With a limit on time and on how many calls at once, watched, written down, and never guessed.

Channels do not disturb one another: each has its own connections and its own limit of calls under way. What a connector
does wrong (it may be a plug-in) harms only its own call: that is unknown, and the log says where the bug is.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from typing import TypeVar

import msgspec
import structlog

from tael.channels.conversations import NoSigner, carry_on
from tael.channels.errors import ChannelBusy, ConnectorFailed, NoAnswer, NotOffered, NotSent
from tael.channels.masking import masked_request, masked_response
from tael.channels.model import CallSeen, Exchange, ExchangeKind
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
from tael.channels.transport import Transport, Wire
from tael.channels.usecases.desks import Desk
from tael.channels.usecases.journal import Journal
from tael.foundation.clock import Clock, monotonic_seconds
from tael.foundation.db import CommitUnknown
from tael.foundation.errors import Refusal, Unavailable
from tael.foundation.ids import new_id
from tael.foundation.telemetry import CHANNEL_SECONDS

log = structlog.get_logger("tael.channels")

T = TypeVar("T")
Observer = Callable[[CallSeen], None]
TURN_SECONDS = 1.0
"""How long a call waits for its turn while as many as may be are under way."""
TIMEOUT_SECONDS = 10.0
"""Of operations about which the connector says nothing."""
FETCH_SECONDS = 20.0
"""Of feeds and bills, with all their pages."""


class Turn(msgspec.Struct, kw_only=True):
    """A message, and its answer if one came. Without a message, there was only the outcome."""

    id: str
    at: datetime
    said: HttpRequest | None = None
    heard: HttpResponse | None = None
    seconds: float = 0.0


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What a conversation came to, as the journal tells it."""

    state: str
    error_class: str | None = None
    code: str | None = None
    message: str | None = None


class Caller:
    """Calls channels."""

    def __init__(self, transport: Transport, journal: Journal, clock: Clock) -> None:
        self._transport = transport
        self._journal = journal
        self._clock = clock
        self.observers: list[Observer] = []
        self._billed: set[str] = set()
        """Channels of which a bill is being fetched, or read."""

    async def call(self, desk: Desk, request: Request, *, timeout_seconds: float | None = None) -> Outcome:
        """Ask for one operation; refuses `ChannelBusy` and `NotOffered`, and then nothing was sent."""
        async with _turn(desk):
            wire = self._listen(desk)
            started = monotonic_seconds()
            allowed = desk.connector.capabilities.operation_timeout_seconds.get(
                request.operation, TIMEOUT_SECONDS
            )
            try:
                outcome = await self._converse(desk, request, wire, min(timeout_seconds or allowed, allowed))
            except asyncio.CancelledError:
                given_up = unknown_outcome(request, "Nobody waited for the end.", ErrorClass.TRANSPORT)
                self._note_call(desk, request, given_up, wire.turns)
                raise
        self._tell(desk, request, outcome, monotonic_seconds() - started)
        self._note_call(desk, request, outcome, wire.turns)
        return outcome

    async def fetch(
        self,
        desk: Desk,
        begin: Callable[[], Conversation[T]],
        of: type[T],
        *,
        kind: ExchangeKind,
        what: str,
        timeout_seconds: float = FETCH_SECONDS,
    ) -> T:
        """Carry on a conversation that is not about one order: a page of a feed, a bill.

        A bill is long: it takes no turn from payments, there is one at a time of each channel, and it is read in a thread.
        Refuses `ChannelBusy`, `ConnectorFailed` and what the conversation refuses; raises `NoAnswer`.
        """
        is_bill = kind is ExchangeKind.BILL
        async with nullcontext() if is_bill else _turn(desk):
            wire = self._listen(desk)
            ending = Ending(state=OutcomeState.UNKNOWN, message="Nobody waited for the end.")
            try:
                conversation = self._one_bill(desk, begin) if is_bill else begin()
                fetched = await carry_on(conversation, wire, timeout_seconds=timeout_seconds, aside=is_bill)
                ending = Ending(state=OutcomeState.SUCCEEDED)
                return _promised(fetched, of)
            except NoAnswer as error:
                ending = Ending(
                    state=OutcomeState.UNKNOWN, error_class=ErrorClass.TRANSPORT, message=str(error)
                )
                raise
            except Refusal as refusal:
                ending = Ending(state="refused", code=refusal.code, message=refusal.message)
                raise
            except Exception as error:  # a bug of the connector's ends this conversation, and nothing else
                why = log_bug(desk.configuration.channel, what, error)
                ending = Ending(state=OutcomeState.UNKNOWN, error_class=ErrorClass.TRUST, message=why)
                raise ConnectorFailed(why) from None
            finally:
                self._note(desk, wire.turns, ending, kind=kind, operation=what)

    def _one_bill(self, desk: Desk, begin: Callable[[], Conversation[T]]) -> Conversation[T]:
        """The only one of its channel, until it is read to its end; refuses `ChannelBusy`."""
        channel = desk.configuration.channel
        if channel in self._billed:
            raise ChannelBusy(f"A bill of {channel} is being fetched already: wait until it is here.")
        self._billed.add(channel)
        try:
            return (yield from begin())
        finally:
            self._billed.discard(channel)

    async def _converse(
        self, desk: Desk, request: Request, wire: "_Listening", timeout_seconds: float
    ) -> Outcome:
        try:
            conversation = desk.connector.converse(request, now=self._clock.now())
            outcome = await carry_on(conversation, wire, signer=desk.signer, timeout_seconds=timeout_seconds)
            return _promised(outcome, Outcome)
        except NoAnswer as error:
            if isinstance(error, NotSent) and len(wire.turns) == 1:
                log.warning("vault_sent_nothing", channel=desk.configuration.channel, reason=str(error))
                raise ChannelBusy(f"Our vault sent nothing: {error}") from None
            return unknown_outcome(request, str(error), ErrorClass.TRANSPORT)
        except NoSigner:
            return unknown_outcome(request, "This channel has no signer here.", ErrorClass.ACCOUNT)
        except SigningRefused as refusal:
            return unknown_outcome(request, refusal.message, ErrorClass.REQUEST, code=refusal.code)
        except (Unavailable, CommitUnknown) as error:
            return unknown_outcome(request, f"Nothing was signed: {error}.", ErrorClass.TRANSPORT)
        except NotOffered as refusal:
            if not wire.turns:
                raise
            return unknown_outcome(request, refusal.message, code=refusal.code)
        except Exception as error:  # a bug of the connector's decides nothing, whatever it is
            why = log_bug(desk.configuration.channel, request.operation, error)
            return unknown_outcome(request, why, code=ConnectorFailed.code)

    def _listen(self, desk: Desk) -> "_Listening":
        return _Listening(self._transport.of(desk.configuration.channel), self._clock)

    def _note_call(self, desk: Desk, request: Request, outcome: Outcome, turns: Sequence[Turn]) -> None:
        ending = Ending(
            state=outcome.state,
            error_class=outcome.error_class,
            code=outcome.code,
            message=outcome.message,
        )
        operation = str(request.operation)
        self._note(desk, turns, ending, kind=ExchangeKind.CALL, operation=operation, number=request.number)

    def _note(
        self,
        desk: Desk,
        turns: Sequence[Turn],
        ending: Ending,
        *,
        kind: ExchangeKind,
        operation: str,
        number: str = "",
    ) -> None:
        """Each turn of the conversation; what it came to stands with the last, or alone if nothing was sent."""
        turns = turns or [Turn(id=new_id("exch"), at=self._clock.now())]
        for turn in turns:
            told = ending if turn is turns[-1] else Ending(state="")
            self._journal.note(
                Exchange(
                    id=turn.id,
                    at=turn.at,
                    channel=desk.configuration.channel,
                    kind=kind,
                    operation=operation,
                    number=number,
                    state=told.state,
                    error_class=told.error_class,
                    code=told.code,
                    message=told.message,
                    milliseconds=int(turn.seconds * 1000),
                    said=masked_request(turn.said) if turn.said is not None else "",
                    heard=masked_response(turn.heard) if turn.heard is not None else "",
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
            try:
                observe(seen)
            except Exception:  # who only watches cannot take an outcome away
                log.exception("observer_failed", channel=channel)
        if outcome.state is OutcomeState.UNKNOWN and request.operation is not Operation.PROBE:
            log.warning(
                "outcome_unknown",
                channel=channel,
                operation=request.operation,
                order=request.number,
                code=outcome.code,
                reason=outcome.message,
            )


@asynccontextmanager
async def _turn(desk: Desk) -> AsyncIterator[None]:
    """One of the calls that may be under way; refuses `ChannelBusy`."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await desk.turns.acquire()
    except TimeoutError:
        busy = f"So many calls to {desk.configuration.channel} are under way that none had its turn for a second."
        raise ChannelBusy(busy) from None
    try:
        yield
    finally:
        desk.turns.release()


def log_bug(channel: str, doing: str, error: Exception) -> str:
    """Say in the log where a connector failed, and give one sentence for others.

    Neither holds the exception's own words: a plug-in may have put anything into them, also what is secret.
    """
    where = "".join(traceback.format_tb(error.__traceback__))
    kind = type(error).__name__
    log.error("connector_failed", channel=channel, doing=doing, error=kind, where=where)
    return f"The connector has a bug ({kind})."


def _promised(thing: object, kind: type[T]) -> T:
    if not isinstance(thing, kind):
        raise TypeError(f"{kind.__name__} was promised, {type(thing).__name__} was given")
    return thing


class _Listening:
    """A wire that remembers what went over it, also what was not answered."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire = wire
        self._clock = clock
        self.turns: list[Turn] = []

    async def send(self, request: HttpRequest, *, timeout_seconds: float | None = None) -> HttpResponse:
        """One exchange."""
        turn = Turn(id=new_id("exch"), at=self._clock.now(), said=request)
        self.turns.append(turn)
        started = monotonic_seconds()
        try:
            turn.heard = await self._wire.send(request, timeout_seconds=timeout_seconds)
        finally:
            turn.seconds = monotonic_seconds() - started
        return turn.heard
