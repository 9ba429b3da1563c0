"""Which rule is in force at a moment? Limits, thresholds and terms of law and of the house are data with dates.

A context ships its rules in `dated_rules.toml` and says in its `model.py` which type each has:

    DATED_RULES = {"wallets.limits": Limits}

    [[rule]]
    name = "wallets.limits"
    effective_from = 2016-07-01             # midnight in China; or a moment with its zone
    source = "PBOC announcement 2015 No. 43, Article 11"
    verified = "secondary"
    note = "Quoted by the press; read it in the text itself"
    value = { year_minor = 10_000_000 }

What is changed at run time (`foundation.rule_changes`) is kept in a table. Both are one row of versions by the moment from
which they are in force; of two with the same moment the kept one counts, and of two kept ones the later.
Everything is converted to its type when it is loaded: a process with a rule that it cannot read does not start.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import cache
from importlib import import_module, resources
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from tael.foundation.clock import CHINA
from tael.foundation.db import Database, Transaction, queries

SQL = queries("tael.foundation")
FILE = "dated_rules.toml"
TYPES = "DATED_RULES"
"""What a context's `model.py` calls the types of its rules."""

S = TypeVar("S", bound=msgspec.Struct)


class RuleMissing(LookupError):
    """The program asks for a rule that nobody wrote, or for a moment before its first version: a mistake of ours."""


class RuleUnreadable(ValueError):
    """A shipped or kept rule does not have the form that its context expects; says which, and what is wrong where."""


class Verified(StrEnum):
    """How sure are we of what a rule says?"""

    LAW = "law"
    """Read in the text itself."""
    SECONDARY = "secondary"
    """Quoted by the press or by commentaries."""
    UNVERIFIED = "unverified"
    """From memory: a person has to look it up before anybody relies on it."""
    HOUSE = "house"
    """Nobody asks for it: the operator's own choice."""


class RuleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says from a moment on, and on whose word."""

    name: str
    effective_from: datetime
    value: dict[str, Any]
    """In the words of the context that reads it."""
    source: str
    """Document and article."""
    verified: Verified
    note: str = ""
    number: int = 0
    """0 of what came with the program; of what was changed at run time, in the order of the approvals."""
    proposal_id: str | None = None
    proposed_by: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """What came with the program: the type of each rule, and its versions."""

    types: Mapping[str, type[msgspec.Struct]]
    versions: Sequence[RuleVersion]


class _ShippedRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `[[rule]]` of a file."""

    name: str
    effective_from: Any
    """A date or a moment, as TOML writes them."""
    value: dict[str, Any]
    source: str
    verified: Verified
    note: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rule: list[_ShippedRule]


