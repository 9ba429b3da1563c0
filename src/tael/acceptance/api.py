"""How is a connector accepted, and is a report to be believed?"""

from collections.abc import Callable, Sequence

import msgspec

from tael.acceptance.desk import Desk, desk_for
from tael.acceptance.documents import rows_of, sum_line, write_report
from tael.acceptance.model import Case, Fault, Report, Verdict, digest_of, signed, totals_of, verify_report
from tael.acceptance.run import Planned, plan_for, play_all, size_of
from tael.acceptance.sandbox import Asks, sandbox_desk, sandbox_plan
from tael.acceptance.signer import RememberingSigner
from tael.acceptance.truth import Props
from tael.channels.conversations import Signer
from tael.channels.port import Connector
from tael.foundation.clock import Clock

__all__ = [
    "Candidate",
    "Case",
    "Fault",
    "Props",
    "RememberingSigner",
    "Report",
    "Verdict",
    "accept_against_simulator",
    "accept_in_sandbox",
    "rows_of",
    "signed",
    "sum_line",
    "totals_of",
    "verify_report",
    "write_report",
]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to be accepted."""

    channel: str
    connector_name: str
    connector_version: str
    connector: Connector
    signer: Signer | None = None


def _nothing(_: object) -> None:
    """Whoever does not want to hear of each step."""


async def accept_against_simulator(
    candidate: Candidate,
    *,
    control_url: str,
    clock: Clock,
    props: Props | None = None,
    notice_port: int = 0,
    only: str = "",
    planned: Callable[[int], None] = _nothing,
    told: Callable[[Case], None] = _nothing,
) -> Report:
    """Try everything that the connector promises against a simulator; gives the report, not yet signed.

    `planned` hears how many cases there will be, `told` of each as it ends.
    """
    async with desk_for(
        candidate.connector,
        control_url=control_url,
        clock=clock,
        props=props or Props(),
        signer=candidate.signer,
        notice_port=notice_port,
    ) as desk:
        plan = plan_for(desk, only=only)
        planned(size_of(plan))
        return await _report(candidate, desk, plan, against="simulator", complete=not only, told=told)


async def accept_in_sandbox(
    candidate: Candidate,
    *,
    clock: Clock,
    props: Props | None = None,
    asks: Asks | None = None,
    notice_port: int = 0,
    only: str = "",
    planned: Callable[[int], None] = _nothing,
    told: Callable[[Case], None] = _nothing,
) -> Report:
    """Try what a real channel allows, with a person who pays if `asks` reaches one; gives the report, not yet signed."""
    async with sandbox_desk(
        candidate.connector,
        clock=clock,
        props=props or Props(),
        asks=asks,
        signer=candidate.signer,
        notice_port=notice_port,
    ) as desk:
        plan = sandbox_plan(desk, with_person=asks is not None, only=only)
        planned(size_of(plan))
        return await _report(candidate, desk, plan, against="sandbox", complete=False, told=told)


async def _report(
    candidate: Candidate,
    desk: Desk,
    plan: Sequence[Planned],
    *,
    against: str,
    complete: bool,
    told: Callable[[Case], None],
) -> Report:
    started_at = desk.clock.now()
    cases = await play_all(desk, plan, told=told)
    return Report(
        channel=candidate.channel,
        connector=candidate.connector_name,
        connector_version=candidate.connector_version,
        against=against,
        promises=digest_of(candidate.connector.capabilities),
        complete=complete,
        started_at=started_at,
        finished_at=desk.clock.now(),
        cases=cases,
    )
