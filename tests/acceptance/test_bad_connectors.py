"""Does the kit catch a bad connector? Three that look well as long as nothing goes wrong."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
from tael_lantern.answers import decode, outcome_of
from tael_lantern.connector import LanternConnector

from tael.acceptance.api import Case, Fault, Report, Verdict
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
from tael.foundation.ids import new_id

Accepts = Callable[..., Awaitable[Report]]


class TrustsAnybody(LanternConnector):
    """Reads answers without looking at their signature."""

    def _read(self, request: Request, message: HttpRequest, response: HttpResponse, now: datetime) -> Outcome:
        try:
            return outcome_of(request, decode(response.body, merchant=self._settings.merchant))
        except ValueError as problem:
            return unknown_outcome(request, str(problem))


class GivesUpEarly(LanternConnector):
    """Takes an answer that it cannot read for a failure."""

    def _read(self, request: Request, message: HttpRequest, response: HttpResponse, now: datetime) -> Outcome:
        outcome = super()._read(request, message, response, now)
        if outcome.state is not OutcomeState.UNKNOWN:
            return outcome
        return msgspec.structs.replace(outcome, state=OutcomeState.FAILED, error_class=ErrorClass.TRANSPORT)


class RefundsUnderNewNumbers(LanternConnector):
    """Sends each refund under a number of its own making, so that sending it again is another one."""

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        if request.operation is not Operation.REFUND:
            return (yield from super().converse(request, now=now))
        ours = request.the_refund()
        renamed = msgspec.structs.replace(ours, refund_number=new_id("rfd"))
        outcome = yield from super().converse(msgspec.structs.replace(request, refund=renamed), now=now)
        return msgspec.structs.replace(outcome, refund_number=ours.refund_number)


def _failed(report: Report) -> dict[tuple[str, Fault], Case]:
    return {(case.scenario, case.fault): case for case in report.cases if case.verdict is Verdict.FAILED}


async def test_a_connector_that_trusts_unsigned_answers_is_caught(accepts: Accepts) -> None:
    report = await accepts(TrustsAnybody, only="inquire.paid,refund.part")
    failed = _failed(report)
    assert not report.passed
    assert set(failed) == {
        ("inquire.paid", Fault.WRONG_SIGNATURE),
        ("inquire.paid", Fault.ONE_BIT),
        ("refund.part", Fault.WRONG_SIGNATURE),
    }
    assert "though the answer could not be believed" in failed["inquire.paid", Fault.WRONG_SIGNATURE].came
    assert "It believed an answer with bit" in failed["inquire.paid", Fault.ONE_BIT].came
    assert report.guesses >= 3
    assert report.double_effects == 0


async def test_a_connector_that_guesses_failure_is_caught(accepts: Accepts) -> None:
    report = await accepts(GivesUpEarly, only="refund.part,pay.code")
    failed = _failed(report)
    gateway = failed["refund.part", Fault.GATEWAY_TIMEOUT]
    assert "It said failed (transport)" in gateway.came
    assert "the channel has given the money back" in gateway.came
    assert gateway.guesses == 2
    assert ("refund.part", Fault.FOREIGN_PAGE) in failed
    assert ("refund.part", Fault.WRONG_SIGNATURE) in failed
    # What no answer came to is not the connector's to judge: the conversation ends without it.
    assert ("refund.part", Fault.LOST_REPLY) not in failed
    assert any("→ POST" in line for line in gateway.conversation)


async def test_a_connector_that_refunds_twice_is_caught(accepts: Accepts) -> None:
    report = await accepts(RefundsUnderNewNumbers, only="refund.part,refund.repeated")
    failed = _failed(report)
    assert "the channel knows no such refund" in failed["refund.part", Fault.NONE].came
    repeated = failed["refund.repeated", Fault.NONE]
    assert repeated.double_effects == 1
    assert "768 given back" in repeated.came
    assert "256 given back" in repeated.expected
    assert report.double_effects == 1


async def test_nothing_of_a_secret_stands_in_a_report(accepts: Accepts) -> None:
    report = await accepts(GivesUpEarly, only="refund.part")
    said = "\n".join(line for case in report.cases for line in case.conversation)
    assert "lantern-signature" not in said
    assert said.count("→ ") > 10