class _History(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's versions in the order of their moments, each with its value as its context reads it."""

    versions: tuple[RuleVersion, ...]
    moments: tuple[datetime, ...]
    values: tuple[msgspec.Struct, ...]

    def position(self, at: datetime) -> int:
        """Which version is in force; -1 before the first one."""
        return bisect_right(self.moments, at) - 1


class DatedRules:
    """The rules of one database as this process knows them; `refresh` hears what was approved meanwhile."""

    def __init__(self, database: Database, shipped: Shipped) -> None:
        """What came with the program is known at once. Raises `RuleUnreadable`."""
        self._database = database
        self._shipped = shipped
        self._newest = 0
        self._histories = _histories(self._shipped, ())

    async def refresh(self) -> bool:
        """Hear what was approved; says whether anything was new. Raises `RuleUnreadable`, and then knows what it knew."""
        async with self._database.transaction() as tx:
            return await self._hear(tx)

    async def _hear(self, tx: Transaction) -> bool:
        kept = await tx.rows(SQL.list_dated_rules, RuleVersion)
        newest = kept[-1].number if kept else 0
        if newest == self._newest:
            return False
        self._histories = _histories(self._shipped, kept)
        self._newest = newest
        return True

    def read(self, name: str, type: type[S], *, at: datetime) -> S:
        """What the rule says at a moment. Costs a search in memory; raises `RuleMissing`."""
        history = self._history(name)
        position = history.position(at)
        if position < 0:
            raise RuleMissing(
                f"The rule {name} begins at {history.moments[0]:%Y-%m-%d %H:%M} UTC, after {at}."
            )
        value = history.values[position]
        if not isinstance(value, type):
            raise TypeError(f"The rule {name} is a {value.__class__.__name__}, not a {type.__name__}.")
        return value

    def next_change(self, name: str, *, after: datetime) -> datetime | None:
        """The next moment from which the rule says something else; `None` if none is known."""
        history = self._history(name)
        position = history.position(after) + 1
        return history.moments[position] if position < len(history.moments) else None

    def names(self) -> Sequence[str]:
        """Every rule there is, in order."""
        return sorted(self._histories)

    def history(self, name: str) -> Sequence[RuleVersion]:
        """Every version of a rule that counts or counted, oldest first; none if there is no such rule."""
        history = self._histories.get(name)
        return () if history is None else history.versions

    def in_force(self, name: str, *, at: datetime) -> RuleVersion | None:
        """The version of a rule that is in force at a moment, if there is one."""
        history = self._history(name)
        position = history.position(at)
        return history.versions[position] if position >= 0 else None

    def converted(self, name: str, value: Mapping[str, Any]) -> msgspec.Struct:
        """A value as the rule's context reads it; raises `msgspec.ValidationError` with what is wrong, and where."""
        return msgspec.convert(dict(value), self.type_of(name))

    def type_of(self, name: str) -> type[msgspec.Struct]:
        """The type of a rule's value; raises `RuleMissing`."""
        self._history(name)
        return self._shipped.types[name]

    def _history(self, name: str) -> _History:
        try:
            return self._histories[name]
        except KeyError:
            raise RuleMissing(f"There is no rule {name}: no context ships it in {FILE}.") from None


@cache
def shipped_rules(*contexts: str) -> Shipped:
    """What the contexts of these names ship; raises `RuleUnreadable` for what is half there."""
    types: dict[str, type[msgspec.Struct]] = {}
    versions: list[RuleVersion] = []
    for context in contexts:
        file = resources.files(f"tael.{context}").joinpath(FILE)
        if not file.is_file():
            continue
        own: Mapping[str, type[msgspec.Struct]] = getattr(import_module(f"tael.{context}.model"), TYPES, {})
        listed = versions_in(file.read_text("utf-8"), context)
        check_shipped(context, own, listed)
        types.update(own)
        versions += listed
    return Shipped(types=MappingProxyType(types), versions=tuple(versions))


def versions_in(text: str, context: str) -> list[RuleVersion]:
    """The versions that a context's file says; raises `RuleUnreadable`."""
    try:
        rules = msgspec.convert(tomllib.loads(text), _File).rule
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RuleUnreadable(f"{FILE} of {context}: {error}") from error
    return [
        RuleVersion(
            name=rule.name,
            effective_from=_moment(rule),
            value=msgspec.to_builtins(rule.value),
            source=rule.source,
            verified=rule.verified,
            note=rule.note,
        )
        for rule in rules
    ]


def _moment(rule: _ShippedRule) -> datetime:
    """The beginning of a day in China, or the moment itself."""
    said = rule.effective_from
    if isinstance(said, datetime):
        return (said if said.tzinfo else said.replace(tzinfo=CHINA)).astimezone(UTC)
    if isinstance(said, date):
        return datetime.combine(said, time(), tzinfo=CHINA).astimezone(UTC)
    raise RuleUnreadable(f"{rule.name}: effective_from is written as a date, 2027-01-01, without quotes.")


def check_shipped(
    context: str, types: Mapping[str, type[msgspec.Struct]], versions: Sequence[RuleVersion]
) -> None:
    """Refuses `RuleUnreadable`: each rule has a strict type, a name of its context, and one version from a moment on."""
    shipped = {version.name for version in versions}
    if types.keys() != shipped:
        odd = ", ".join(sorted(types.keys() ^ shipped))
        raise RuleUnreadable(f"{context}: {odd} stands in only one of {FILE} and model.{TYPES}.")
    for name, type in types.items():
        if not name.startswith(f"{context}."):
            raise RuleUnreadable(f"{context}: the rule {name} is not named {context}.…")
        if not type.__struct_config__.forbid_unknown_fields:
            raise RuleUnreadable(
                f"{type.__name__} of {name} lets typing errors through: forbid_unknown_fields."
            )
    moments = [(version.name, version.effective_from) for version in versions]
    twice = {name for name, moment in moments if moments.count((name, moment)) > 1}
    if twice:
        raise RuleUnreadable(f"{context}: {', '.join(sorted(twice))} has two versions from one moment on.")


def _histories(shipped: Shipped, kept: Sequence[RuleVersion]) -> Mapping[str, _History]:
    """The versions of every rule that this program knows, merged."""
    merged: dict[str, dict[datetime, RuleVersion]] = {name: {} for name in shipped.types}
    for version in (*shipped.versions, *kept):
        if version.name in merged:
            merged[version.name][version.effective_from] = version
    return {name: _history(shipped.types[name], versions) for name, versions in merged.items()}


def _history(type: type[msgspec.Struct], by_moment: Mapping[datetime, RuleVersion]) -> _History:
    versions = tuple(by_moment[moment] for moment in sorted(by_moment))
    return _History(
        versions=versions,
        moments=tuple(version.effective_from for version in versions),
        values=tuple(_value(version, type) for version in versions),
    )


def _value(version: RuleVersion, type: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.convert(version.value, type)
    except msgspec.ValidationError as error:
        raise RuleUnreadable(
            f"The rule {version.name} from {version.effective_from:%Y-%m-%d %H:%M} UTC: {error}"
        ) from error
