"""What is a rule of the house? A sentence, a sample that keeps it, a sample that breaks it, and a check.

    @rule("Money is never divided with /", good="fee_minor // 2", bad="fee_minor / 2")
    def no_true_division(file: File) -> Findings:
        ...
        yield line, "what is wrong here"

`over` and `not_over` are patterns of paths in which `*` also crosses folders. Samples are taken to stand
at `SAMPLE_PATH`, or where a `File` says. Rules live in `rules_*.py`; `test_house_rules.py` tries each on
its samples, then all on the whole repository.
"""

import ast
import io
import subprocess
import textwrap
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE_PATH = "src/tael/payments/sample.py"

Findings = Iterator[tuple[int, str]]
"""Pairs of a line number and what is wrong there."""


@dataclass(eq=False)
class File:
    """A file of the repository, or a sample that plays one."""

    path: str
    text: str = ""

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def comments(self) -> dict[int, str]:
        """Comment by line number; what looks like one inside a string is none."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}

    @cached_property
    def strings(self) -> list[ast.Constant]:
        """String literals, docstrings left out."""
        docstrings = {
            id(node.value)
            for node in self.nodes
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        return [
            node
            for node in self.nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
        ]


@dataclass(frozen=True)
class Rule:
    """A sentence, and how to see whether a file keeps it."""

    sentence: str
    check: Callable[[File], Findings]
    over: tuple[str, ...]
    not_over: tuple[str, ...]
    good: tuple[File, ...]
    bad: tuple[File, ...]

    def findings(self, file: File) -> list[str]:
        """What this file does against the rule, as `path:line: what`; nothing if it is not its concern."""
        concerned = any(fnmatch(file.path, pattern) for pattern in self.over)
        if not concerned or any(fnmatch(file.path, pattern) for pattern in self.not_over):
            return []
        return [f"{file.path}:{line}: {what}" for line, what in self.check(file)]


RULES: list[Rule] = []

Sample = str | File | Sequence[str | File]


def rule(
    sentence: str,
    *,
    good: Sample,
    bad: Sample,
    over: Sequence[str] = ("src/*.py",),
    not_over: Sequence[str] = (),
) -> Callable[[Callable[[File], Findings]], Callable[[File], Findings]]:
    """Make a check a rule of the house; each good sample has to pass it and each bad one to be found."""

    def register(check: Callable[[File], Findings]) -> Callable[[File], Findings]:
        RULES.append(Rule(sentence, check, tuple(over), tuple(not_over), _files(good), _files(bad)))
        return check

    return register


def _files(samples: Sample) -> tuple[File, ...]:
    listed = [samples] if isinstance(samples, str | File) else samples
    return tuple(
        sample if isinstance(sample, File) else File(SAMPLE_PATH, textwrap.dedent(sample))
        for sample in listed
    )


def repository_files() -> Iterator[File]:
    """Every text file that is in the repository or would be with the next `git add`."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    for name in sorted(filter(None, names)):
        path = ROOT / name
        if not path.is_file():  # deleted, not yet committed
            continue
        try:
            yield File(name, path.read_bytes().decode())
        except UnicodeDecodeError:  # a picture or a font
            continue


def dotted(node: ast.AST) -> str:
    """`datetime.now` for the expression that says so; an empty string for anything more complicated."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""
