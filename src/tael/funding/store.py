"""Where do bank cards, top-ups and withdrawals lie? The context's only SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries
from tael.funding.errors import NoSuchBankCard, NoSuchQuote, NoSuchTopUp, NoSuchWithdrawal
from tael.funding.model import (
    BankCard,
    CardState,
    FundingFilter,
    Quote,
    SoFar,
    TopUp,
    TopUpDebt,
    TopUpRefund,
    Withdrawal,
)
from tael.users.api import OpenKind, OpenThing

SQL = queries("tael.funding")
KEPT = (CardState.CHECKING, CardState.BOUND)
"""Where a card stands that a user has."""


async def lock_user(tx: Transaction, user_id: str) -> None:
    """Nobody else counts, spends or binds for this user until the transaction ends. To be taken before all else."""
    await tx.tuples(SQL.lock_user, user_id=user_id)


# Bank cards.


async def get_card(tx: Transaction, id: str, *, user_id: str) -> BankCard:
    """One of a user's cards; refuses `NoSuchBankCard`."""
    found = await tx.row(SQL.find_card, BankCard, id=id)
    if found is None or found.user_id != user_id:
        raise NoSuchBankCard(f"There is no bank card {id[:40]!r}.", field="bank_card_id")
    return found


async def find_cards(tx: Transaction, ids: Sequence[str]) -> Mapping[str, BankCard]:
    """Cards by id, whosever they are."""
    return {card.id: card for card in await tx.rows(SQL.find_cards, BankCard, ids=list(ids))}


async def card_of_check(tx: Transaction, check_id: str) -> BankCard | None:
    """The card that a check is about."""
    return await tx.row(SQL.card_of_check, BankCard, check_id=check_id)


async def cards_of(
    tx: Transaction, user_id: str, *, states: Sequence[CardState] = KEPT
) -> Sequence[BankCard]:
    """A user's cards, the default first, then the newest."""
    return await tx.rows(SQL.cards_of_user, BankCard, user_id=user_id, states=list(states))


async def tried_since(tx: Transaction, user_id: str, since: datetime) -> int:
    """How many cards a user has tried to bind since a moment."""
    ((count,),) = await tx.tuples(SQL.tried_since, user_id=user_id, since=since)
    return int(count)


async def insert_card(tx: Transaction, card: BankCard) -> None:
    """Write a new card."""
    await tx.run(SQL.insert_card, **msgspec.structs.asdict(card))


async def update_card(tx: Transaction, card: BankCard) -> None:
    """Write what changed; its user is locked."""
    await tx.run(SQL.update_card, **msgspec.structs.asdict(card))


async def clear_default(tx: Transaction, user_id: str) -> None:
    """No card is the default; the user is locked."""
    await tx.run(SQL.clear_default, user_id=user_id)


async def is_awaited(tx: Transaction, card_id: str) -> bool:
    """Whether money is on its way to a card."""
    ((count,),) = await tx.tuples(SQL.open_withdrawals_to, card_id=card_id)
    return int(count) > 0


async def cards_to_forget(tx: Transaction, *, limit: int) -> Sequence[BankCard]:
    """Cards that nobody has any more and that the vault still knows."""
    return await tx.rows(SQL.cards_to_forget, BankCard, limit=limit)


async def is_kept(tx: Transaction, user_id: str, token: str) -> bool:
    """Whether a user has a card behind a token; the user is locked."""
    ((count,),) = await tx.tuples(SQL.kept_with_token, user_id=user_id, token=token)
    return int(count) > 0


async def cards_checking(tx: Transaction, *, after: str, before: datetime, limit: int) -> Sequence[BankCard]:
    """Cards that have waited for their bank since before a moment, behind an id."""
    return await tx.rows(SQL.cards_checking, BankCard, after=after, before=before, limit=limit)


async def note_forgotten(tx: Transaction, card_id: str, *, now: datetime) -> None:
    """The vault has forgotten it."""
    await tx.run(SQL.note_forgotten, id=card_id, now=now)


async def forget_cards(tx: Transaction, user_id: str) -> None:
    """By which telephone and fingerprint a user's cards were known; first six and last four digits stay."""
    await tx.run(SQL.forget_cards, user_id=user_id)


