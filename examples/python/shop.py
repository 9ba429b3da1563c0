"""A shop sells two cups of tea, shows where to pay, waits for the money, and gives back one cup that was cold.

export TAEL_URL=http://127.0.0.1:8080 TAEL_KEY=tael_test_…
python examples/python/shop.py
"""

import os

from tael.client import Tael, errors, types


def sell(tael: Tael, order: str) -> None:
    """One order, from the bill to the refund."""
    session = tael.checkout_sessions.create(
        currency="CNY",
        reference=order,
        description="Two cups of Longjing",
        line_items=[types.LineItem(name="Longjing", quantity=2, unit_minor=640)],
        idempotency_key=f"{order}-session",  # if this program dies and starts again, it is the same session
    )
    print("Your customer pays here:", session.url, flush=True)

    session = tael.checkout_sessions.wait(session.id)
    if session.state != types.CheckoutState.COMPLETE or session.payment_id is None:
        print("Nobody has paid.")
        return
    payment = tael.payments.get(session.payment_id)
    print(f"Paid: {payment.captured_minor} by {payment.attempts[-1].method}")

    refund = tael.refunds.create(payment.id, amount_minor=640, note="One cup was cold")
    print(f"Given back: {refund.amount_minor}, which is {refund.state}")
    try:
        tael.refunds.create(payment.id, amount_minor=5000)
    except errors.PaymentsRefundExceedsCaptured as refused:
        print("No more than", refused.problem["refundable_minor"], "can still be given back")

    print("Of this order there is", ", ".join(each.state for each in tael.payments.list(reference=order)))


if __name__ == "__main__":
    with Tael(os.environ["TAEL_URL"], os.environ["TAEL_KEY"]) as client:
        sell(client, os.environ.get("ORDER", "order-1001"))
