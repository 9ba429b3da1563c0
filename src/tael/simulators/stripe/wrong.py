"""What does it look like when an answer or an event says something else than happened?"""

from collections.abc import Callable
from typing import Any

from tael.simulators.base import Fault

_NUMBERS = frozenset({"order_number", "refund_number", "payout_number", "client_reference_id"})
_SOMEBODY = {"payment_intent": "pi_0somebodyelse", "charge": "ch_0somebodyelse"}


def made_wrong(tree: dict[str, Any], wrong: frozenset[Fault]) -> dict[str, Any]:
    """The same, with what is to be wrong about it."""
    changes = [change for fault, change in _CHANGES.items() if fault in wrong]

    def changed(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: changed(key, below) for key, below in value.items()}
        if isinstance(value, list):
            return [changed(name, below) for below in value]
        for change in changes:
            value = change(name, value)
        return value

    return {key: changed(key, value) for key, value in tree.items()} if changes else tree


def _other_amount(name: str, value: Any) -> Any:
    """Every amount that is not zero is one unit too much."""
    is_amount = name.startswith("amount") or name in ("fee", "net")
    return value + 1 if is_amount and isinstance(value, int) and value else value


def _other_order(name: str, value: Any) -> Any:
    return f"{value}X" if name in _NUMBERS and isinstance(value, str) else value


def _other_merchant(name: str, value: Any) -> Any:
    """Somebody else's things, out of the other mode."""
    if name == "livemode":
        return not value
    return _SOMEBODY[name] if name in _SOMEBODY and isinstance(value, str) else value


_CHANGES: dict[Fault, Callable[[str, Any], Any]] = {
    Fault.WRONG_AMOUNT: _other_amount,
    Fault.WRONG_ORDER: _other_order,
    Fault.WRONG_MERCHANT: _other_merchant,
}
