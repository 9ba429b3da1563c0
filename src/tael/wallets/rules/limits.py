"""Does an act pass a limit, and what does it count in? Every number comes from a dated rule or from the user's agreement.

    limit             period       what counts                                           source
    single            one act      payments and transfers                                wallets.limits
    spent             year, life   payments and transfers of all accounts                account class (standing)
    weak, unsigned    day          what is confirmed by < 2 factors; without a signature  identity.step_up
    transfer          day          transfers: amount and number                          agreement (standing)
    payment           day          payments                                              agreement (standing)
    withdrawal        day          withdrawals to one's own bank card, and nothing else  agreement (standing)
    static code       day          payments by static codes                              wallets.limits

A *counter* is one row for a user, a kind and a period. Life is the sum of the years, so an account class may change and
nothing that was spent is forgotten. Days and years are China's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from tael.foundation.clock import CHINA
from tael.foundation.money import Money
from tael.identity.model import DayOf, StepUpQuestion, Strength
from tael.standing.model import AccountClassTerms, LimitPeriod, PersonalLimit
from tael.standing.model import Limits as Agreed
from tael.wallets.errors import LimitReached, WalletMalformed
from tael.wallets.model import (
    CounterKey,
    CounterKind,
    CurrencyLimits,
    LimitShown,
    LimitSource,
    SpendingKind,
    Used,
)

Counters = Mapping[CounterKey, Used]

_K = CounterKind
_COUNTED = frozenset({SpendingKind.TRANSFER, SpendingKind.PAYMENT})
"""What counts for the account class; withdrawals to one's own bank card do not."""


_AGREED: Mapping[SpendingKind, tuple[CounterKind, str, PersonalLimit, PersonalLimit | None]] = {
    SpendingKind.TRANSFER: (
        _K.TRANSFER,
        "transfer_day",
        PersonalLimit.TRANSFER_DAY,
        PersonalLimit.TRANSFERS_DAY,
    ),
    SpendingKind.PAYMENT: (_K.PAYMENT, "payment_day", PersonalLimit.PAY_DAY, None),
    SpendingKind.WITHDRAWAL: (_K.WITHDRAWAL, "withdrawal_day", PersonalLimit.WITHDRAW_DAY, None),
}
"""What a user agrees on with us, by what the money is spent for: the counter, amounts, and how often."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one user at one moment, in one currency."""

    account_class: AccountClassTerms
    agreed: Agreed
    day: DayOf | None
    """By strength of confirmation; `None`: everything is signed."""
    house: CurrencyLimits


