"""What do we say to Stripe, and what do we hear? The port's verbs, each a conversation of one or a few calls."""

from datetime import datetime

import msgspec

from tael.channels.connectors.stripe.bills import fetch_bill
from tael.channels.connectors.stripe.capabilities import CAPABILITIES
from tael.channels.connectors.stripe.disputes import inquire_dispute, submit_evidence
from tael.channels.connectors.stripe.endings import end
from tael.channels.connectors.stripe.feed import fetch_events
from tael.channels.connectors.stripe.holds import capture, increment
from tael.channels.connectors.stripe.line import Line, StripeRefused, nothing_learnt
from tael.channels.connectors.stripe.notices import read_webhook
from tael.channels.connectors.stripe.objects import Unreadable
from tael.channels.connectors.stripe.orders import inquire, pay
from tael.channels.connectors.stripe.payouts import inquire_payout, pay_out
from tael.channels.connectors.stripe.refunds import inquire_refund, refund
from tael.channels.connectors.stripe.settings import StripeCredentials, StripeSettings, look_at
from tael.channels.errors import NotOffered
from tael.channels.port import (
    BaseConnector,
    Bill,
    BillWanted,
    Conversation,
    ErrorClass,
    FeedPage,
    InboundNotice,
    Notice,
    Operation,
    Outcome,
    OutcomeState,
    Request,
    unknown_outcome,
)


class StripeConnector(BaseConnector):
    """Cards over Stripe, for one account."""

    capabilities = CAPABILITIES

    def __init__(self, settings: StripeSettings, credentials: StripeCredentials) -> None:
        """Look at both once; raises `ValueError` if they cannot be used."""
        self._access = look_at(settings, credentials)
        self._line = Line(self._access)

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Ask for one operation; `UNKNOWN` if the answer is malformed or about something else."""
        try:
            outcome = yield from _talk(self._line, request, now)
        except StripeRefused as refused:
            return nothing_learnt(request, refused)
        except Unreadable as problem:
            return unknown_outcome(request, f"Stripe's answer cannot be believed: {problem}.")
        return outcome

    def read_notice(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """What a webhook says; raises `NoticeRefused` if it cannot be believed."""
        return read_webhook(inbound, self._access, now=now)

    def fetch_notices(self, cursor: str, *, now: datetime) -> Conversation[FeedPage]:
        """The events since `cursor`, whether or not their webhooks reached us."""
        return fetch_events(self._line, cursor, now=now)

    def fetch_bill(self, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
        """The balance transactions of a day; raises `BillNotReady`, `BillRefused`."""
        return fetch_bill(self._line, wanted, now=now)


class _Balance(msgspec.Struct, frozen=True, kw_only=True):
    object: str
    livemode: bool


def _probe(line: Line) -> Conversation[Outcome]:
    """Ask for our balance."""
    try:
        balance = yield from line.get("/v1/balance", _Balance)
    except StripeRefused as refused:
        if refused.status not in (401, 403) or refused.trouble is None:
            raise
        return Outcome(
            state=OutcomeState.FAILED,
            code=str(refused.status),
            message=refused.words,
            error_class=ErrorClass.ACCOUNT,
        )
    if balance.object != "balance" or balance.livemode is not line.access.live:
        raise Unreadable("it is not our balance")
    return Outcome(state=OutcomeState.SUCCEEDED, code="balance")


def _talk(line: Line, request: Request, now: datetime) -> Conversation[Outcome]:
    """The conversation for one operation; refuses `NotOffered`."""
    match request.operation:
        case Operation.PAY:
            return pay(line, request, now=now)
        case Operation.INQUIRE:
            return inquire(line, request, now=now)
        case Operation.CLOSE | Operation.CANCEL:
            return end(line, request, now=now)
        case Operation.CAPTURE:
            return capture(line, request, now=now)
        case Operation.INCREMENT:
            return increment(line, request, now=now)
        case Operation.REFUND:
            return refund(line, request, now=now)
        case Operation.INQUIRE_REFUND:
            return inquire_refund(line, request, now=now)
        case Operation.PAY_OUT:
            return pay_out(line, request, now=now)
        case Operation.INQUIRE_PAYOUT:
            return inquire_payout(line, request, now=now)
        case Operation.SUBMIT_EVIDENCE:
            return submit_evidence(line, request)
        case Operation.INQUIRE_DISPUTE:
            return inquire_dispute(line, request)
        case Operation.PROBE:
            return _probe(line)
        case Operation.SPLIT | Operation.INQUIRE_SPLIT | Operation.SWEEP:
            raise NotOffered(f"Stripe cannot {request.operation}.")
