"""Is every amount a whole number, and every moment asked of the clock? Money and time in code and SQL."""

import ast
import re

from tests.tidy.house import File, Findings, dotted, rule

# ── Money ──────────────────────────────────────────────────────────────────────────────────────────────


def _speaks_of_money(node: ast.AST) -> bool:
    """Whether an expression has an amount in it: `.minor`, or a name that ends in `_minor`."""
    names = (getattr(part, "attr", "") or getattr(part, "id", "") for part in ast.walk(node))
    return any(name == "minor" or name.endswith("_minor") for name in names)


def _is_float(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float)


@rule(
    "Money is whole minor units: it meets neither / nor a float",
    good=["half_minor = amount_minor // 2", "share = amount.minor * 3", "seconds = waited / 1000"],
    bad=[
        "half = amount_minor / 2",
        "fee_minor = 0.006 * payment.amount_minor",
        "total_minor /= 3",
        "shown = float(amount.minor)",
        "shown = round(amount.minor)",
        "def charge(*, amount_minor: float): ...",
        "fee_minor: float = 0",
        "fee_minor = 1.5",
    ],
)
def money_is_whole(file: File) -> Findings:
    for node in file.nodes:
        match node:
            case ast.BinOp(left, ast.Div(), right) if _speaks_of_money(left) or _speaks_of_money(right):
                yield node.lineno, "divides money with /; use // or Money.allocate"
            case ast.AugAssign(target, ast.Div(), _) if _speaks_of_money(target):
                yield node.lineno, "divides money with /=; use // or Money.allocate"
            case ast.BinOp(left, _, right) if _speaks_of_money(node) and (
                _is_float(left) or _is_float(right)
            ):
                yield node.lineno, "reckons money with a float; use basis points"
            case ast.Call(ast.Name("float" | "round" as name), [amount, *_]) if _speaks_of_money(amount):
                yield node.lineno, f"hands money to {name}(); Money.decimal() writes it out"
            case ast.arg(arg=name, annotation=ast.Name("float")) if name.endswith("_minor"):
                yield node.lineno, f"{name} is a float; minor units are an int"
            case ast.AnnAssign(target, ast.Name("float")) if _speaks_of_money(target):
                yield node.lineno, "keeps money in a float; minor units are an int"
            case ast.Assign([target], value) if _is_float(value) and _speaks_of_money(target):
                yield node.lineno, "keeps money in a float; minor units are an int"


_SMALL_OR_BROKEN = r"(?:smallint|integer|int[24]?|real|float\d*|double precision|numeric|decimal|money|text)"
_MONEY_COLUMN = re.compile(rf"\b(\w*_minor)\s+({_SMALL_OR_BROKEN})\b", re.IGNORECASE)


@rule(
    "The database keeps money as bigint",
    over=["src/*.sql"],
    good=File(
        "src/tael/ledger/migrations/0001_pre.sql", "amount_minor bigint not null check (amount_minor > 0)"
    ),
    bad=File("src/tael/ledger/migrations/0001_pre.sql", "amount_minor numeric(12, 2) not null"),
)
def money_columns_are_bigint(file: File) -> Findings:
    for line, text in enumerate(file.lines, start=1):
        for column, kind in _MONEY_COLUMN.findall(text):
            yield line, f"{column} is {kind}; it has to be bigint"


# ── Time ───────────────────────────────────────────────────────────────────────────────────────────────


def _is_naive(call: ast.Call) -> bool:
    """Whether a call makes a datetime that does not know its zone."""
    *_, owner, name = ["", *dotted(call.func).split(".")]
    zones = [keyword.value for keyword in call.keywords if keyword.arg in {"tz", "tzinfo"}]
    without_zone = all(isinstance(zone, ast.Constant) and zone.value is None for zone in zones)
    match owner, name:
        case _, "datetime":
            return without_zone and len(call.args) < 8
        case "datetime", "now":
            return without_zone and not call.args
        case "datetime", "fromtimestamp":
            return without_zone and len(call.args) < 2
        case _, "replace":
            return bool(zones) and without_zone
        case "datetime" | "date", "utcnow" | "utcfromtimestamp" | "today":
            return True
        case _:
            return False


@rule(
    "Every datetime knows its zone",
    over=["src/*.py", "tests/*.py"],
    good=[
        "made_at = datetime(2026, 3, 1, tzinfo=UTC)",
        "made_at = datetime.fromtimestamp(seconds, UTC)",
        "made_at = datetime.combine(day, noon, CHINA)",
    ],
    bad=[
        "made_at = datetime(2026, 3, 1)",
        "made_at = datetime.now()",
        "made_at = datetime.utcnow()",
        "made_at = datetime.fromtimestamp(seconds)",
        "made_at = moment.replace(tzinfo=None)",
    ],
)
def datetimes_are_aware(file: File) -> Findings:
    for node in file.nodes:
        if isinstance(node, ast.Call) and _is_naive(node):
            yield node.lineno, f"{dotted(node.func)}(…) without a zone"


@rule(
    "The database keeps moments as timestamptz",
    over=["src/*.sql"],
    good=File("src/tael/ledger/migrations/0001_pre.sql", "created_at timestamptz not null"),
    bad=File("src/tael/ledger/migrations/0001_pre.sql", "created_at timestamp not null"),
)
def moments_in_sql_are_aware(file: File) -> Findings:
    for line, text in enumerate(file.lines, start=1):
        if re.search(r"\btimestamp\b(?!\s+with time zone)", text.partition("--")[0], re.IGNORECASE):
            yield line, "timestamp without a zone; use timestamptz"


_CLOCK_READS = {
    "time": {
        "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns",
        "gmtime", "localtime", "ctime",
    },
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "loop": {"time"},
}  # fmt: skip


@rule(
    "Only foundation/clock.py asks the machine for the time; everything else is handed a Clock",
    not_over=["src/tael/foundation/clock.py"],
    good=["now = clock.now()", "import time\ntime.sleep(1)"],
    bad=[
        "now = datetime.now(UTC)",
        "import datetime\nnow = datetime.datetime.now(datetime.UTC)",
        "started = time.monotonic()",
        "from time import perf_counter",
        "deadline = loop.time() + 5",
        "deadline = asyncio.get_running_loop().time() + 5",
    ],
)
def the_clock_is_handed_in(file: File) -> Findings:
    for node in file.nodes:
        match node:
            case ast.Attribute(owner, name) if name in _CLOCK_READS.get(dotted(owner).rpartition(".")[2], ()):
                yield node.lineno, f"reads the clock with {dotted(node)}"
            case ast.Attribute(ast.Call(func), "time") if dotted(func).endswith("_loop"):
                yield node.lineno, "reads the clock of the event loop"
            case ast.ImportFrom(module="time", names=names):
                for alias in names:
                    if alias.name in _CLOCK_READS["time"]:
                        yield node.lineno, f"takes {alias.name} from time"
