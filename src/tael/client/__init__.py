"""Tael from Python: typed calls, sent again by themselves until there is an answer, each with one effect.

    from tael.client import Tael

    with Tael("https://pay.example.com", key="tael_test_…") as tael:
        payment = tael.payments.create(
            amount_minor=1280, currency="CNY", reference="order-1001", description="Two cups of tea"
        )
        print("pay here:", payment.checkout_url)
        tael.refunds.create(tael.payments.wait(payment.id).id, amount_minor=280)
        for payment in tael.payments.list(state="captured"):
            print(payment.id, payment.amount_minor)

`AsyncTael` is the same inside an event loop, with `await` and `async for`; `Ledger` and `AsyncLedger` speak to the
ledger's own API. What Tael refuses is raised as a class of `tael.client.errors`; what it speaks of is in
`tael.client.types`; `tael.client.webhooks` verifies events, `tael.client.signing` signs requests.
"""

from tael.client import errors, types, webhooks
from tael.client.api.waiting import ExportFailed, StillWaiting
from tael.client.calls import Call, Page
from tael.client.clients import AsyncLedger, AsyncTael, Ledger, Tael
from tael.client.errors import NotUnderstood, Refused, TaelError, Unreachable

__all__ = [
    "AsyncLedger",
    "AsyncTael",
    "Call",
    "ExportFailed",
    "Ledger",
    "NotUnderstood",
    "Page",
    "Refused",
    "StillWaiting",
    "Tael",
    "TaelError",
    "Unreachable",
    "errors",
    "types",
    "webhooks",
]
