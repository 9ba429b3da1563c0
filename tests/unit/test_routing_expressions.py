"""Can operations write what they mean, and nothing that could harm?"""

import random

import pytest

from tael.routing.errors import RuleMalformed
from tael.routing.expressions import FACTS, LONGEST, CannotEvaluate, Expression, read_expression
from tael.routing.model import Fact


def facts(**more: Fact) -> dict[str, Fact]:
    return {name: usual for name, (usual, _) in FACTS.items()} | more


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ('amount_minor >= 5000000 && currency == "CNY"', True),
        ("amount_minor > 5000000", False),
        ('product in ["code", "h5"] || channel == "bank"', True),
        ('!(country == "CN") && merchant_id.startsWith("mer_")', False),
        ("hour >= 22 || hour < 6", True),
        ("weekday in [6, 7]", False),
        ('card_kind == ""', True),
        ("amount_minor % 100 == 0", True),
    ],
)
def test_an_expression_says_what_it_means(source: str, holds: bool) -> None:  # noqa: FBT001 - a column of the table
    of = facts(amount_minor=5_000_000, hour=23, country="CN", merchant_id="mer_1", weekday=5)
    assert read_expression(source).holds(of) is holds


def test_a_mistake_is_refused_with_its_line_and_column() -> None:
    with pytest.raises(RuleMalformed, match="line 1, column 15") as refused:
        read_expression("amount_minor >")
    assert refused.value.field == "expression"
    with pytest.raises(RuleMalformed, match="line 2, column 6"):
        read_expression("hour < 3 ||\n(hour")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("amuont_minor > 1", "'amuont_minor'"),
        ('country.matches("^(a+)+$")', "'matches'"),
        ("[1, 2].exists(hour, hour == 1)", "not_strictly_false"),
        ("[1, 2].map(hour, hour * 2) == [2]", r"'\+'"),
        ("[1, 2].filter(hour, hour > 1) == [2]", r"'\+'"),
        ("[1].exists_one(hour, true)", r"'\+'"),
        ('timestamp("2026-01-01T00:00:00Z") == timestamp("2026-01-01T00:00:00Z")', "'timestamp'"),
        ('open("/etc/passwd") == ""', "'open'"),
        ("amount_minor", "neither true nor false"),
        ("currency > 3", "overload"),
        ("hour == 1" + " " * LONGEST, "characters"),
        ("", "line 1"),
    ],
)
def test_what_a_rule_may_not_say_is_refused_with_the_reason(source: str, why: str) -> None:
    with pytest.raises(RuleMalformed, match=why):
        read_expression(source)


def test_an_expression_that_fails_on_some_facts_says_so_and_nothing_else_happens() -> None:
    expression = Expression("100 / hour > 5")
    assert expression.holds(facts(hour=10))
    with pytest.raises(CannotEvaluate, match="division by zero"):
        expression.holds(facts(hour=0))
    with pytest.raises(CannotEvaluate):
        Expression("amount_minor > 5").holds(facts(amount_minor="five"))


def test_an_expression_remembers_by_the_facts_that_it_asks_for_alone() -> None:
    expression = Expression("hour < 6")
    assert expression.facts == ("hour",)
    assert [expression.holds(facts(hour=hour, amount_minor=hour)) for hour in (5, 6, 5, 7)] == [
        True,
        False,
        True,
        False,
    ]


def test_nothing_that_anybody_types_escapes_as_anything_but_a_refusal() -> None:
    dice = random.Random(7)
    parts = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "!",
        "-",
        "&&",
        "||",
        "==",
        "<",
        "1",
        '"a"',
        "hour",
        ".",
        "?",
        ":",
        "in",
    ]
    parts += [
        ",",
        "size",
        "\\",
        "\n",
        '"',
        "0x",
        "1u",
        "e9",
        ".all(x,",
        "\0",
        "é",
        "currency",
        "optional",
        "1e999",
    ]
    read = 0
    for _ in range(5_000):
        try:
            expression = read_expression(" ".join(dice.choices(parts, k=dice.randrange(1, 30))))
        except RuleMalformed:
            continue
        read += 1
        assert isinstance(expression.holds(facts()), bool)
    for deep in (
        "(" * 240 + "true" + ")" * 240,
        "!" * 490 + "true",
        "[" * 240 + "]" * 240 + "== []",
        "-" * 490 + "1",
    ):
        with pytest.raises(RuleMalformed):
            read_expression(deep + " &&")
