"""Money leaves wallets, many acts at a time: is each allowed, within its limits, confirmed, and is there enough?

In one transaction, in this order: what standing says of payers and payees (shared locks), the payers' wallets (their rows are
locked in the order of users, and cover their counters), the counters, confirmations, the ledger (its balances are locked
last). Confirmations are judged when they are locked, and used up by what the ledger has booked. Acts are decided in their order: what an earlier one used of a limit, a later one has not.

One moment decides everything of a batch, that of its acts: when it is over midnight until the locks are there, they count in
the day in which they began.

An act that the ledger or its confirmation refuses uses up nothing. Those behind it that were refused meanwhile are looked at
once more, so that nobody is refused because of what did not happen.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.identity.model import Strength
from tael.identity.model import Used as UsedConfirmation
from tael.ledger.errors import AccountFrozen, LimitPassed
from tael.ledger.model import AccountSpec, JournalEntry
from tael.standing.model import Known, Permission
from tael.wallets import postings, store
from tael.wallets.errors import ConfirmationMissing, WalletFrozen
from tael.wallets.model import CounterKey, SpendingKind, Used
from tael.wallets.rules import limits
from tael.wallets.rules.limits import Act, Charge, Terms
from tael.wallets.rules.refused import cannot_receive, not_enough, partly_frozen, quiz_first
from tael.wallets.usecases.floors import raise_floors
from tael.wallets.usecases.ground import Ground

PERMISSIONS = {
    SpendingKind.TRANSFER: Permission.TRANSFER,
    SpendingKind.PAYMENT: Permission.PAY,
    SpendingKind.WITHDRAWAL: Permission.WITHDRAW,
}
TAUGHT = (SpendingKind.TRANSFER, SpendingKind.WITHDRAWAL)
"""Where a fraud ends: before much of it, a quiz that is owed has to be passed."""


class Spending(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An act that takes money out of a wallet."""

    act: Act
    login_id: str
    entry: JournalEntry
    """What it books."""
    accounts: tuple[AccountSpec, ...]
    """What has to be open for that, besides the wallet itself."""
    confirmation_id: str | None
    about: bytes
    """SHA-256 of what its user saw."""
    payee_id: str | None = None
    """A user who receives it."""


class Spent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """It is done."""

    strength: Strength
    """How strongly it had to be confirmed."""


async def spend(tx: Transaction, ground: Ground, wishes: Sequence[Spending]) -> list[Spent | Refusal]:
    """What became of each act; they are all of one moment. Nothing is written of one that is refused."""
    if not wishes:
        return []
    [now] = {wish.act.at for wish in wishes}
    rule = ground.limits(now)
    results: dict[int, Spent | Refusal] = {}
    for place, wish in enumerate(wishes):
        refusal = limits.why_not_at_all(wish.act.amount, rule.currencies)
        if refusal is not None:
            results[place] = refusal
    known = await _known(tx, ground, wishes, results)
    await _mind_quizzes(tx, ground, wishes, results)
    left = [place for place in range(len(wishes)) if place not in results]
    if left:
        round_ = await _prepare(tx, ground, [wishes[place] for place in left], known, now)
        results |= dict(zip(left, await round_.run(tx), strict=True))
    return [results[place] for place in range(len(wishes))]


async def _known(
    tx: Transaction, ground: Ground, wishes: Sequence[Spending], results: dict[int, Spent | Refusal]
) -> Mapping[str, Known]:
    """What standing knows of the payers; refusals go into `results`."""
    asked: dict[tuple[str, Permission], None] = {}
    for place, wish in enumerate(wishes):
        if place not in results:
            asked[wish.act.user_id, PERMISSIONS[wish.act.kind]] = None
            if wish.payee_id is not None:
                asked[wish.payee_id, Permission.RECEIVE] = None
    verdicts = dict(zip(asked, await ground.standing.lock_and_check(tx, list(asked)), strict=True))
    known: dict[str, Known] = {}
    for place, wish in enumerate(wishes):
        if place in results:
            continue
        payer = verdicts[wish.act.user_id, PERMISSIONS[wish.act.kind]]
        payee = verdicts[wish.payee_id, Permission.RECEIVE] if wish.payee_id is not None else None
        if isinstance(payer, Refusal):
            results[place] = payer
        elif isinstance(payee, Refusal):
            results[place] = cannot_receive()
        else:
            known[wish.act.user_id] = payer
    return known