async def still_open(tx: Transaction, user_id: str) -> Sequence[OpenThing]:
    """A user's top-ups, refunds, withdrawals and debts that have not come to an end."""
    return [OpenThing(OpenKind(kind), id) for kind, id in await tx.tuples(SQL.still_open, user_id=user_id)]


# Debts.


async def begin_debt(tx: Transaction, debt: TopUpDebt) -> bool:
    """Write down what is owed from now on; false if that is known."""
    row = msgspec.structs.asdict(debt)
    del row["ended_at"], row["note"]
    return await tx.run(SQL.begin_debt, **row) > 0


async def end_debt(tx: Transaction, id: str, *, note: str, now: datetime) -> bool:
    """It is owed no more; false if it was not."""
    return await tx.run(SQL.end_debt, id=id, note=note, now=now) > 0


async def open_debts(tx: Transaction, *, limit: int) -> Sequence[TopUpDebt]:
    """What is owed, the oldest first."""
    return await tx.rows(SQL.open_debts, TopUpDebt, limit=limit)


async def debts_of(tx: Transaction, user_id: str) -> Sequence[TopUpDebt]:
    """A user's, also those that have ended, the newest first."""
    return await tx.rows(SQL.debts_of, TopUpDebt, user_id=user_id)


# Top-ups.


async def insert_top_up(tx: Transaction, top_up: TopUp) -> None:
    """Write a new top-up."""
    await tx.run(SQL.insert_top_up, **msgspec.structs.asdict(top_up))


async def get_top_up(tx: Transaction, id: str, *, user_id: str, lock: bool = False) -> TopUp:
    """One of a user's top-ups; refuses `NoSuchTopUp`."""
    found = await tx.row(SQL.lock_top_up if lock else SQL.find_top_up, TopUp, id=id)
    if found is None or found.user_id != user_id:
        raise NoSuchTopUp(f"There is no top-up {id[:40]!r}.", field="top_up_id")
    return found


async def paid_with(tx: Transaction, top_up: TopUp) -> str:
    """The card that paid a top-up, masked; or the method."""
    if top_up.bank_card_id is None:
        return top_up.method
    return (await find_cards(tx, [top_up.bank_card_id]))[top_up.bank_card_id].shown


async def find_top_ups(tx: Transaction, ids: Sequence[str]) -> Sequence[TopUp]:
    """Top-ups by id."""
    return await tx.rows(SQL.find_top_ups, TopUp, ids=list(ids))


async def lock_top_ups_of(tx: Transaction, payment_ids: Sequence[str]) -> Sequence[TopUp]:
    """The top-ups that are paid by some payments, locked."""
    return await tx.rows(SQL.lock_top_ups_of_payments, TopUp, payment_ids=list(payment_ids))


async def update_top_up(tx: Transaction, top_up: TopUp) -> None:
    """Write what changed; its row is locked."""
    await tx.run(SQL.update_top_up, **msgspec.structs.asdict(top_up))


async def topped_up_since(tx: Transaction, user_id: str, currency: str, since: datetime) -> SoFar:
    """What a user topped up, or began to, since a moment."""
    ((minor, count),) = await tx.tuples(SQL.top_ups_since, user_id=user_id, currency=currency, since=since)
    return SoFar(int(minor), int(count))


async def list_top_ups(tx: Transaction, user_id: str, *, before: str | None, limit: int) -> Sequence[TopUp]:
    """One page of a user's top-ups, newest first."""
    return await tx.rows(SQL.list_top_ups, TopUp, user_id=user_id, before=before, limit=limit)


async def page_of_top_ups(tx: Transaction, wanted: FundingFilter) -> Sequence[TopUp]:
    """One page of everybody's top-ups, newest first."""
    await tx.plan_for_what_is_asked()
    return await tx.rows(SQL.page_of_top_ups, TopUp, **msgspec.structs.asdict(wanted))


async def page_of_withdrawals(tx: Transaction, wanted: FundingFilter) -> Sequence[Withdrawal]:
    """One page of everybody's withdrawals, newest first."""
    await tx.plan_for_what_is_asked()
    return await tx.rows(SQL.page_of_withdrawals, Withdrawal, **msgspec.structs.asdict(wanted))


async def insert_refund(tx: Transaction, refund: TopUpRefund) -> None:
    """Write a new refund."""
    await tx.run(SQL.insert_refund, **msgspec.structs.asdict(refund))


