"""Do the tests read as sentences and try the real thing? Names of tests, doubles, skipped tests."""

import ast

from tests.tidy.house import File, Findings, dotted, rule

_TESTS = ["tests/*.py"]


def _sample(text: str) -> File:
    return File("tests/unit/test_sample.py", text)


@rule(
    "A test is named as a sentence",
    over=["tests/*/test_*.py"],
    good=_sample("def test_a_tampered_notice_is_refused(): ..."),
    bad=[_sample("def test_refund(): ..."), _sample("async def test_refund_works_fine(): ...")],
)
def tests_are_sentences(file: File) -> Findings:
    for node in file.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            words = node.name.removeprefix("test_").split("_")
            if len(words) < 4:
                yield node.lineno, f"{node.name} does not say who does what"


def _names_from_tael(file: File) -> set[str]:
    """What the imports of a file bind to parts of Tael."""
    names: set[str] = set()
    for node in file.nodes:
        match node:
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "tael":
                names |= {alias.asname or alias.name for alias in node.names}
            case ast.Import():
                names |= {
                    alias.asname or "tael" for alias in node.names if alias.name.split(".")[0] == "tael"
                }
    return names


@rule(
    "Tests replace no part of Tael: doubles come from tael.testing and tael.simulators",
    over=_TESTS,
    good=[
        _sample("from tael.testing.clock import ManualClock"),
        _sample("def test_x(monkeypatch):\n    monkeypatch.setenv('TAEL_LOG_LEVEL', 'debug')"),
    ],
    bad=[
        _sample("from unittest.mock import AsyncMock"),
        _sample("import unittest.mock"),
        _sample("def test_x(mocker): ..."),
        _sample("def test_x(monkeypatch):\n    monkeypatch.setattr('tael.ledger.api.post', None)"),
        _sample(
            "from tael.ledger import api\ndef test_x(monkeypatch):\n    monkeypatch.setattr(api, 'post', None)"
        ),
        _sample("from tael.ledger import api as ledger\nledger.post = None"),
    ],
)
def tests_replace_no_part_of_tael(file: File) -> Findings:
    ours = _names_from_tael(file)
    for node in file.nodes:
        match node:
            case ast.ImportFrom(module="mock" | "unittest.mock" | "pytest_mock"):
                yield node.lineno, "imports mocks"
            case ast.Import(names) if any(alias.name in {"mock", "unittest.mock"} for alias in names):
                yield node.lineno, "imports mocks"
            case ast.arg(arg="mocker"):
                yield node.lineno, "asks for mocks"
            case ast.Call(ast.Attribute(ast.Name(), "setattr" | "delattr" | "setitem"), [target, *_]):
                named = str(target.value) if isinstance(target, ast.Constant) else dotted(target)
                if named.split(".")[0] in {"tael", *ours}:
                    yield node.lineno, f"replaces a part of {named}"
            case ast.Assign([ast.Attribute(owner, _)]) if dotted(owner).split(".")[0] in ours:
                yield node.lineno, f"replaces a part of {dotted(owner)}"


@rule(
    "A test runs, or it is not there",
    over=_TESTS,
    good=_sample("@pytest.mark.drill\ndef test_the_books_hold_after_every_kill(): ..."),
    bad=[
        _sample("@pytest.mark.skip\ndef test_the_books_hold_after_every_kill(): ..."),
        _sample("def test_the_books_hold_after_every_kill():\n    pytest.skip('no time')"),
        _sample("@pytest.mark.xfail(reason='?')\ndef test_the_books_hold_after_every_kill(): ..."),
    ],
)
def no_test_is_skipped(file: File) -> Findings:
    away = {"skip", "skipif", "xfail", "importorskip"}
    for node in file.nodes:
        if isinstance(node, ast.Attribute) and dotted(node).startswith("pytest.") and node.attr in away:
            yield node.lineno, f"{dotted(node)} hides a test"