async def _mind_quizzes(
    tx: Transaction, ground: Ground, wishes: Sequence[Spending], results: dict[int, Spent | Refusal]
) -> None:
    """Much does not leave the wallet of somebody who owes a quiz; refusals go into `results`."""
    large = {
        place: wish.act.user_id
        for place, wish in enumerate(wishes)
        if place not in results
        and wish.act.kind in TAUGHT
        and ground.limits(wish.act.at).is_large(wish.act.amount)
    }
    owing = await ground.messages.owes_quiz(tx, sorted(set(large.values())))
    for place, user_id in large.items():
        if user_id in owing:
            results[place] = quiz_first()


async def _prepare(
    tx: Transaction, ground: Ground, wishes: Sequence[Spending], known: Mapping[str, Known], now: datetime
) -> "_Rounds":
    """Lock the wallets, read the counters, open the accounts."""
    payers = {wish.act.user_id for wish in wishes}
    opened = await store.lock_wallets(tx, payers, now=now)
    periods = limits.periods_between(min(opened.values()), now)
    counters = await store.find_counters(tx, payers, periods=periods)
    wallets = {
        (wish.act.user_id, wish.act.amount.currency): postings.wallet(
            wish.act.user_id, wish.act.amount.currency
        )
        for wish in wishes
    }
    specs = {spec.name: spec for wish in wishes for spec in wish.accounts}
    specs |= {spec.name: spec for spec in wallets.values()}
    await ground.ledger.open_accounts(tx, list(specs.values()))
    await raise_floors(tx, ground, {name: known[name[0]] for name in wallets}, now=now)
    return _Rounds(
        ground,
        wishes,
        terms=_terms(ground, wishes, known, now),
        counters=counters,
        years=periods[1:],
    )


def _terms(
    ground: Ground, wishes: Sequence[Spending], known: Mapping[str, Known], now: datetime
) -> dict[tuple[str, str], Terms]:
    currencies, days = ground.limits(now).currencies, ground.day_limits(now)
    return {
        (wish.act.user_id, currency): Terms(
            account_class=known[wish.act.user_id].terms,
            agreed=known[wish.act.user_id].limits,
            day=days.get(currency),
            house=currencies[currency],
        )
        for wish in wishes
        for currency in [wish.act.amount.currency]
    }


class _Decided(msgspec.Struct, frozen=True, gc=False):
    """An act that its limits allow."""

    strength: Strength
    charges: list[Charge]


