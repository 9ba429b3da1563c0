"""What may be asked of a ledger? Anything, right and wrong, drawn with dice from a small world so that things meet."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tael.ledger.api import AccountChange
from tael.ledger.model import AccountClass, AccountSpec, Frozen, JournalEntry, Limit, Phase, Posting

LARGEST = 2**63 - 1
WORLD = (
    AccountSpec("bank", "CNY", AccountClass.ASSET),
    AccountSpec("bank", "USD", AccountClass.ASSET),
    AccountSpec("shop", "CNY", AccountClass.LIABILITY, 0),
    AccountSpec("shop", "USD", AccountClass.LIABILITY, 0),
    AccountSpec("vault", "CNY", AccountClass.ASSET, 0, 300),
    AccountSpec("credit", "CNY", AccountClass.LIABILITY, -50),
    AccountSpec("costs", "CNY", AccountClass.EXPENSE, None, 200),
)
"""Accounts of every kind of limit; `bank` has none."""


class Requests:
    """Somebody who asks a ledger for this and that, and remembers what was asked for."""

    def __init__(
        self,
        dice: random.Random,
        now: Callable[[], datetime],
        *,
        world: Sequence[AccountSpec] = WORLD,
        name: str = "",
        faults: bool = True,
    ) -> None:
        self._dice = dice
        self._now = now
        self._world = world
        self._name = name
        self._faults = faults
        """Whether to ask for what no sane caller asks for, too."""
        self.asked: list[JournalEntry] = []
        self.booked: list[JournalEntry] = []
        """Those of which somebody said that they were booked; most ends and reversals are of these."""

    def batch(self, most: int) -> list[JournalEntry]:
        """Some entries, some of them linked, the last one seldom; now and then one comes twice, or two end one hold."""
        entries = [self.entry() for _ in range(self._dice.randint(1, most))]
        how = self._dice.random()
        if how < 0.1:
            entries.insert(1, entries[0])
        elif how < 0.2:
            one, other = self._end(), self._new(id=f"{self._new_id()}b", phase=Phase.VOID)
            entries = [one, *entries, msgspec.structs.replace(other, ends=one.ends)]
        odds = [0.5 if how < 0.2 else 0.25] * (len(entries) - 1) + [0.02]
        return [
            msgspec.structs.replace(entry, linked=self._dice.random() < linked)
            for entry, linked in zip(entries, odds, strict=True)
        ]

    def entry(self) -> JournalEntry:
        """One entry that is not linked."""
        kinds = [self._transfer, self._pending, self._end, self._reversal, self._repeat, self._nonsense]
        weights = [8, 4, 5, 1.5, 1.5, 0.7 if self._faults else 0]
        entry = self._dice.choices(kinds, weights)[0]()
        self.asked.append(entry)
        return entry

    def change(self) -> AccountChange:
        """A limit, a freeze or its end, seldom a closing."""
        spec = self._dice.choice(self._world)
        what = self._dice.random()
        if what < 0.08:
            return AccountChange(code=spec.code, currency=spec.currency, close=True)
        if what < 0.55:
            frozen = self._dice.choice([Frozen.NO, Frozen.NO, Frozen.NO, *Frozen])
            return AccountChange(code=spec.code, currency=spec.currency, frozen=frozen)
        return AccountChange(code=spec.code, currency=spec.currency, limit=self._limit())

    def _limit(self) -> Limit:
        begins_at = self._now() + timedelta(seconds=self._dice.choice([-3600, 0, 60, 3600]))
        floor = self._dice.choice([None, 0, -50, -200, 10])
        ceiling = self._dice.choice([None, None, 100, 400])
        return Limit(begins_at=begins_at, floor_minor=floor, ceiling_minor=ceiling)

    # ── Kinds of entries ──────────────────────────────────────────────────────────────────────────────

    def _transfer(self) -> JournalEntry:
        return self._new(postings=self._lines(), effective_at=self._moment())

    def _pending(self) -> JournalEntry:
        expires_at = None
        if self._dice.random() < 0.6:
            expires_at = self._now() + timedelta(seconds=self._dice.choice([-60, 0, 1, 60, 600, 3600]))
        return self._new(phase=Phase.PENDING, postings=self._lines(), expires_at=expires_at)

    def _end(self) -> JournalEntry:
        target = self._target(Phase.PENDING)
        if target is None:
            return self._new(phase=Phase.VOID, ends="no such entry")
        phase = self._dice.choice([Phase.POST, Phase.POST, Phase.POST, Phase.VOID, Phase.VOID, Phase.EXPIRY])
        if phase is Phase.EXPIRY:
            return JournalEntry(
                id=f"{target.id}:expiry",
                kind="hold.expired",
                reference=target.id,
                phase=phase,
                ends=target.id,
            )
        if phase is Phase.VOID:
            return self._new(phase=phase, ends=target.id)
        return self._new(
            phase=phase, ends=target.id, postings=self._part(target), effective_at=self._moment()
        )

    def _part(self, target: JournalEntry) -> tuple[Posting, ...]:
        """Nothing said, the first pair of lines in part, in full or beyond, or all of them."""
        how = self._dice.random()
        if how < 0.4 or len(target.postings) < 2:
            return ()
        if how < 0.5:
            return target.postings
        one, other = target.postings[:2]
        if one.amount_minor != -other.amount_minor:
            return target.postings
        minor = self._dice.choice([one.amount_minor, one.amount_minor // 2 or 1, one.amount_minor + 1])
        return (Posting(one.code, one.currency, minor), Posting(other.code, other.currency, -minor))

    def _reversal(self) -> JournalEntry:
        target = self._target(Phase.SINGLE, Phase.POST)
        if target is None:
            return self._new(reverses="no such entry")
        says = tuple(Posting(line.code, line.currency, -line.amount_minor) for line in target.postings)
        return self._new(reverses=target.id, postings=says if self._dice.random() < 0.2 else ())

    def _repeat(self) -> JournalEntry:
        """Something asked for before, sometimes with a difference."""
        if not self.asked:
            return self._transfer()
        entry = msgspec.structs.replace(self._dice.choice(self.asked[-60:]), linked=False)
        if self._dice.random() < 0.6:
            return entry
        differences: list[dict[str, Any]] = [
            {"kind": "other"},
            {"reference": "other"},
            {"metadata": {"other": "yes"}},
            {"metadata": {}},
            {"postings": self._lines()},
            {"effective_at": self._now()},
        ]
        return msgspec.structs.replace(entry, **self._dice.choice(differences))

    def _nonsense(self) -> JournalEntry:
        lines = [
            self._posting(self._dice.choice(self._world), self._minor())
            for _ in range(self._dice.randint(0, 4))
        ]
        pairs = (Posting("nowhere", "CNY", 5), Posting("bank", "CNY", -5))
        return self._dice.choice(
            [
                self._new(postings=tuple(lines)),
                self._new(postings=pairs),
                self._new(postings=(*pairs, Posting("bank", "CNY", 0))),
                self._new(postings=pairs, expires_at=self._now()),
                self._new(phase=Phase.PENDING, ends="e1", postings=pairs),
                self._new(phase=Phase.VOID, ends="e1", postings=pairs),
                self._new(phase=Phase.PENDING, reverses="e1", postings=pairs),
                self._new(phase=Phase.POST),
            ]
        )

    # ── Parts ─────────────────────────────────────────────────────────────────────────────────────────

    def _new_id(self) -> str:
        return f"{self._name}e{len(self.asked)}"

    def _new(self, id: str | None = None, **fields: Any) -> JournalEntry:
        metadata = self._dice.choice([None, None, None, {}, {"order": "7"}])
        return JournalEntry(id=id or self._new_id(), kind="sale", reference="r", metadata=metadata, **fields)

    def _moment(self) -> datetime | None:
        if self._dice.random() < 0.8:
            return None
        return self._now() - timedelta(hours=self._dice.choice([0, 1, 5, 30]))

    def _target(self, *phases: Phase) -> JournalEntry | None:
        """An entry to be ended or reversed: mostly of the phase that can be, and mostly a young one."""
        fitting = [entry for entry in self.booked if entry.phase in phases]
        if fitting and self._dice.random() < 0.9:
            return self._dice.choice(fitting[-8:])
        return self._dice.choice(self.asked) if self.asked else None

    def _minor(self) -> int:
        if self._faults and self._dice.random() < 0.04:
            return self._dice.choice([LARGEST, LARGEST - 50, LARGEST // 2])
        return self._dice.choice([1, 5, 10, 20, 50, 51, 100, 120])

    def _lines(self) -> tuple[Posting, ...]:
        """One or two transfers, in one or two currencies."""
        lines: list[Posting] = []
        for _ in range(self._dice.choice([1, 1, 1, 2])):
            one = self._dice.choice(self._world)
            near = [spec for spec in self._world if spec.currency == one.currency]
            other = self._dice.choice(near if self._dice.random() < 0.5 else near[:1])
            minor = self._minor() * self._dice.choice([1, -1])
            lines += [self._posting(one, minor), self._posting(other, -minor)]
        return tuple(lines)

    def _posting(self, spec: AccountSpec, minor: int) -> Posting:
        return Posting(spec.code, spec.currency, minor)
