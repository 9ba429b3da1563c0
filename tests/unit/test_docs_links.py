"""Do the documents point at things that exist? Links, headings, pictures, commands, and nothing of one machine."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tael.app.cli import command
from tests.tidy.house import ROOT, File, repository_files

DOCUMENTS = [file for file in repository_files() if file.path.endswith(".md")]
IDS = [document.path for document in DOCUMENTS]

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_COMMAND = re.compile(r"(?:^|\$\()(?:\.venv/bin/)?((?:make|tael) (?:(?!  )[^)\n])+)", re.MULTILINE)
"""A command on a line of its own or in `$(…)`; what follows after two blanks is said about it."""
_ONE_MACHINE = re.compile(r"(?<![\w.~/])/(?:t[m]p|r[o]ot|w[o]rk)/|\bsh[a]red/")


def _prose(document: File) -> str:
    """The text without its blocks of code."""
    return _FENCE.sub("", document.text)


def _links(document: File) -> Iterator[str]:
    for match in _LINK.finditer(_SPAN.sub("", _prose(document))):
        target = match[1] or match[2]
        if not re.match(r"[a-z]+:", target):
            yield target


@cache
def _anchors(path: Path) -> frozenset[str]:
    """The headings of a document as a forge makes anchors of them."""
    text = _FENCE.sub("", path.read_text("utf-8"))
    plain = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in _HEADING.findall(text))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain)


def _missing(document: File, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (ROOT / document.path).parent / name if name else ROOT / document.path
    if not path.exists() or not path.resolve().is_relative_to(ROOT):
        return True
    return bool(anchor) and (path.suffix != ".md" or anchor not in _anchors(path))


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_every_link_leads_to_something_that_exists(document: File) -> None:
    assert [target for target in _links(document) if _missing(document, target)] == []


def test_every_page_of_the_documentation_can_be_reached_from_the_readme() -> None:
    waiting, reached = ["README.md", "README.zh-CN.md"], set[str]()
    by_path = {document.path: document for document in DOCUMENTS}
    while waiting:
        here = waiting.pop()
        reached.add(here)
        for target in _links(by_path[here]):
            path = ((ROOT / here).parent / target.partition("#")[0]).resolve()
            name = path.relative_to(ROOT).as_posix()
            if name in by_path and name not in reached:
                waiting.append(name)
    assert set(by_path) - reached == set()


def _commands(document: File) -> Iterator[str]:
    """What a reader is told to type: in blocks for the console, and in running text."""
    for language, block in _FENCE.findall(document.text):
        if language in ("console", ""):
            yield from _COMMAND.findall(block)
    for span in _SPAN.findall(_prose(document)):
        if re.match(r"(make|tael) [a-z]", span):
            yield span


@cache
def _targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@cache
def _command_line() -> Any:
    return command()


def _unknown(command: str) -> bool:
    """Whether there is no such target, no such command, or no such option of it."""
    program, *words = shlex.split(command, comments=True)
    if program == "make":
        return any(re.fullmatch(r"[a-z]+", word) and word not in _targets() for word in words)
    here = _command_line()
    while words and words[0] in getattr(here, "commands", {}):
        here = here.commands[words.pop(0)]
    options = {name for parameter in here.params for name in parameter.opts} | {"--help"}
    is_group = bool(getattr(here, "commands", {})) and bool(words) and not words[0].startswith("-")
    return is_group or any(word.startswith("--") and word not in options for word in words)


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_every_command_that_a_document_names_exists(document: File) -> None:
    assert [command for command in _commands(document) if _unknown(command)] == []


@pytest.mark.parametrize(
    "command", ["make nothing", "tael leger verify", "tael ledger verfy", "tael simulate alipay --sped 2"]
)
def test_a_command_that_does_not_exist_is_noticed(command: str) -> None:
    assert _unknown(command)


@pytest.mark.parametrize("target", ["docs/start/nowhere.md", "docs/README.md#nowhere", "../elsewhere"])
def test_a_link_that_leads_nowhere_is_noticed(target: str) -> None:
    assert _missing(File("README.md"), target)


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_no_document_speaks_of_a_place_on_one_machine(document: File) -> None:
    assert _ONE_MACHINE.findall(document.text) == []


def test_every_bar_that_a_test_holds_is_in_the_table_with_the_file_of_that_test() -> None:
    table = (ROOT / "docs/quality/bars.md").read_text("utf-8")
    rows = {line.split("|")[1].split(",")[0].strip(): line for line in table.splitlines() if line[:1] == "|"}
    holding = {
        (bar.upper(), file.path)
        for file in repository_files()
        if file.path.startswith("tests/")
        for bar in re.findall(r"def test_([rs][0-9]+)_", file.text)
    }
    assert [held for held in sorted(holding) if f"(../../{held[1]})" not in rows.get(held[0], "")] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_how_to_see_it_and_how_to_test_it(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "make demo" in text
    assert "make test" in text
