"""Can it be read for pleasure? Names, sizes, docstrings, silenced checks, unfinished work, foreign places."""

import ast
import re
from pathlib import PurePosixPath

from tests.tidy.house import File, Findings, dotted, rule

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
_CODE = ["src/*.py", "tests/*.py", "examples/*.py"]
_MISSING_WORDS = {"util", "utils", "helper", "helpers", "manager", "managers", "service", "services", "misc"}


@rule(
    "A file named utils, helpers, manager or service is a sign of a missing word",
    over=["src/*", "tests/*"],
    good=File("src/tael/payments/postings.py"),
    bad=[File("src/tael/payments/utils.py"), File("tests/db_helpers.py"), File("src/tael/service/api.py")],
)
def files_have_names_of_their_own(file: File) -> Findings:
    for part in PurePosixPath(file.path).with_suffix("").parts:
        if _MISSING_WORDS & set(part.lower().split("_")):
            yield 1, f"{part!r} does not say what it is about"


@rule(
    f"No file is longer than {LONGEST_FILE} lines",
    over=["src/*", "tests/*", "examples/*"],
    not_over=[
        *("*.json", "*.svg", "*.csv", "*/vendor/*"),  # data, and other people's code as it came
        *(
            f"src/tael/client/{made}" for made in ("api/*", "ledger/*", "errors.py", "types.py")
        ),  # by a program
    ],
    good="x = 1\n" * LONGEST_FILE,
    bad="x = 1\n" * (LONGEST_FILE + 1),
)
def files_are_short(file: File) -> Findings:
    if len(file.lines) > LONGEST_FILE:
        yield len(file.lines), f"{len(file.lines)} lines"


@rule(
    f"No function is longer than {LONGEST_FUNCTION} lines",
    over=_CODE,
    good="def f() -> None:\n" + "    pass\n" * (LONGEST_FUNCTION - 1),
    bad="def f() -> None:\n" + "    pass\n" * LONGEST_FUNCTION,
)
def functions_are_short(file: File) -> Findings:
    for node in file.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield node.lineno, f"{node.name} has {lines} lines"


@rule(
    "A module begins by saying which question it answers",
    over=["src/*.py"],
    good='"""What may be refunded, and to whom?"""',
    bad=["x = 1", "", '"""   """'],
)
def modules_say_what_they_answer(file: File) -> Findings:
    if not (ast.get_docstring(file.tree) or "").strip():
        yield 1, "no docstring of the module"


@rule(
    "A silenced check names what it silences",
    over=_CODE,
    good=[
        "x = y  # type: ignore[attr-defined]",
        "x = y  # noqa: E731",
        "# ruff: noqa: RUF001",
        'x = "# type: ignore"',
    ],
    bad=["x = y  # type: ignore", "x = y  # noqa", "# mypy: ignore-errors", "# ruff: noqa"],
)
def silenced_checks_are_named(file: File) -> Findings:
    silent = re.compile(r"type:\s*ignore(?!\[)|noqa(?!\s*:\s*[A-Z])|mypy:\s*ignore-errors", re.IGNORECASE)
    for line, comment in file.comments.items():
        if silent.search(comment):
            yield line, f"{comment} silences everything"


def _is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(_is_broad(element) for element in kind.elts)
    return kind is None or dotted(kind) in {"Exception", "BaseException"}


@rule(
    "Whoever catches every exception says why, or raises it again",
    over=_CODE,
    good=[
        "try:\n    go()\nexcept Exception:  # a bad subscriber must not stop the courier\n    log()",
        "try:\n    go()\nexcept BaseException:\n    undo()\n    raise",
        "try:\n    go()\nexcept KeyError:\n    pass",
    ],
    bad=[
        "try:\n    go()\nexcept Exception:\n    log()",
        "try:\n    go()\nexcept:\n    log()",
        "try:\n    go()\nexcept (KeyError, Exception) as error:  # noqa: BLE001\n    log(error)",
    ],
)
def broad_catches_have_a_reason(file: File) -> Findings:
    for node in file.nodes:
        if not isinstance(node, ast.ExceptHandler) or not _is_broad(node.type):
            continue
        if isinstance(node.body[-1], ast.Raise):
            continue
        beside = range(node.lineno, node.body[0].lineno)  # on its line, or between it and its first statement
        said = " ".join(file.comments.get(line, "") for line in beside)
        reason = re.sub(r"noqa(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)?", "", said)
        if len(re.findall(r"\w+", reason)) < 3:
            yield node.lineno, "catches every exception without a comment that says why"


def _spelt(text: str) -> str:
    """`TO·DO` without the dot, so that this file keeps its own rules."""
    return text.replace("·", "")


_UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|H[A]CK)\b")


@rule(
    "Unfinished work is an issue, not a mark in a file",
    over=["*"],
    good="# The channel repeats a notice seven times.",
    bad=_spelt("# TO·DO: repeat the notice"),
)
def nothing_is_left_unfinished(file: File) -> Findings:
    for line, text in enumerate(file.lines, start=1):
        if match := _UNFINISHED.search(text):
            yield line, f"marked {match[0]}"


_HOSTS = "p[y]pi|python[h]osted|npm[j]s|crate[s]|mave[n]|gol[a]ng|cond[a]"
_MACHINE = re.compile(r"(?<![\w./])/(?:root|work|home/[\w.-]+|Users/[\w.-]+)/|\b[A-Z]:\\Users")
_REGISTRY = re.compile(
    rf"\b(?:[\w-]+\.)*(?:{_HOSTS})\.(?:org|com|io|net|dev)\b|--(?:extra-)?index-url[ =]\S*://|\[\[?tool\.uv\.index",
    re.IGNORECASE,
)


@rule(
    "No file depends on one machine's folders or on one registry's address",
    over=["*"],
    good=[
        'path = settings.data_folder / "postgres"',
        "import golang",
        'url = "https://tael.example/home/pay/"',
    ],
    bad=[
        _spelt('path = "/ho·me/ann/tael/data"'),
        _spelt('url = "https://files.python·hosted.org/x"'),
        _spelt("# from py·pi.org"),
        _spelt('run("pip install --index-url·=http://mirror.example/simple")'),
    ],
)
def nothing_depends_on_one_machine(file: File) -> Findings:
    for line, text in enumerate(file.lines, start=1):
        if match := _MACHINE.search(text) or _REGISTRY.search(text):
            yield line, f"names {match[0]!r}"
