"""Does the repository keep the rules of the house, and does each rule find what it forbids?"""

import pytest

from tests.tidy import rules_borders, rules_money_time, rules_shape, rules_tests  # noqa: F401  they fill RULES
from tests.tidy.house import RULES, Rule, repository_files

every_rule = pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.sentence) for rule in RULES])


@every_rule
def test_a_rule_passes_its_good_samples(rule: Rule) -> None:
    for sample in rule.good:
        assert rule.findings(sample) == [], sample.text


@every_rule
def test_a_rule_finds_its_bad_samples(rule: Rule) -> None:
    for sample in rule.bad:
        assert rule.findings(sample), f"not found in {sample.path}:\n{sample.text}"


def test_the_repository_keeps_every_rule() -> None:
    broken: dict[str, list[str]] = {}
    for file in repository_files():  # one after the other: the trees of all of them would fill the memory
        for rule in RULES:
            broken.setdefault(rule.sentence, []).extend(rule.findings(file))
    report = [f"{sentence}:\n    " + "\n    ".join(found) for sentence, found in broken.items() if found]
    assert not report, "\n\n" + "\n\n".join(report)
