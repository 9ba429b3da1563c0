"""Which accounts move for which business event? The page for the auditor.

    receivable from channel   asset      what a channel owes us; what it pays out for us makes it less
    set aside                 liability  the owner's account that `funded_by` names: the owner's context opens and fills it
    recoverable               asset      what has gone though nobody was owed it any more: to be recovered, or written off

While a payout is on its way nothing moves: its money stays set aside. Every entry's id is made of the payout's id, the
leg and the event, so the same fact is never booked twice; what may happen again is numbered.
"""

from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, Posting, credit, debit
from tael.payouts.model import Leg, Payout


def channel_receivable(channel: str, currency: str) -> AccountSpec:
    """What a channel owes us; the same account that payments fill."""
    return AccountSpec(f"channel:{channel}:receivable", currency, AccountClass.ASSET)


def recoverable(currency: str) -> AccountSpec:
    """What has gone and was not owed; the same account that payments use."""
    return AccountSpec("platform:recoverable", currency, AccountClass.ASSET)


def went(payout: Payout, leg: Leg) -> JournalEntry:
    """The money has gone: out of what was set aside, or, if it was given up before, to be recovered."""
    at_channel = credit(channel_receivable(leg.channel, payout.currency), payout.amount)
    kind = "payout.gone_after_all" if leg.unowed else "payout.succeeded"
    return _entry(f"{_name(leg)}:went:{leg.reversals}", kind, payout, _source(payout, leg, 1), at_channel)


def came_back(payout: Payout, leg: Leg) -> JournalEntry:
    """The bank sent it back: it is set aside again, or recovered."""
    at_channel = debit(channel_receivable(leg.channel, payout.currency), payout.amount)
    kind = "payout.recovered" if leg.unowed else "payout.returned"
    return _entry(f"{_name(leg)}:back:{leg.reversals}", kind, payout, at_channel, _source(payout, leg, -1))


def owed_after_all(payout: Payout, leg: Leg) -> JournalEntry:
    """What had gone and stood to be recovered was owed: out of what was set aside."""
    set_aside = Posting(payout.funded_by, payout.currency, payout.amount_minor)
    recovered = credit(recoverable(payout.currency), payout.amount)
    return _entry(f"{_name(leg)}:owed:{leg.reversals}", "payout.owed_after_all", payout, set_aside, recovered)


def accounts_of(payout: Payout, leg: Leg) -> list[AccountSpec]:
    """The accounts, but the owner's, that a payout over a channel may touch."""
    return [channel_receivable(leg.channel, payout.currency), recoverable(payout.currency)]


def _source(payout: Payout, leg: Leg, sign: int) -> Posting:
    code = recoverable(payout.currency).code if leg.unowed else payout.funded_by
    return Posting(code, payout.currency, sign * payout.amount_minor)


def _name(leg: Leg) -> str:
    return f"{leg.payout_id}:{leg.nth}"


def _entry(id: str, kind: str, payout: Payout, *postings: Posting) -> JournalEntry:
    return JournalEntry(id=id, kind=kind, reference=payout.id, postings=tuple(postings))
