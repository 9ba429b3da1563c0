"""Does each thing stay where it belongs? SQL, schemas, names of providers, the environment."""

import ast
import re
from collections.abc import Iterator

from tests.tidy.house import ROOT, File, Findings, dotted, rule

# ── SQL ────────────────────────────────────────────────────────────────────────────────────────────────

_SCHEMAS = {"jobs": "foundation"} | {
    folder.name: folder.name for folder in (ROOT / "src/tael").iterdir() if (folder / "__init__.py").is_file()
}
"""Which package owns which schema."""

_COMMENT_OR_TEXT = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_SCHEMA_NAMED = re.compile(
    rf'"?\b({"|".join(_SCHEMAS)})\b"?\s*\.\s*["\w]'
    rf'|\bschema\s+(?:if\s+(?:not\s+)?exists\s+)?"?({"|".join(_SCHEMAS)})\b',
    re.IGNORECASE,
)


@rule(
    "A context's SQL names its own schema and no other",
    over=["src/*.sql"],
    not_over=["src/tael/testing/*"],  # the checks of the books look into every context
    good=[
        File("src/tael/payments/sql/payments.sql", "select id from payments.payments -- ledger.postings"),
        File("src/tael/foundation/migrations/0001_pre.sql", "create schema jobs"),
    ],
    bad=[
        File("src/tael/payments/sql/payments.sql", "select *\nfrom ledger.postings"),
        File("src/tael/payments/migrations/0001_pre.sql", "grant usage on schema ledger to tael_app"),
        File("src/tael/payments/sql/payments.sql", "insert into foundation.outbox (id) values (1)"),
    ],
)
def sql_stays_in_its_schema(file: File) -> Findings:
    package = file.path.split("/")[2]
    bare = _COMMENT_OR_TEXT.sub(lambda match: "\n" * match[0].count("\n"), file.text)
    for match in _SCHEMA_NAMED.finditer(bare):
        schema = (match[1] or match[2]).lower()
        if _SCHEMAS[schema] != package:
            yield bare.count("\n", 0, match.start()) + 1, f"{package} reaches into the schema {schema}"


_SQL = re.compile(
    r"""\s*(?:
        select\s+(?:.+\sfrom\s|\w+\s*\(|\d|current_)
      | insert\s+into\s | update\s+[\w.{}"]+\s+set\s | delete\s+from\s | merge\s+into\s | truncate\s
      | with\s+\w+\s+(?:\([^)]*\)\s*)?as\s*\( | copy\s+[\w.{}"]+\s*(?:\(|from|to)
      | (?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:unique\s+)?
        (?:table|index|schema|role|user|view|function|trigger|database|sequence|type|extension)\s
      | (?:grant|revoke)\s.+\s(?:on|to|from)\s | set\s+(?:local|session|role)\s | lock\s+table\s
      | (?:listen|notify|vacuum|analyze|reindex)\s+[\w.{}"]+\s*$
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


@rule(
    "SQL stands in sql/ and migrations/, not in Python",
    not_over=[
        # These speak to the server itself: sessions, locks, roles, and the table of migrations.
        "src/tael/foundation/db.py",
        "src/tael/foundation/migrate.py",
        "src/tael/foundation/postgres/*",
        # Databases for tests, and questions that only tests ask.
        "src/tael/testing/*",
    ],
    good=[
        '"""Select the payments from the list."""\nrows = await tx.all("list_payments", {"limit": 50})',
        'hint = "Select a channel, or update the settings."',
    ],
    bad=[
        'rows = await tx.execute("select id from payments.payments")',
        'CLOSE = """\n    update payments.payments set state = \'closed\' where id = %s\n"""',
        'await tx.execute("grant select on payments.payments to tael_public")',
        'await tx.execute("with due as (select 1) select * from due")',
    ],
)
def sql_is_in_files(file: File) -> Findings:
    for string in file.strings:
        if isinstance(string.value, str) and _SQL.match(string.value):
            yield string.lineno, f"SQL in Python: {' '.join(string.value.split())[:60]!r}"