async def refunds_of(tx: Transaction, top_up_id: str) -> Sequence[TopUpRefund]:
    """The refunds of a top-up, oldest first."""
    return await tx.rows(SQL.refunds_of_top_up, TopUpRefund, top_up_id=top_up_id)


async def lock_refund(tx: Transaction, id: str) -> TopUpRefund | None:
    """One refund, locked."""
    return await tx.row(SQL.lock_refund, TopUpRefund, id=id)


async def refunds_by_number(tx: Transaction, refund_ids: Sequence[str]) -> Sequence[TopUpRefund]:
    """Those that are given back by some refunds of payments, locked."""
    return await tx.rows(SQL.refunds_of_payments, TopUpRefund, refund_ids=list(refund_ids))


async def update_refund(tx: Transaction, refund: TopUpRefund) -> None:
    """Write what changed; its row is locked."""
    await tx.run(SQL.update_refund, **msgspec.structs.asdict(refund))


async def refunds_to_send(tx: Transaction, *, before: datetime, limit: int) -> Sequence[TopUpRefund]:
    """Refunds whose payment nobody has asked to give back, made before a moment."""
    return await tx.rows(SQL.refunds_to_send, TopUpRefund, before=before, limit=limit)


# Withdrawals.


async def insert_quote(tx: Transaction, quote: Quote) -> None:
    """Write a new quote."""
    await tx.run(SQL.insert_quote, **msgspec.structs.asdict(quote))


async def get_quote(tx: Transaction, id: str, *, user_id: str, lock: bool = False) -> Quote:
    """One of a user's quotes; refuses `NoSuchQuote`."""
    found = await tx.row(SQL.lock_quote if lock else SQL.find_quote, Quote, id=id)
    if found is None or found.user_id != user_id:
        raise NoSuchQuote(f"There is no quote {id[:40]!r}.", field="quote_id")
    return found


async def use_quote(tx: Transaction, id: str, *, by: str) -> None:
    """A withdrawal is made by it; its row is locked."""
    await tx.run(SQL.use_quote, id=id, used_by=by)


async def forget_quotes(tx: Transaction, *, before: datetime) -> None:
    """Forget quotes that nobody used."""
    await tx.run(SQL.forget_quotes, before=before)


async def insert_withdrawal(tx: Transaction, withdrawal: Withdrawal) -> None:
    """Write a new withdrawal."""
    await tx.run(SQL.insert_withdrawal, **msgspec.structs.asdict(withdrawal))


async def get_withdrawal(tx: Transaction, id: str, *, user_id: str) -> Withdrawal:
    """One of a user's withdrawals; refuses `NoSuchWithdrawal`."""
    found = await tx.row(SQL.find_withdrawal, Withdrawal, id=id)
    if found is None or found.user_id != user_id:
        raise NoSuchWithdrawal(f"There is no withdrawal {id[:40]!r}.", field="withdrawal_id")
    return found


async def find_withdrawals(tx: Transaction, ids: Sequence[str]) -> Sequence[Withdrawal]:
    """Withdrawals by id."""
    return await tx.rows(SQL.find_withdrawals, Withdrawal, ids=list(ids))


async def lock_withdrawals(tx: Transaction, ids: Sequence[str]) -> Mapping[str, Withdrawal]:
    """Withdrawals by id, locked."""
    return {each.id: each for each in await tx.rows(SQL.lock_withdrawals, Withdrawal, ids=list(ids))}


async def update_withdrawal(tx: Transaction, withdrawal: Withdrawal) -> None:
    """Write what changed; its row is locked."""
    await tx.run(SQL.update_withdrawal, **msgspec.structs.asdict(withdrawal))


async def withdrawn_since(tx: Transaction, user_id: str, currency: str, since: datetime) -> SoFar:
    """What a user withdrew, or is withdrawing, since a moment."""
    ((minor, count),) = await tx.tuples(
        SQL.withdrawals_since, user_id=user_id, currency=currency, since=since
    )
    return SoFar(int(minor), int(count))


async def list_withdrawals(
    tx: Transaction, user_id: str, *, before: str | None, limit: int
) -> Sequence[Withdrawal]:
    """One page of a user's withdrawals, newest first."""
    return await tx.rows(SQL.list_withdrawals, Withdrawal, user_id=user_id, before=before, limit=limit)
