"""What does the expression of a rule say? CEL, the part of it that ends soon and reaches nothing.

An expression can only look at the facts that it is handed. Comprehensions, regular expressions, conversions and
addition are left out, so that its work grows with its length alone, and its length is bounded.
"""

from collections.abc import Mapping
from functools import lru_cache

import cel

from tael.routing.errors import FactMalformed, RuleMalformed
from tael.routing.model import Fact

LONGEST = 500
"""In characters."""
FACTS: Mapping[str, tuple[Fact, str]] = {
    "amount_minor": (0, "the amount in minor units: 5000000 is 50,000.00 CNY"),
    "currency": ("CNY", "`CNY`, `USD`, `USDC`"),
    "purpose": ("pay", "`pay`, `pay_out` or `refund`"),
    "method": ("", "what the payer chose; empty if anything will do"),
    "product": ("code", "the scene: `code`, `barcode`, `page`, `h5`, `jsapi`, `app`, `card`, `transfer`"),
    "merchant_id": ("", "`mer_…`"),
    "channel": ("", "the channel that is thought of"),
    "card_kind": ("", "`debit`, `credit`; empty if it is not a card"),
    "country": ("", "of the payer or the card: `CN`; empty if it is not known"),
    "hour": (0, "0 to 23, China Standard Time"),
    "weekday": (1, "1 is Monday, 7 is Sunday, China Standard Time"),
}
"""What expressions may ask, with the value that stands for what is not known, and its meaning."""
_ALLOWED = frozenset(
    "_&&_ _||_ !_ _==_ _!=_ _<_ _<=_ _>_ _>=_ @in -_ _-_ _*_ _/_ _%_ startsWith endsWith contains size".split()
)
_REMEMBERED = 2_048


_LONGEST_FACT = 64


def why_no_fact(facts: Mapping[str, Fact]) -> FactMalformed | None:
    """The refusal of facts that were handed in, or `None`."""
    for name, value in facts.items():
        field = f"facts.{name[:40]}"
        if name not in FACTS:
            return FactMalformed(
                "No rule can ask for this.", field=field, hint=f"Facts are: {', '.join(FACTS)}."
            )
        if type(value) is not type(FACTS[name][0]):
            return FactMalformed(f"{name} is not of its kind: {FACTS[name][1]}.", field=field)
        if isinstance(value, str) and (len(value) > _LONGEST_FACT or not value.isprintable()):
            return FactMalformed(
                f"{name} has more than {_LONGEST_FACT} characters, or odd ones.", field=field
            )
    return None


class CannotEvaluate(Exception):
    """The expression has no truth value for these facts."""


class Expression:
    """A compiled expression. What it said of the same facts before, it does not work out again."""

    def __init__(self, source: str) -> None:
        """Compile; raises `RuleMalformed` that says where it cannot be read."""
        self._program = _compiled(source)
        self.facts = tuple(self._program.variables())
        """Those that it asks for."""
        self._known: dict[tuple[Fact, ...], bool] = {}

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether it is true of these facts, which have every name in `FACTS`; raises `CannotEvaluate`."""
        key = tuple([facts[name] for name in self.facts])
        known = self._known.get(key)
        if known is None:
            known = self._evaluate(key)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = known
        return known

    def _evaluate(self, values: tuple[Fact, ...]) -> bool:
        try:
            said = self._program.execute(dict(zip(self.facts, values, strict=True)))
        except Exception as error:  # whatever the evaluator says, a rule never stops a payment
            raise CannotEvaluate(str(error)[:200]) from error
        if not isinstance(said, bool):
            raise CannotEvaluate(f"It says {said!r}, which is neither true nor false."[:200])
        return said


@lru_cache(maxsize=512)
def known_expression(source: str) -> Expression:
    """The same for the same source, with all that it remembers: rules are read again every second."""
    return Expression(source)


def read_expression(source: str) -> Expression:
    """The expression, tried once; raises `RuleMalformed` if it cannot be read or can never be true or false."""
    expression = Expression(source)
    try:
        expression.holds({name: usual for name, (usual, _) in FACTS.items()})
    except CannotEvaluate as error:
        raise _refusal(str(error)) from error
    return expression


def _compiled(source: str) -> cel.Program:
    if len(source) > LONGEST:
        raise _refusal(f"It has {len(source)} characters; {LONGEST} are the most.")
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise _refusal(_where(str(error))) from error
    unknown = sorted(set(program.variables()) - FACTS.keys())
    if unknown:
        raise _refusal(
            f"It asks for {unknown[0]!r}, which is no fact.", hint=f"Facts are: {', '.join(FACTS)}."
        )
    beyond = sorted(set(program.functions()) - _ALLOWED)
    if beyond:
        raise _refusal(
            f"It uses {beyond[0].strip('_@')!r}, which rules may not.",
            hint="Compare (== != < <= > >= in), combine (&& || !), and look at texts (startsWith, endsWith, contains).",
        )
    return program


def _where(message: str) -> str:
    """`ERROR: <input>:1:15: Syntax error: …` in a sentence for people, with the line and the column."""
    first = message.partition("ERROR: <input>:")[2].partition("\n")[0]
    line, _, rest = first.partition(":")
    column, _, what = rest.partition(":")
    if not line.isdigit() or not column.isdigit():
        return "It cannot be read."
    return f"It cannot be read at line {line}, column {column}: {what.strip()[:120]}"


def _refusal(why: str, *, hint: str | None = None) -> RuleMalformed:
    return RuleMalformed(f"The expression cannot be used. {why}", field="expression", hint=hint)
