"""What is within limits, by hand: every act is kept, and what stands in the same day, year or life is added up anew."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from tael.identity.model import DayOf, Strength
from tael.standing.model import AccountClassTerms, LimitPeriod, PersonalLimit
from tael.wallets.model import SpendingKind

IN_CHINA = timezone(timedelta(hours=8))


class Done:
    """An act as the model keeps it."""

    def __init__(
        self, kind: SpendingKind, minor: int, strength: Strength, *, static: bool, at: datetime
    ) -> None:
        local = at.astimezone(IN_CHINA)
        self.kind, self.strength, self.static, self.at = kind, strength, static, at
        self.day, self.year = (local.year, local.month, local.day), local.year
        self.minor, self.counts = minor, 1
        self.asked_minor = minor


class Model:
    """What a bookkeeper would say who reads the whole book for each question."""

    def __init__(
        self,
        of_class: AccountClassTerms,
        agreed: Mapping[PersonalLimit, int],
        day: DayOf,
        *,
        static_code_day_minor: int = 0,
    ) -> None:
        self.book: list[Done] = []
        self.of_class = of_class
        self.agreed = dict(agreed)
        self.day = day
        self.static_code_day_minor = static_code_day_minor

    def fits(self, new: Done) -> bool:
        """Whether every limit lets it pass."""
        today = [each for each in self.book if each.day == new.day]
        return all(
            sum(each.minor for each in counted) + new.minor <= most
            for counted, most in self._limits(new, today)
        ) and (
            new.kind is not SpendingKind.TRANSFER
            or sum(each.counts for each in today if each.kind is new.kind)
            < self.agreed[PersonalLimit.TRANSFERS_DAY]
        )

    def _limits(self, new: Done, today: list[Done]) -> list[tuple[list[Done], int]]:
        names = {
            SpendingKind.TRANSFER: PersonalLimit.TRANSFER_DAY,
            SpendingKind.PAYMENT: PersonalLimit.PAY_DAY,
            SpendingKind.WITHDRAWAL: PersonalLimit.WITHDRAW_DAY,
        }
        found = [([each for each in today if each.kind is new.kind], self.agreed[names[new.kind]])]
        if new.kind is not SpendingKind.WITHDRAWAL:
            spent = [each for each in self.book if each.kind is not SpendingKind.WITHDRAWAL]
            if self.of_class.period is LimitPeriod.YEAR:
                spent = [each for each in spent if each.year == new.year]
            found.append((spent, self.of_class.limit_minor))
        weak = [each for each in today if each.strength in (Strength.NONE, Strength.ONE)]
        unsigned = [each for each in today if each.strength is not Strength.SIGNED]
        if new.strength in (Strength.NONE, Strength.ONE):
            found.append((weak, self.day.weak_minor))
        if new.strength is Strength.TWO:
            found.append((unsigned, self.day.unsigned_minor))
        if new.static:
            found.append(([each for each in today if each.static], self.static_code_day_minor))
        return found
