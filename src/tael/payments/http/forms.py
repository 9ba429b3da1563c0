"""What do the routes of payments have in common? Permissions, parameters, how calls are made and answers described."""

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.params import PathParameter, QueryParameter

from tael.foundation.calls import Call, Caller
from tael.foundation.printable import PRINTABLE
from tael.payments.api import CreateRefund, RequestClose, RequestStep, StartAttempt
from tael.payments.model import PaymentState
from tael.payments.schemas import OnPayment

READ, WRITE, REFUND = "payments.read", "payments.write", "payments.refund"
PERMISSIONS = frozenset({READ, WRITE, REFUND})
"""The permissions of this context; an API key has them all until keys have scopes."""

AnyRequest = Request[Any, Any, Any]
PaymentId = Annotated[str, PathParameter(description="`pay_` and 26 characters, as the API gave it")]
RefundId = Annotated[str, PathParameter(description="`rfd_` and 26 characters, as the API gave it")]

WithState = Annotated[
    PaymentState | None,
    QueryParameter(name="state", description=f"Only those in this state: {', '.join(PaymentState)}"),
]
WithReference = Annotated[
    str | None,
    QueryParameter(
        max_length=64, pattern=PRINTABLE, description="Only those with this order number of yours"
    ),
]
InCurrency = Annotated[
    str | None,
    QueryParameter(pattern=r"^[A-Z]{3}$", description="Only those in this currency: three capital letters"),
]
CreatedFrom = Annotated[
    str | None,
    QueryParameter(
        format="date-time",
        description="Only those made at or after this moment, such as 2026-03-01T00:00:00Z",
    ),
]
CreatedBefore = Annotated[
    str | None,
    QueryParameter(
        format="date-time", description="Only those made before this moment, such as 2026-04-01T00:00:00Z"
    ),
]


def call_on_payment(
    caller: Caller,
    action: str,
    key: str,
    request: msgspec.Struct,
    command: StartAttempt | RequestClose | CreateRefund | RequestStep,
) -> Call[Any]:
    """A call about a payment: what a repeat must repeat has the payment in it."""
    return Call(
        caller=caller,
        action=action,
        key=key,
        request=OnPayment(payment_id=command.payment_id, request=request),
        command=command,
    )
