"""What follows from the bank's news, taken together?"""

from collections import Counter
from collections.abc import Iterable, Sequence

from tael.channels.connectors.bank.accounts import Account
from tael.channels.connectors.bank.meanings import meaning_of
from tael.channels.connectors.bank.news import Arrival, Progress
from tael.channels.connectors.bank.transfers import PAYOUT, REFUND
from tael.channels.port import ErrorClass, Outcome, OutcomeState, Request
from tael.foundation.money import Money


def outcome_of_arrivals(
    account: str,
    arrivals: Sequence[Arrival],
    *,
    currency: str,
    order_number: str = "",
    asked_minor: int | None = None,
) -> Outcome:
    """All that has arrived for an account: each movement once, however often the bank told of it.

    `asked_minor` is what the order asks for, if that is known here.
    """
    movements = {one.source: one for one in arrivals}
    if any(one.amount.currency != currency for one in movements.values()):
        return Outcome(
            state=OutcomeState.UNKNOWN,
            order_number=order_number,
            channel_reference=account,
            message=f"Money of another currency than {currency} came to {account}.",
            error_class=ErrorClass.TRUST,
        )
    total = sum(one.amount.minor for one in movements.values())
    newest = [one for one in movements.values() if one.amount.minor > 0][-1:]
    payer, differ = _who_paid(movements.values(), asked_minor)
    shown = payer or (newest[0].payer if newest else None)
    if not movements:
        return Outcome(state=OutcomeState.ABSENT, order_number=order_number, channel_reference=account)
    return Outcome(
        state=OutcomeState.SUCCEEDED if total > 0 else OutcomeState.WAITING,
        order_number=order_number,
        channel_reference=account,
        received=Money(total, currency),
        payer_hint=f"**** {shown.number[-4:]}" if shown is not None else None,
        payer_account=payer.written() if payer is not None else None,
        payers_differ=differ,
        happened_at=newest[0].happened_at if newest else None,
    )


def _who_paid(movements: Iterable[Arrival], asked_minor: int | None) -> tuple[Account | None, bool]:
    """Who may get the money back, and whether more than one has sent some.

    It is the only sender, or the only one who alone has sent enough; what the bank took back was not sent. Where two have
    paid it together, none is entitled to all of it: a person has to ask them.
    """
    accounts: dict[str, Account | None] = {}
    sent: Counter[str] = Counter()
    for one in movements:
        sender = one.payer.number if one.payer is not None else ""
        if one.amount.minor > 0:
            accounts[sender] = one.payer
            sent[sender] += one.amount.minor
    for one in movements:
        if one.amount.minor < 0 and one.payer is not None and one.payer.number in sent:
            sent[one.payer.number] += one.amount.minor
    senders = [sender for sender, minor in sent.items() if minor > 0]
    alone = [sender for sender in senders if asked_minor is not None and sent[sender] >= asked_minor]
    plain = senders if len(senders) == 1 else alone
    return accounts[plain[0]] if len(plain) == 1 else None, len(senders) > 1


def outcome_of_progress(
    progress: Sequence[Progress],
    *,
    kind: str,
    number: str,
    amount: Money | None = None,
    order_number: str = "",
) -> Outcome:
    """How a transfer stands: what came back has failed whatever else was said before.

    That it was refused *and* carried out, or with another amount than ours, is for people to look at.
    """
    states = {one.state for one in progress if not one.came_back}
    last = progress[-1] if progress else None
    why: str | None = None
    for one in progress:
        if one.amount is not None and amount is not None and one.amount != amount:
            why = f"The bank moved {one.amount}, our transfer is of {amount}."
    if any(one.came_back for one in progress):
        last, state = next(one for one in progress if one.came_back), OutcomeState.FAILED
    elif {OutcomeState.SUCCEEDED, OutcomeState.FAILED} <= states:
        state, why = OutcomeState.UNKNOWN, "The bank refused this transfer and carried it out."
    else:
        order = (OutcomeState.FAILED, OutcomeState.SUCCEEDED, OutcomeState.WAITING)
        state = next((one for one in order if one in states), OutcomeState.ABSENT)
        last = next((one for one in reversed(progress) if one.state is state), None)
    failed = state is OutcomeState.FAILED and why is None
    error_class = meaning_of(last.code).error_class if failed and last is not None else None
    return Outcome(
        state=OutcomeState.UNKNOWN if why else state,
        order_number=order_number,
        refund_number=number if kind == REFUND else None,
        payout_number=number if kind == PAYOUT else None,
        amount=last.amount if last is not None else None,
        channel_reference=kind + number if progress else None,
        happened_at=last.happened_at if last is not None else None,
        code=(last.code or None) if last is not None else None,
        message=why or ((last.message or None) if last is not None else None),
        error_class=ErrorClass.TRUST if why else error_class,
    )


def unsendable(request: Request, why: str) -> Outcome:
    """Nothing was sent, and nothing can have been sent before."""
    return Outcome(
        state=OutcomeState.FAILED,
        order_number=request.order.order_number if request.order else "",
        refund_number=request.refund.refund_number if request.refund else None,
        payout_number=request.payout.payout_number if request.payout else None,
        message=why,
        error_class=ErrorClass.REQUEST,
    )
