"""What does an acceptance say? Faults, verdicts, cases, and a report with its signature."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from tael.acceptance.errors import ReportRefused
from tael.channels.port import Capabilities
from tael.foundation.signing import SigningKey, is_signed

LARGEST_REPORT_BYTES = 50_000_000
_SIGNED_AS = b"tael acceptance report 1\n"


class Fault(StrEnum):
    """What goes wrong in a case. Those of the wire, of our clock and of single bits are the kit's own work, the others are switches of the simulator."""

    NONE = "none"
    DELAY = "delay"
    """The work is done; the answer comes after we have stopped waiting."""
    LOST_REPLY = "lost_reply"
    """The work is done; the connection ends without an answer."""
    RESET_AFTER_REQUEST = "reset_after_request"
    """The work is done; the connection is reset."""
    TRUNCATED = "truncated"
    """The work is done; half of the answer comes."""
    FOREIGN_PAGE = "foreign_page"
    """The work is done; something on the way answers with a page of its own and status 200."""
    GATEWAY_TIMEOUT = "gateway_timeout"
    """The work is done; something on the way answers with status 504."""
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_MERCHANT = "wrong_merchant"
    WRONG_ORDER = "wrong_order"
    SYSTEM_ERROR_BEFORE = "system_error_before"
    """The channel says that something is wrong on its side, and did nothing."""
    SYSTEM_ERROR_AFTER = "system_error_after"
    """The channel says that something is wrong on its side, and did what was asked."""
    CLOCK_SKEW = "clock_skew"
    """The channel's clock is a quarter of an hour off."""
    OUR_CLOCK_SKEW = "our_clock_skew"
    """Our own clock is a quarter of an hour off when we ask."""
    ONE_BIT = "one_bit"
    """One bit of the message is not what the channel sent."""
    BALANCE_NOT_ENOUGH = "balance_not_enough"
    LATE_SUCCESS = "late_success_after_close"
    DUPLICATE_NOTICE = "duplicate_notice"
    REPLAYED_NOTICE = "replayed_notice"
    LATE_NOTICE = "late_notice"
    OUT_OF_ORDER = "out_of_order"
    STALE_NOTICE = "stale_notice"
    DROP_NOTICES = "drop_notices"


class Verdict(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_PROMISED = "not_promised"
    """The channel does not promise it, or there is no way to bring it about here."""


class Words(msgspec.Struct, frozen=True):
    """The same in two languages."""

    en: str
    zh: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario, under one fault."""

    scenario: str
    """Its name: `refund.part`."""
    title: Words
    subject: str
    """What the fault struck: an operation's name, `notice`, `bill` or `feed`."""
    fault: Fault
    verdict: Verdict
    number: str = ""
    """Our number of the order or payout, for whoever looks into the channel's records."""
    expected: str = ""
    came: str = ""
    conversation: Sequence[str] = ()
    """Masked; of failed cases only."""
    unknowns: int = 0
    """How many times an outcome was not known."""
    resolved: int = 0
    """How many of these were found out."""
    slowest_milliseconds: int = 0
    """The longest time, the channel's own time included, from the fault's end to knowing."""
    guesses: int = 0
    double_effects: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an acceptance found."""

    channel: str
    connector: str
    """The name of its kind."""
    connector_version: str
    against: str
    """`simulator` or `sandbox`."""
    promises: str
    """A digest of the connector's capabilities as they were: other promises need another acceptance."""
    complete: bool
    """Whether every scenario was tried, not a selection: against a sandbox it always is one."""
    started_at: datetime
    finished_at: datetime
    cases: Sequence[Case]
    key: str = ""
    """The public key of the installation that signed."""
    signature: str = ""

    def count(self, verdict: Verdict) -> int:
        """How many cases ended so."""
        return sum(case.verdict is verdict for case in self.cases)

    @property
    def passed(self) -> bool:
        """Whether something was tried and nothing failed."""
        return self.count(Verdict.FAILED) == 0 and self.count(Verdict.PASSED) > 0

    @property
    def double_effects(self) -> int:
        """How often something was done more than once."""
        return sum(case.double_effects for case in self.cases)

    @property
    def guesses(self) -> int:
        """How often the connector said what it could not know."""
        return sum(case.guesses for case in self.cases)

    @property
    def unknowns(self) -> int:
        """How often an outcome was not known at first."""
        return sum(case.unknowns for case in self.cases)

    @property
    def resolved(self) -> int:
        """How many of these were found out."""
        return sum(case.resolved for case in self.cases)

    @property
    def slowest_milliseconds(self) -> int:
        """The longest that it took to find out."""
        return max((case.slowest_milliseconds for case in self.cases), default=0)


def digest_of(capabilities: Capabilities) -> str:
    """The promises as one word."""
    return hashlib.sha256(msgspec.json.encode(capabilities, order="sorted")).hexdigest()


def signed(report: Report, *, by: SigningKey) -> Report:
    """The report with this installation's word for it."""
    draft = msgspec.structs.replace(report, key=by.name, signature="")
    return msgspec.structs.replace(draft, signature=by.sign(_content_of(draft)).hex())


def verify_report(content: bytes, *, trusted: Collection[str]) -> Report:
    """The report that `content` (JSON) holds, if one of the `trusted` public keys signed it; raises `ReportRefused`.

    Whether it passed, is complete, and is about the promises that are made today is for the caller to ask.
    """
    if len(content) > LARGEST_REPORT_BYTES:
        raise ReportRefused(f"A report is not longer than {LARGEST_REPORT_BYTES} bytes.")
    try:
        report = msgspec.json.decode(content, type=Report)
        signature = bytes.fromhex(report.signature)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ReportRefused(
            "This is not a report of an acceptance.", hint="Hand in the JSON file as the kit wrote it."
        ) from error
    if report.key not in trusted:
        raise ReportRefused(
            f"The report was signed with the key {report.key[:80] or '(none)'}, which is not trusted here.",
            field="key",
            hint="Run the acceptance on this installation, or put the other one's public key beside ours.",
        )
    if not is_signed(_content_of(msgspec.structs.replace(report, signature="")), signature, by=report.key):
        raise ReportRefused("The report was changed after it was signed.", field="signature")
    return report


def totals_of(reports: Sequence[Report]) -> Mapping[str, int]:
    """What all reports together prove: the sum line of `make acceptance`."""
    return {
        "cases": sum(len(report.cases) - report.count(Verdict.NOT_PROMISED) for report in reports),
        "failed": sum(report.count(Verdict.FAILED) for report in reports),
        "double_effects": sum(report.double_effects for report in reports),
        "guesses": sum(report.guesses for report in reports),
        "unknowns": sum(report.unknowns for report in reports),
        "resolved": sum(report.resolved for report in reports),
        "slowest_milliseconds": max((report.slowest_milliseconds for report in reports), default=0),
    }


def _content_of(report: Report) -> bytes:
    return _SIGNED_AS + msgspec.json.encode(report, order="deterministic")
