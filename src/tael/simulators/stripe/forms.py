"""How is a form of Stripe's read? `a[b][0]=c` becomes a tree; each value is then asked for by its name and kind."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from tael.simulators.stripe.objects import Metadata
from tael.simulators.stripe.refusals import ApiError, needed

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_DISPOSITION = re.compile(r'\b(name|filename)="([^"]*)"')
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
_ALWAYS_WHOLE = frozenset({"isk", "ugx"})
_THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_SMALLEST = {"usd": 50, "eur": 50, "gbp": 30, "hkd": 400, "cny": 400, "jpy": 50, "sgd": 50, "aud": 50}
_TWO_DECIMAL = frozenset(
    "aed aud brl cad chf cny czk dkk eur gbp hkd huf idr inr mop mxn myr nok nzd php pln ron sar sek sgd thb twd usd zar".split()
)
LARGEST_UNITS = 99_999_999
Tree = dict[str, Any]


def read_form(text: str) -> Tree:
    """The tree of a form or query."""
    tree: Tree = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        raise ApiError(400, "There are too many parameters.") from None
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None or name.count("[") > 8:
            raise ApiError(400, f"Invalid parameter name: {name[:60]}", param=name[:60])
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        _put(tree, path, value)
    return tree


def read_files(body: bytes, content_type: str, types: Mapping[bytes, str]) -> Tree:
    """The tree of a form with a file: of the file, what can be seen of its bytes."""
    boundary = content_type.partition("boundary=")[2].strip('"')
    if not boundary:
        raise ApiError(400, "The form has no boundary.")
    tree: Tree = {}
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        names = dict(_DISPOSITION.findall(head.decode("utf-8", "replace")))
        if "filename" not in names:
            tree[names.get("name", "")] = content.decode("utf-8", "replace")
            continue
        kinds = [kind for magic, kind in types.items() if content.startswith(magic)]
        tree[names.get("name", "")] = {
            "filename": names["filename"],
            "size": str(len(content)),
            "type": kinds[0] if kinds else "",
            "digest": hashlib.sha256(content).hexdigest(),
        }
    return tree


def _put(tree: Tree, path: list[str], value: str) -> None:
    for depth, key in enumerate(path):
        name = str(len(tree)) if key == "" else key
        if depth == len(path) - 1:
            tree[name] = value
            return
        below = tree.setdefault(name, {})
        if not isinstance(below, dict):
            raise ApiError(400, f"Invalid object at {path[0]}", param=path[0])
        tree = below


class Fields:
    """The parameters of one call."""

    def __init__(self, tree: Tree, *, within: str = "") -> None:
        self.tree = tree
        self._within = within

    def name(self, key: str) -> str:
        """How an error names a parameter."""
        return f"{self._within}[{key}]" if self._within else key

    def only(self, *known: str) -> None:
        """Refuse parameters that the call does not know."""
        for key in self.tree:
            if key not in known and key != "expand":
                name = self.name(key)
                raise ApiError(
                    400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name
                )

    def text(self, key: str, default: str = "") -> str:
        """A text."""
        value = self.tree.get(key, default)
        if not isinstance(value, str):
            raise ApiError(400, f"Invalid string: {self.name(key)}", param=self.name(key))
        return value

    def needed(self, key: str) -> str:
        """A text that must be there."""
        value = self.text(key)
        if not value:
            raise needed(self.name(key))
        return value

    def flag(self, key: str) -> bool:
        """`true` or `false`."""
        value = self.text(key, "false")
        if value.lower() not in ("true", "false"):
            raise ApiError(400, f"Invalid boolean: {value[:20]}", param=self.name(key))
        return value.lower() == "true"

    def integer(self, key: str, default: int | None = None) -> int | None:
        """A whole number."""
        value = self.text(key)
        if not value:
            return default
        if not _INTEGER.fullmatch(value):
            raise ApiError(
                400, f"Invalid integer: {value[:30]}", code="parameter_invalid_integer", param=self.name(key)
            )
        return int(value)

    def below(self, key: str) -> "Fields":
        """An object among the parameters; empty if it is not there."""
        value = self.tree.get(key) or {}
        if not isinstance(value, dict):
            raise ApiError(400, f"Invalid object: {self.name(key)}", param=self.name(key))
        return Fields(value, within=self.name(key))

    def items(self, key: str) -> list["Fields"]:
        """A list of objects among the parameters."""
        below = self.below(key)
        return [below.below(name) for name in below.tree]

    def texts(self, key: str) -> list[str]:
        """A list of texts among the parameters."""
        below = self.below(key)
        return [below.text(name) for name in below.tree]

    def metadata(self) -> Metadata:
        """At most 50 names of 40 characters, with values of 500."""
        below = self.below("metadata")
        pairs = {name: below.text(name) for name in below.tree}
        if len(pairs) > 50 or any(len(name) > 40 or len(value) > 500 for name, value in pairs.items()):
            raise ApiError(400, "Metadata can have up to 50 keys of 40 and values of 500 characters.")
        return {name: value for name, value in pairs.items() if value}

    def currency(self, key: str = "currency") -> str:
        """A currency that is taken."""
        value = self.needed(key).lower()
        if value not in _ZERO_DECIMAL | _ALWAYS_WHOLE | _THREE_DECIMAL | _TWO_DECIMAL:
            raise ApiError(400, f"Invalid currency: {value[:12]}.", param=self.name(key))
        return value

    def amount(self, key: str, currency: str) -> int:
        """An amount in the currency's smallest unit, as Stripe counts it."""
        value = self.integer(key)
        if value is None:
            raise needed(self.name(key))
        if value < 1:
            message = f"This value must be greater than or equal to 1 (it currently is '{value}')."
            raise ApiError(400, message, code="parameter_invalid_integer", param=self.name(key))
        if value > LARGEST_UNITS:
            message = "Amount must be no more than 999,999.99."
            raise ApiError(400, message, code="amount_too_large", param=self.name(key))
        step = step_of(currency)
        if value % step:
            message = f"Amounts in {currency} must be divisible by {step}."
            raise ApiError(400, message, code="parameter_invalid_integer", param=self.name(key))
        return value

    def charge_amount(self, key: str, currency: str) -> int:
        """An amount that is not too small to be charged."""
        value = self.amount(key, currency)
        if value < _SMALLEST.get(currency, 1):
            message = f"Amount must be at least {_SMALLEST[currency]} of the smallest unit of {currency}."
            raise ApiError(400, message, code="amount_too_small", param=self.name(key))
        return value


def step_of(currency: str) -> int:
    """Of which number every amount of a currency is a multiple."""
    return 100 if currency in _ALWAYS_WHOLE else 10 if currency in _THREE_DECIMAL else 1


def minor_of(units: int, currency: str) -> int:
    """Stripe's units in minor units of ISO 4217."""
    if currency in _ALWAYS_WHOLE:
        return units // 100
    return units * 100 if currency == "mga" else units


def units_of(minor: int, currency: str) -> int:
    """Minor units of ISO 4217 in Stripe's."""
    if currency in _ALWAYS_WHOLE:
        return minor * 100
    return minor // 100 if currency == "mga" else minor


def fingerprint_of(path: str, tree: Mapping[str, Any]) -> str:
    """What makes two calls the same."""
    return f"{path} {sorted(_leaves(tree))}"


def _leaves(tree: Mapping[str, Any], within: str = "") -> list[tuple[str, str]]:
    leaves: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{within}.{key}"
        leaves += _leaves(value, name) if isinstance(value, dict) else [(name, str(value))]
    return leaves
