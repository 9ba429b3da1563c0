"""How is one case played? Ask as the story says, let the fault strike once, judge what was heard, find out the rest."""

import asyncio
from datetime import timedelta

import msgspec

from tael.acceptance.bits import believed_changes
from tael.acceptance.control import Strike
from tael.acceptance.desk import Desk
from tael.acceptance.line import Line, is_signed_answer
from tael.acceptance.model import Case, Fault, Verdict, Words
from tael.acceptance.rules import (
    ASK_AGAIN_AFTER_SECONDS,
    ON_THE_WIRE,
    OUR_CLOCK_IS_OFF_BY,
    RESOLVED_WITHIN_SECONDS,
    contradiction,
    ill_formed,
    inquiry_about,
    nobody_can_pay,
    nothing_can_be_believed,
    numbers_of,
    settles,
)
from tael.acceptance.truth import OrderTruth, PayoutTruth
from tael.channels.conversations import Signer, carry_on
from tael.channels.port import (
    ErrorClass,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    Request,
    Signed,
    SignOnce,
    unknown_outcome,
)
from tael.channels.transport import NoAnswer
from tael.foundation.clock import monotonic_seconds

PATIENCE_SECONDS = 4.0
"""How long we look for something that the channel does by itself: a notice, a state."""


class Astray(Exception):
    """The story cannot go on: what was expected, and what came."""

    def __init__(self, expected: str, came: str) -> None:
        super().__init__(f"{expected}: {came}")
        self.expected = expected
        self.came = came


class NotTried(Exception):
    """The case cannot be brought about with this channel."""