def _assembled_text(node: ast.AST) -> str:
    """The literal text of an expression that puts a string together from parts; else an empty string."""
    match node:
        case ast.JoinedStr(parts) if any(isinstance(part, ast.FormattedValue) for part in parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.BinOp(ast.Constant(str(text)), ast.Mod() | ast.Add(), _):
            return text
        case ast.Call(ast.Attribute(ast.Constant(str(text)), "format")):
            return text
        case _:
            return ""


@rule(
    "SQL is never put together from strings: values are parameters, names are psycopg.sql.Identifier",
    good=[
        'await connection.execute("select pg_notify(%s, %s)", [channel, text])',
        'hint = f"Select {channel} or another."',
    ],
    bad=[
        "await connection.execute(f\"delete from payments.payments where id = '{payment_id}'\")",
        'await connection.execute("select id from %s where true" % table)',
        'await connection.execute("update {} set state = 1".format(table))',
        'await connection.execute(f"{query} limit {limit}")',
    ],
)
def sql_is_not_assembled(file: File) -> Findings:
    executed = {
        id(node.args[0])
        for node in file.nodes
        if isinstance(node, ast.Call) and dotted(node.func).endswith(".execute") and node.args
    }
    for node in file.nodes:
        text = _assembled_text(node)
        if text and (_SQL.match(text) or id(node) in executed):
            yield (
                getattr(node, "lineno", 0),
                f"SQL put together from strings: {' '.join(text.split())[:60]!r}",
            )


# ── Providers ──────────────────────────────────────────────────────────────────────────────────────────

_PROVIDER = re.compile(r"(?<![a-z])(alipay|wechat|weixin|unionpay|stripe)(?![a-z])", re.IGNORECASE)


def _words_of_code(file: File) -> Iterator[tuple[int, str]]:
    """Names and strings of a Python file; comments and docstrings may give examples."""
    for node in file.nodes:
        for name in ("id", "attr", "arg", "name", "module", "asname"):
            word = getattr(node, name, None)
            if isinstance(word, str):
                yield getattr(node, "lineno", 1), word
    for string in file.strings:
        yield string.lineno, str(string.value)


@rule(
    "A provider's name stands in its connector, its simulator, the registry and the settings only",
    over=["src/tael/*.py", "src/tael/*.sql", "src/tael/*.html", "src/tael/*.js", "src/tael/*.css"],
    not_over=[
        "src/tael/channels/connectors/*",
        "src/tael/channels/registry.py",
        "src/tael/foundation/config.py",
        "src/tael/foundation/settings.py",
        "src/tael/simulators/*",
        "src/tael/testing/*",  # factories for tests, which are free to name what they test
        "src/tael/web/*/locales/*",  # how a page calls a channel is a matter of language
    ],
    good=['"""A channel, Alipay for example."""\nchannel = attempt.channel', "striped = True"],
    bad=[
        'if attempt.channel == "alipay": pay()',
        "alipay_trade_no = None",
        "from tael.channels.connectors import wechat_native",
        File("src/tael/web/checkout/templates/pay.html", "<h1>Pay with Alipay</h1>"),
        File(
            "src/tael/payments/sql/attempts.sql", "select id from payments.attempts where channel = 'stripe'"
        ),
    ],
)
def providers_stay_in_their_connector(file: File) -> Findings:
    words = _words_of_code(file) if file.path.endswith(".py") else enumerate(file.lines, start=1)
    for line, text in words:
        if match := _PROVIDER.search(text):
            yield line, f"names the provider {match[1]!r}"


# ── States ─────────────────────────────────────────────────────────────────────────────────────────────


@rule(
    "Only the table in payments/rules/lifecycle.py changes the state of what a payment is made of",
    over=["src/tael/payments/*.py"],
    not_over=["src/tael/payments/rules/lifecycle.py"],
    good=[
        "payment = move(payment, PaymentEvent.CAPTURED, ended_at=now)",
        "outcome = msgspec.structs.replace(outcome, state=OutcomeState.FAILED)",
        "payment = msgspec.structs.replace(payment, captured_minor=1)",
    ],
    bad=[
        "payment = msgspec.structs.replace(payment, state=PaymentState.CAPTURED)",
        "refund = structs.replace(refund, state=state)",
        "payment = replace(payment, **{'state': 'captured'})",
    ],
)
def states_change_in_one_place(file: File) -> Findings:
    for node in file.nodes:
        if not isinstance(node, ast.Call) or not (dotted(node.func) or "").endswith("replace"):
            continue
        for keyword in node.keywords:
            unpacked = keyword.arg is None and "state" in ast.unparse(keyword.value)
            of_an_outcome = ast.unparse(keyword.value).startswith("OutcomeState.")
            if unpacked or (keyword.arg == "state" and not of_an_outcome):
                yield node.lineno, "changes a state; `lifecycle.move` does"


# ── Environment ────────────────────────────────────────────────────────────────────────────────────────


@rule(
    "Only foundation/config.py and settings.py read the environment",
    not_over=["src/tael/foundation/config.py", "src/tael/foundation/settings.py"],
    good=["import os\nrandom = os.urandom(10)", "port = settings.public_port"],
    bad=[
        'import os\nport = os.environ["TAEL_PORT"]',
        'import os\nport = os.getenv("TAEL_PORT")',
        "from os import environ",
        'import typer\nport: int = typer.Option(80, envvar="TAEL_PORT")',
    ],
)
def the_environment_is_read_once(file: File) -> Findings:
    for node in file.nodes:
        match node:
            case ast.Attribute(ast.Name("os"), "environ" | "environb" | "getenv" | "putenv" as name):
                yield node.lineno, f"uses os.{name}; settings are handed in"
            case ast.ImportFrom(module="os", names=names):
                for alias in names:
                    if alias.name in {"environ", "environb", "getenv"}:
                        yield node.lineno, f"takes {alias.name} from os; settings are handed in"
            case ast.keyword(arg="envvar"):
                yield node.value.lineno, "an option that reads the environment; settings are handed in"