class _Rounds:
    """The decisions of one batch: usually in one round."""

    def __init__(
        self,
        ground: Ground,
        wishes: Sequence[Spending],
        *,
        terms: dict[tuple[str, str], Terms],
        counters: dict[CounterKey, Used],
        years: Sequence[str],
    ) -> None:
        self._ground = ground
        self._wishes = wishes
        self._terms = terms
        self._counters = counters
        self._years = years
        self._changed: dict[CounterKey, Used] = {}
        self._results: dict[int, Spent | Refusal] = {}

    async def run(self, tx: Transaction) -> list[Spent | Refusal]:
        """What becomes of each."""
        pending = list(range(len(self._wishes)))
        while pending:
            pending = await self._round(tx, pending)
        await store.write_counters(tx, self._changed)
        return [self._results[place] for place in range(len(self._wishes))]

    async def _round(self, tx: Transaction, pending: Sequence[int]) -> list[int]:
        """Decide what is left; gives what has to be looked at again."""
        counters = dict(self._counters)
        allowed: dict[int, _Decided] = {}
        refused: dict[int, Refusal] = {}
        for wave in self._waves(pending):
            questions = [
                limits.question_of(wish.act, counters, login_id=wish.login_id)
                for wish in (self._wishes[place] for place in wave)
            ]
            strengths = await self._ground.identity.step_up.strengths(tx, questions)
            for place, strength in zip(wave, strengths, strict=True):
                verdict = self._decide(self._wishes[place], strength, counters)
                if isinstance(verdict, Refusal):
                    refused[place] = verdict
                else:
                    allowed[place] = verdict
                    limits.counted(verdict.charges, counters)
        dropped = await self._judge(tx, allowed)
        dropped |= await self._book(tx, [place for place in allowed if place not in dropped])
        await self._use_up(tx, [place for place in allowed if place not in dropped])
        for place, decided in allowed.items():
            if place in dropped:
                self._results[place] = dropped[place]
            else:
                self._results[place] = Spent(strength=decided.strength)
                limits.counted(decided.charges, self._counters)
                self._changed |= {charge.key: self._counters[charge.key] for charge in decided.charges}
        disturbed = {self._wishes[place].act.user_id: place for place in reversed(list(dropped))}
        again = []
        for place, refusal in refused.items():
            user_id = self._wishes[place].act.user_id
            if user_id in disturbed and disturbed[user_id] < place:
                again.append(place)
            else:
                self._results[place] = refusal
        return again

    def _waves(self, pending: Sequence[int]) -> list[list[int]]:
        """Everybody's first act, everybody's second …: how strongly one is confirmed depends on those before it."""
        waves: list[list[int]] = []
        seen: Counter[str] = Counter()
        for place in pending:
            user_id = self._wishes[place].act.user_id
            if seen[user_id] == len(waves):
                waves.append([])
            waves[seen[user_id]].append(place)
            seen[user_id] += 1
        return waves

    def _decide(
        self, wish: Spending, strength: Strength, counters: dict[CounterKey, Used]
    ) -> _Decided | Refusal:
        act = wish.act
        charges = limits.charges_of(
            act, self._terms[act.user_id, act.amount.currency], strength, years=self._years
        )
        refusal = limits.why_too_much(charges, counters, act.at)
        if refusal is not None:
            return refusal
        if strength is not Strength.NONE and wish.confirmation_id is None:
            return ConfirmationMissing(
                "This has to be confirmed.",
                field="confirmation_id",
                hint="Ask for a confirmation of exactly this, let its user confirm it, and send its id.",
                strength=strength,
            )
        return _Decided(strength, charges)

    async def _judge(self, tx: Transaction, allowed: dict[int, _Decided]) -> dict[int, Refusal]:
        """Lock the confirmations of those who bring one; gives the refusals."""
        used = {
            place: UsedConfirmation(
                id=wish.confirmation_id,
                login_id=wish.login_id,
                about=wish.about,
                strength=decided.strength,
            )
            for place, decided in allowed.items()
            for wish in [self._wishes[place]]
            if wish.confirmation_id is not None
        }
        if not used:
            return {}
        verdicts = await self._ground.identity.judge_confirmations(tx, list(used.values()))
        return {place: verdict for place, verdict in zip(used, verdicts, strict=True) if verdict is not None}

    async def _use_up(self, tx: Transaction, places: Sequence[int]) -> None:
        """The confirmations of what is booked serve nothing else."""
        used = [id for place in places if (id := self._wishes[place].confirmation_id) is not None]
        if used:
            await self._ground.identity.use_judged(tx, used)

    async def _book(self, tx: Transaction, places: Sequence[int]) -> dict[int, Refusal]:
        """Post them; gives the refusals."""
        receipts = await self._ground.ledger.post(tx, [self._wishes[place].entry for place in places])
        return {
            place: _in_our_words(receipt, self._wishes[place])
            for place, receipt in zip(places, receipts, strict=True)
            if isinstance(receipt, Refusal)
        }


def _in_our_words(refusal: Refusal, wish: Spending) -> Refusal:
    """What the ledger says, as the user understands it; of another's wallet nothing but that it takes nothing."""
    own, _ = postings.wallet(wish.act.user_id, wish.act.amount.currency).name
    if wish.payee_id is not None and refusal.facts.get("account", own) != own:
        return cannot_receive()
    if isinstance(refusal, AccountFrozen):
        return WalletFrozen("The wallet is frozen: nothing leaves it.", field="amount_minor")
    if not isinstance(refusal, LimitPassed):
        return refusal
    if refusal.facts.get("limit_minor"):
        return partly_frozen()
    return not_enough(wish.act.amount)