class Scene:
    """One scenario under one fault."""

    def __init__(self, desk: Desk, *, fault: Fault = Fault.NONE, strike_at: int = 1) -> None:
        self.desk = desk
        self.fault = fault
        self.strike_at = strike_at
        self.said: list[str] = []
        self.number = ""
        self.payer_accounts: dict[str, str] = {}
        """Where the money of an order came from, if the channel says so."""
        self.exchanges = 0
        """How many messages the conversation under test took."""
        self.unknowns = self.resolved = self.slowest_milliseconds = 0
        self.guesses: list[str] = []
        self.double_effects: list[str] = []

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, request: Request) -> Outcome:
        """Ask without any fault. What is said must agree with the channel's records."""
        outcome = await self._converse(request, Line(self.desk.wire, said=self.said))
        await self._judge(request, outcome)
        self.remember(outcome)
        return outcome

    async def attempt(self, request: Request) -> Outcome:
        """Ask while the fault strikes; then, the fault gone, find out what is not known."""
        self.number = self.number or request.number
        line = Line(self.desk.wire, fault=self.fault, strike_at=self.strike_at, said=self.said)
        if self.fault is Fault.ONE_BIT:
            return await self._attempt_with_changed_bits(request, line)
        outcome = await self._ask_struck(request, line)
        self.exchanges = line.sent
        if self.fault is not Fault.NONE and line.sent < self.strike_at:
            raise NotTried("The connector makes and signs this itself, and sends nothing.")
        if outcome.state is not OutcomeState.UNKNOWN and self._cannot_be_believed(line):
            self.guesses.append(f"It said {tell(outcome)}, though the answer could not be believed.")
        await self._judge(request, outcome)
        if outcome.state is OutcomeState.UNKNOWN:
            outcome = await self.find_out(request)
        return outcome

    async def find_out(self, request: Request) -> Outcome:
        """What became of a request whose outcome is not known: inquire, and send again where the port says it is safe."""
        self.unknowns += 1
        began, advanced = monotonic_seconds(), 0
        inquiry = inquiry_about(request, self.desk.capabilities)
        for wait in ASK_AGAIN_AFTER_SECONDS:
            if wait:
                await self.desk.control.advance(wait)
                advanced += wait
            heard = await self.ask(inquiry)
            if heard.state is OutcomeState.UNKNOWN:
                continue
            again = heard if settles(request, inquiry, heard) else await self.ask(request)
            if again.state is OutcomeState.UNKNOWN and nobody_can_pay(request, heard):
                again = heard
            if again.state is not OutcomeState.UNKNOWN:
                self._note_time(began, advanced)
                return again
        raise Astray(
            f"To know within {RESOLVED_WITHIN_SECONDS} s what became of it", "It is still not known."
        )

    async def until(self, request: Request, *states: OutcomeState) -> Outcome:
        """Ask until one of `states` is heard: what the channel does by itself takes its time."""
        outcome = await self.ask(request)
        for wait in (0.05, 0.2, 0.5, 1.0):
            if outcome.state in states:
                return outcome
            await asyncio.sleep(wait)
            outcome = await self.ask(request)
        if outcome.state not in states:
            raise Astray(f"{request.operation}: {' or '.join(states)}", tell(outcome))
        return outcome

    def expect(self, outcome: Outcome, *states: OutcomeState) -> None:
        """Stop the story unless the outcome is one of these."""
        if outcome.state not in states:
            raise Astray(" or ".join(states), tell(outcome))

    def require(self, held: bool, expected: str, came: str) -> None:  # noqa: FBT001 - reads like assert
        """Stop the story unless this holds."""
        if not held:
            raise Astray(expected, came)

    def ends_here(self, outcome: Outcome) -> bool:
        """Whether the fault made the channel refuse for good, which is a right ending, too."""
        return self.fault is not Fault.NONE and outcome.state is OutcomeState.FAILED

    def must_have_struck(self, strike: Strike) -> None:
        """A fault that did not strike proves nothing."""
        if not strike.struck:
            raise NotTried("The simulator does not bring this about here.")

    # ── the truth ───────────────────────────────────────────────────────────────────────────────────────

    async def effects(
        self, order: Order, *, paid: int, captured_minor: int, refunded_minor: int = 0
    ) -> OrderTruth:
        """What the channel did must be this and no more."""
        if not self.desk.control.knows_the_truth:
            return OrderTruth(order_number=order.order_number)
        truth = await self.desk.control.order(order.order_number)
        truth = truth or OrderTruth(order_number=order.order_number)
        wanted = (paid, captured_minor, refunded_minor)
        came = (truth.paid_count, truth.captured_minor, truth.refunded_minor)
        if came != wanted:
            said = "the channel's records: paid {} times, {} taken, {} given back"
            if any(more > enough for more, enough in zip(came, wanted, strict=True)):
                self.double_effects.append(said.format(*came))
            raise Astray(said.format(*wanted), said.format(*came))
        return truth

    async def sent(self, number: str, *, times: int) -> PayoutTruth:
        """A payout must have been sent so often."""
        if not self.desk.control.knows_the_truth:
            return PayoutTruth(payout_number=number)
        truth = await self.desk.control.payout(number) or PayoutTruth(payout_number=number)
        if truth.sent_count > times:
            self.double_effects.append(f"The payout was sent {truth.sent_count} times.")
        self.require(truth.sent_count == times, f"sent {times} times", f"sent {truth.sent_count} times")
        return truth

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────

    def case(
        self, *, name: str, title: Words, subject: str, problem: Astray | None, verdict: Verdict
    ) -> Case:
        """How it ended."""
        found = [*self.guesses, *self.double_effects]
        if problem is not None:
            found.append(problem.came)
        failed = verdict is Verdict.FAILED or bool(self.guesses or self.double_effects)
        return Case(
            scenario=name,
            title=title,
            subject=subject,
            fault=self.fault,
            verdict=Verdict.FAILED if failed else verdict,
            number=self.number,
            expected=problem.expected
            if problem
            else ("nothing guessed, nothing done twice" if failed else ""),
            came=" ".join(found),
            conversation=self.said if failed else (),
            unknowns=self.unknowns,
            resolved=self.resolved,
            slowest_milliseconds=self.slowest_milliseconds,
            guesses=len(self.guesses),
            double_effects=len(self.double_effects),
        )

    # ── inside ──────────────────────────────────────────────────────────────────────────────────────────

    def _cannot_be_believed(self, line: Line) -> bool:
        """Whether the last word of the conversation was spoiled."""
        if self.fault is Fault.WRONG_SIGNATURE and not any(map(is_signed_answer, line.answers)):
            raise NotTried("The channel does not sign this answer: TLS protects it.")
        if self.fault in ON_THE_WIRE and line.sent > self.strike_at:
            return False
        return nothing_can_be_believed(self.fault, self.desk.capabilities.security)

    async def _ask_struck(self, request: Request, line: Line) -> Outcome:
        if self.fault in self.desk.offers and self.fault not in (
            Fault.DELAY,
            Fault.LOST_REPLY,
            Fault.TRUNCATED,
        ):
            async with self.desk.control.switched_on(self.fault, numbers=numbers_of(request)) as strike:
                outcome = await self._converse(request, line)
            if line.sent:
                self.must_have_struck(strike)
            return outcome
        off_by = OUR_CLOCK_IS_OFF_BY if self.fault is Fault.OUR_CLOCK_SKEW else timedelta()
        return await self._converse(request, line, off_by=off_by)

    async def _attempt_with_changed_bits(self, request: Request, line: Line) -> Outcome:
        outcome = await self._converse(request, line)
        if not line.answers:
            raise NotTried("The connector makes and signs this itself, and sends nothing.")
        if not any(map(is_signed_answer, line.answers)):
            raise NotTried("The channel does not sign this answer: TLS protects it.")
        self.guesses += believed_changes(
            lambda: self.desk.connector.converse(request, now=self.desk.clock.now()), line.answers, outcome
        )
        await self._judge(request, outcome)
        return outcome if outcome.state is not OutcomeState.UNKNOWN else await self.find_out(request)

    async def _converse(self, request: Request, line: Line, *, off_by: timedelta = timedelta()) -> Outcome:
        try:
            return await carry_on(
                self.desk.connector.converse(request, now=self.desk.clock.now() + off_by),
                line,
                signer=_Recording(self.desk.signer, line) if self.desk.signer else None,
            )
        except NoAnswer as problem:
            return unknown_outcome(request, str(problem), ErrorClass.TRANSPORT)
        except Exception as error:  # a connector may raise nothing of its own: that is a finding
            raise Astray("An outcome, whatever comes", f"{type(error).__name__}: {error}") from error

    async def _judge(self, request: Request, outcome: Outcome) -> None:
        """Compare what the connector says with what the channel did."""
        control, order, payout = self.desk.control, None, None
        if outcome.state is OutcomeState.UNKNOWN or not control.knows_the_truth:
            problem = ill_formed(request, outcome)
        else:
            if request.order is not None:
                order = await control.order(request.order.order_number)
            if request.payout is not None:
                payout = await control.payout(request.payout.payout_number)
            problem = contradiction(request, outcome, order=order, payout=payout)
        if problem:
            self.guesses.append(problem)

    def remember(self, outcome: Outcome) -> None:
        """Keep what a later request will have to say."""
        if outcome.payer_account and outcome.order_number:
            self.payer_accounts[outcome.order_number] = outcome.payer_account

    def _note_time(self, began: float, advanced: int) -> None:
        self.resolved += 1
        took = round((monotonic_seconds() - began + advanced) * 1000)
        self.slowest_milliseconds = max(self.slowest_milliseconds, took)


class _Recording:
    """A signer whose transactions are remembered with the answers."""

    def __init__(self, signer: Signer, line: Line) -> None:
        self._signer = signer
        self._line = line

    async def sign_once(self, wanted: SignOnce) -> Signed:
        """As the signer does."""
        given = await self._signer.sign_once(wanted)
        self._line.signed(wanted, given)
        return given


def tell(outcome: Outcome) -> str:
    """An outcome in a few words."""
    parts = [
        outcome.state.value,
        outcome.error_class and f"({outcome.error_class})",
        outcome.code,
        outcome.message,
    ]
    return " ".join(str(part) for part in parts if part)


def about(request: Request, operation: Operation) -> Request:
    """Another question about the same thing."""
    return msgspec.structs.replace(request, operation=operation, capture=None)