class Act(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a decision about limits needs to know of an act."""

    user_id: str
    kind: SpendingKind
    amount: Money
    at: datetime
    static: bool = False
    """Whether it is paid by a static code."""


class Charge(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an act adds to a counter, and what the counter may come to."""

    key: CounterKey
    name: str
    source: LimitSource
    minor: int
    most_minor: int | None = None
    most_count: int | None = None
    also: tuple[CounterKey, ...] = ()
    """Counters whose amounts are part of what is limited: years of a life, weak confirmations among the unsigned."""


# Periods.


@lru_cache(maxsize=64)
def day_of(at: datetime) -> str:
    """The day in China: `2026-11-23`."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d")


@lru_cache(maxsize=64)
def year_of(at: datetime) -> str:
    """The year in China: `2026`."""
    return at.astimezone(CHINA).strftime("%Y")


def periods_between(opened_at: datetime, at: datetime) -> list[str]:
    """The day, and every year in which a wallet may have been used: the periods whose counters decide.

    About New Year, that is one more: an act that began at another moment may have been counted before.
    """
    first, last = int(year_of(opened_at - _ABOUT)), int(year_of(at + _ABOUT))
    return [day_of(at), *(str(year) for year in range(min(first, last), last + 1))]


_ABOUT = timedelta(hours=1)
"""By how much more than that, no two acts differ that are decided one after the other."""


def end_of_day(at: datetime) -> datetime:
    """Midnight in China after a moment."""
    local = at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return (local + timedelta(days=1)).astimezone(UTC)


def end_of_year(at: datetime) -> datetime:
    """The end of the year in China."""
    local = at.astimezone(CHINA)
    return local.replace(
        year=local.year + 1, month=1, day=1, hour=0, minute=0, second=0, microsecond=0
    ).astimezone(UTC)


# Decisions.


def why_not_at_all(
    amount: Money, limits: Mapping[str, CurrencyLimits]
) -> WalletMalformed | LimitReached | None:
    """Whether so much can be spent in one act, whoever does it."""
    house = limits.get(amount.currency)
    if house is None:
        return WalletMalformed(
            f"Wallets hold no {amount.currency[:12]}.",
            field="currency",
            hint=f"They hold {', '.join(sorted(limits))}.",
        )
    if amount.minor <= 0:
        return WalletMalformed("An amount is more than nothing.", field="amount_minor")
    if amount.minor > house.single_minor:
        return LimitReached(
            f"At most {Money(house.single_minor, amount.currency)} at a time.",
            field="amount_minor",
            limit="single",
            source=LimitSource.HOUSE,
            limit_minor=house.single_minor,
            left_minor=house.single_minor,
        )
    return None


def question_of(act: Act, counters: Counters, *, login_id: str) -> StepUpQuestion:
    """What whoever knows how strongly acts are confirmed has to be told."""
    weak = counters.get(_day_key(act, _K.WEAK), Used()).minor
    unsigned = counters.get(_day_key(act, _K.UNSIGNED), Used()).minor
    return StepUpQuestion(
        login_id=login_id,
        kind=act.kind,
        amount=act.amount,
        at=act.at,
        weak_today_minor=weak,
        unsigned_today_minor=weak + unsigned,
    )


def charges_of(act: Act, terms: Terms, strength: Strength, *, years: Sequence[str]) -> list[Charge]:
    """In which counters an act counts that is confirmed so strongly, and what each may come to.

    years   every year in which the wallet may have been used, that of the act among them
    """
    agreed, minor = terms.agreed, act.amount.minor
    charges = [_confirmed(act, terms, strength)] if strength is not Strength.SIGNED else []
    if act.kind in _COUNTED:
        charges.append(_spent(act, terms, years))
    kind, name, most, count = _AGREED[act.kind]
    charges.append(
        Charge(
            key=_day_key(act, kind),
            name=name,
            source=LimitSource.AGREEMENT,
            minor=minor,
            most_minor=agreed.get(most),
            most_count=agreed.get(count) if count is not None else None,
        )
    )
    if act.static:
        charges.append(
            Charge(
                key=_day_key(act, _K.STATIC_CODE),
                name="static_code_day",
                source=LimitSource.STATIC_CODE,
                minor=minor,
                most_minor=terms.house.static_code_day_minor,
            )
        )
    return charges


def _confirmed(act: Act, terms: Terms, strength: Strength) -> Charge:
    day = terms.day
    if strength.is_weak:
        return Charge(
            key=_day_key(act, _K.WEAK),
            name="weak_day",
            source=LimitSource.CONFIRMATION,
            minor=act.amount.minor,
            most_minor=day.weak_minor if day else 0,
        )
    return Charge(
        key=_day_key(act, _K.UNSIGNED),
        name="unsigned_day",
        source=LimitSource.CONFIRMATION,
        minor=act.amount.minor,
        most_minor=day.unsigned_minor if day else 0,
        also=(_day_key(act, _K.WEAK),),
    )


def _spent(act: Act, terms: Terms, years: Sequence[str]) -> Charge:
    now = year_of(act.at)
    others = [CounterKey(act.user_id, _K.SPENT, year, act.amount.currency) for year in years if year != now]
    for_life = terms.account_class.period is LimitPeriod.LIFE
    return Charge(
        key=CounterKey(act.user_id, _K.SPENT, now, act.amount.currency),
        name="spent_life" if for_life else "spent_year",
        source=LimitSource.ACCOUNT_CLASS,
        minor=act.amount.minor,
        most_minor=terms.account_class.limit_minor
        if act.amount.currency == terms.account_class.currency
        else 0,
        also=tuple(others) if for_life else (),
    )


def why_too_much(charges: Iterable[Charge], counters: Counters, at: datetime) -> LimitReached | None:
    """The first limit that an act would pass, or `None`."""
    for charge in charges:
        used = counters.get(charge.key, _NOTHING)
        if charge.most_minor is not None:
            minor = used.minor
            for key in charge.also:
                minor += counters.get(key, _NOTHING).minor
            if minor + charge.minor > charge.most_minor:
                return _reached(charge, charge.name, charge.most_minor, minor, at)
        if charge.most_count is not None and used.count + 1 > charge.most_count:
            return _reached(charge, f"{charge.key.kind}s_day", charge.most_count, used.count, at, counts=True)
    return None


_NOTHING = Used()


def _reached(
    charge: Charge, name: str, most: int, used: int, at: datetime, *, counts: bool = False
) -> LimitReached:
    left = max(most - used, 0)
    free_at = free_again_at(name, at)
    facts: dict[str, str | int] = {"limit": name, "source": charge.source}
    facts |= (
        {"limit_count": most, "left_count": left} if counts else {"limit_minor": most, "left_minor": left}
    )
    if free_at is not None:
        facts["free_again_at"] = free_at.isoformat()
    shown = f"{most} times" if counts else str(Money(most, charge.key.currency))
    until = f" It is free again at {free_at:%Y-%m-%d %H:%M} UTC." if free_at is not None else ""
    return LimitReached(
        f"This would pass a limit of {shown}.{until}",
        field=None if counts else "amount_minor",
        hint="`GET /v1/me/limits` says what is left.",
        retry_after_seconds=None,
        **facts,
    )


def free_again_at(name: str, at: datetime) -> datetime | None:
    """When the period of a limit ends; `None` of one for life."""
    if name.endswith("_life"):
        return None
    return end_of_year(at) if name.endswith("_year") else end_of_day(at)


def counted(charges: Iterable[Charge], counters: dict[CounterKey, Used]) -> None:
    """Add an act to the counters."""
    for charge in charges:
        used = counters.get(charge.key, _NOTHING)
        counters[charge.key] = Used(used.minor + charge.minor, used.count + 1)


def given_back(act: Act, strength: Strength) -> Iterator[CounterKey]:
    """The counters in which an act was counted at its moment: those of the periods of then, whenever it is taken back."""
    currency = act.amount.currency
    if act.kind in _COUNTED:
        yield CounterKey(act.user_id, _K.SPENT, year_of(act.at), currency)
    if strength is not Strength.SIGNED:
        yield _day_key(act, _K.WEAK if strength.is_weak else _K.UNSIGNED)
    yield _day_key(act, CounterKind(act.kind))
    if act.static:
        yield _day_key(act, _K.STATIC_CODE)


def _day_key(act: Act, kind: CounterKind) -> CounterKey:
    return CounterKey(act.user_id, kind, day_of(act.at), act.amount.currency)


# What people are shown.


def shown(user_id: str, terms: Terms, counters: Counters, *, currency: str, at: datetime) -> list[LimitShown]:
    """Every limit of a user, how far it is used, and when it is free again."""
    years = sorted({key.period for key in counters if key.kind is _K.SPENT and key.user_id == user_id})
    if not years or years[-1] != year_of(at):
        years.append(year_of(at))
    found: dict[str, LimitShown] = {}
    for kind in SpendingKind:
        act = Act(user_id=user_id, kind=kind, amount=Money(0, currency), at=at, static=True)
        for strength in (Strength.ONE, Strength.TWO):
            for charge in charges_of(act, terms, strength, years=years):
                for each in _shown(charge, counters, at):
                    found.setdefault(each.name, each)
    single = terms.house.single_minor
    found["single"] = LimitShown(
        name="single",
        source=LimitSource.HOUSE,
        currency=currency,
        limit=single,
        used=0,
        left=single,
        free_again_at=None,
    )
    return list(found.values())


def _shown(charge: Charge, counters: Counters, at: datetime) -> Iterator[LimitShown]:
    used = counters.get(charge.key, _NOTHING)
    if charge.most_minor is not None:
        minor = used.minor + sum(counters.get(key, _NOTHING).minor for key in charge.also)
        yield LimitShown(
            name=charge.name,
            source=charge.source,
            currency=charge.key.currency,
            limit=charge.most_minor,
            used=minor,
            left=max(charge.most_minor - minor, 0),
            free_again_at=free_again_at(charge.name, at),
        )
    if charge.most_count is not None:
        name = f"{charge.key.kind}s_day"
        yield LimitShown(
            name=name,
            source=charge.source,
            currency=None,
            limit=charge.most_count,
            used=used.count,
            left=max(charge.most_count - used.count, 0),
            free_again_at=free_again_at(name, at),
        )
