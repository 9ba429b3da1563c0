"""What did a payment look like before? One function for each version that changed it; see `foundation.http.versions`."""

from typing import Any

from tael.foundation.http.versions import Change


def _without_captures(payment: dict[str, Any]) -> None:
    for name in ("capture_method", "authorised_minor", "capture_before"):
        payment.pop(name, None)


CHANGES = (
    Change(
        version="2026-11-22",
        kind="pay",
        says="Payments can be authorised first and captured later: `capture_method`, `authorised_minor` and "
        "`capture_before` are new.",
        undo=_without_captures,
    ),
)
