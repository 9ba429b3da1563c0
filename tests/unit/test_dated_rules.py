"""Which version of a rule is in force, and is what we ship readable?"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

import msgspec
import pytest
from msgspec import Meta

from tael.app.contexts import CONTEXTS
from tael.foundation.clock import CHINA
from tael.foundation.dated_rules import (
    DatedRules,
    RuleMissing,
    RuleUnreadable,
    Shipped,
    check_shipped,
    shipped_rules,
    versions_in,
)
from tael.foundation.rule_changes import differences


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of the tests."""

    daily_minor: Annotated[int, Meta(ge=0)]
    per: str = "day"


class Loose(msgspec.Struct, frozen=True):
    """A type that takes whatever comes."""


TYPES: dict[str, type[msgspec.Struct]] = {"tests.limits": Limits}
TWO_VERSIONS = """
[[rule]]
name = "tests.limits"
effective_from = 2027-01-01
source = "Order 2 of 2026, Article 7"
verified = "law"
value = { daily_minor = 600 }

[[rule]]
name = "tests.limits"
effective_from = 2016-07-01
source = "Notice 43 of 2015, Article 24"
verified = "secondary"
note = "quoted by the press"
value = { daily_minor = 500 }
"""
NEW_YEAR = datetime(2027, 1, 1, tzinfo=CHINA)


def rules_in(text: str, types: dict[str, type[msgspec.Struct]] = TYPES) -> DatedRules:
    """Rules that only came with the program: no database is asked before `refresh`."""
    versions = versions_in(text, "tests")
    check_shipped("tests", types, versions)
    return DatedRules(cast(Any, None), Shipped(types=types, versions=versions))


def test_a_rule_says_what_its_version_in_force_says_to_the_microsecond() -> None:
    rules = rules_in(TWO_VERSIONS)
    just_before = NEW_YEAR - timedelta(microseconds=1)
    assert rules.read("tests.limits", Limits, at=just_before) == Limits(500)
    assert rules.read("tests.limits", Limits, at=NEW_YEAR) == Limits(600)
    assert rules.next_change("tests.limits", after=just_before) == NEW_YEAR
    assert rules.next_change("tests.limits", after=NEW_YEAR) is None


def test_a_day_begins_at_midnight_in_china() -> None:
    first, second = rules_in(TWO_VERSIONS).history("tests.limits")
    assert first.effective_from == datetime(2016, 6, 30, 16, tzinfo=UTC)
    assert second.effective_from == datetime(2026, 12, 31, 16, tzinfo=UTC)


def test_a_rule_that_nobody_wrote_is_said_to_be_missing() -> None:
    rules = rules_in(TWO_VERSIONS)
    with pytest.raises(RuleMissing, match=r"no rule tests\.other"):
        rules.read("tests.other", Limits, at=NEW_YEAR)
    with pytest.raises(RuleMissing, match="begins at 2016-06-30"):
        rules.read("tests.limits", Limits, at=datetime(2016, 1, 1, tzinfo=UTC))
    with pytest.raises(TypeError, match="is a Limits, not a Loose"):
        rules.read("tests.limits", Loose, at=NEW_YEAR)


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        (
            "daily_minor = 600",
            "daily_minor = '600'",
            r"2026-12-31 16:00 UTC: Expected `int`.*\$\.daily_minor",
        ),
        ("daily_minor = 600", "daily_minor = -1", r">= 0 - at `\$\.daily_minor"),
        ("daily_minor = 600", "dayly_minor = 600", "dayly_minor"),
        ('verified = "law"', 'verified = "sure"', "Invalid enum value"),
        ("2027-01-01", "2016-07-01", "two versions from one moment"),
        ("tests.limits", "other.limits", "stands in only one of"),
        ("source =", "sauce =", "unknown field `sauce`"),
    ],
)
def test_a_shipped_rule_that_cannot_be_read_is_named(changed: str, to: str, said: str) -> None:
    with pytest.raises(RuleUnreadable, match=said):
        rules_in(TWO_VERSIONS.replace(changed, to))


def test_a_type_that_lets_typing_errors_through_is_refused() -> None:
    with pytest.raises(RuleUnreadable, match="forbid_unknown_fields"):
        rules_in(TWO_VERSIONS, {"tests.limits": Loose})
    with pytest.raises(RuleUnreadable, match=r"not named tests\."):
        rules_in(TWO_VERSIONS.replace("tests.", "others."), {"others.limits": Limits})


def test_every_shipped_rule_reads_as_the_type_that_its_context_gives_it() -> None:
    shipped = shipped_rules(*CONTEXTS)
    rules = DatedRules(cast(Any, None), shipped)
    assert set(rules.names()) == set(shipped.types)
    for name in rules.names():
        for version in rules.history(name):
            value = rules.read(name, shipped.types[name], at=version.effective_from)
            assert msgspec.to_builtins(value).keys() >= version.value.keys()
            assert version.source.strip()


def test_a_difference_is_told_place_by_place() -> None:
    before = {"classes": [{"name": "I", "year": 1}, {"name": "II", "year": 2}], "note": "x"}
    after = {"classes": [{"name": "I", "year": 1}, {"name": "II", "year": 3}], "more": {}}
    assert [(each.path, each.before, each.after) for each in differences(before, after)] == [
        ("classes[1].year", "2", "3"),
        ("more", None, "{}"),
        ("note", '"x"', None),
    ]
