"""How many small mistakes in the core of the ledger would its unit tests notice? At least 85 of 100.

mutmut changes one operator, number or word at a time in the rules and the decisions, and runs the unit tests of what
was changed. It works in a folder of its own, so that no mutated file ever lies in the tree. The last line printed is
one JSON object; the exit status says whether the score is reached.
"""

import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LEAST_PERCENT = 85
ROOT = Path(__file__).parents[2]
MUTATED = ("src/tael/ledger/rules.py", "src/tael/ledger/decisions.py")
TESTS = ("rules", "account_rules", "decisions", "chains", "holds", "limits")
_CONFIGURATION = """
[mutmut]
source_paths = src
only_mutate =
    {mutated}
pytest_add_cli_args_test_selection =
    {tests}

[tool:pytest]
pythonpath = .
addopts = --import-mode=importlib -p no:cacheprovider -p no:asyncio
"""


def main() -> int:
    """Mutate, test, count; 0 if the score is reached."""
    with tempfile.TemporaryDirectory(prefix="tael-mutants-") as folder:
        place = Path(folder)
        _prepare(place)
        _run(place, "run", "--max-children", str(os.cpu_count() or 1))
        survived = [line.split(": ") for line in _run(place, "results").split("\n") if ": " in line]
        _run(place, "export-cicd-stats")
        counts = json.loads((place / "mutants" / "mutmut-cicd-stats.json").read_text())
        for name, state in survived:
            print(f"{state.strip():9} {name.strip()}")
            if "--show" in sys.argv:
                print(_run(place, "show", name.strip()))
    return _report(counts, [name.strip() for name, _ in survived])


def _prepare(place: Path) -> None:
    tests = [f"tests/unit/test_ledger_{name}.py" for name in TESTS]
    shutil.copytree(ROOT / "src", place / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "tests/unit").mkdir(parents=True)
    for name in [*tests, "tests/unit/ledger_desk.py"]:
        shutil.copy(ROOT / name, place / name)
    configuration = _CONFIGURATION.format(mutated="\n    ".join(MUTATED), tests="\n    ".join(tests))
    (place / "setup.cfg").write_text(configuration)


def _run(place: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *words], cwd=place, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout[-4_000:], done.stderr[-4_000:], sep="\n")
        raise SystemExit(f"mutmut {words[0]} failed")
    return done.stdout


def _report(counts: dict[str, int], left: list[str]) -> int:
    noticed = counts["killed"] + counts.get("timeout", 0) + counts.get("segfault", 0)
    percent = 100 * noticed // counts["total"]
    where = collections.Counter(name.rpartition("__mutmut")[0].rpartition(".")[2] for name in left)
    for function, number in where.most_common(12):
        print(f"{number:4} left in {function}")
    print(json.dumps({"mutants": counts["total"], "noticed": noticed, "score_percent": percent}))
    return 0 if percent >= LEAST_PERCENT else 1


if __name__ == "__main__":
    raise SystemExit(main())
