"""Three customers order at once. Their payments are made, waited for, and refunded, in one event loop.

export TAEL_URL=http://127.0.0.1:8080 TAEL_KEY=tael_test_…
python examples/python/shop_async.py
"""

import asyncio
import os

from tael.client import AsyncTael, types


async def sell(tael: AsyncTael, order: str, amount_minor: int) -> types.PaymentDetail:
    """One order: gives the payment as soon as its payer is done."""
    payment = await tael.payments.create(
        amount_minor=amount_minor,
        currency="CNY",
        reference=order,
        description="A pot of tea",
        metadata={"table": order[-1]},
        idempotency_key=order,
    )
    print(order, "is paid here:", payment.checkout_url, flush=True)
    return await tael.payments.wait(payment.id)


async def main() -> None:
    """Sell three pots of tea, and take the last one back."""
    async with AsyncTael(os.environ["TAEL_URL"], os.environ["TAEL_KEY"]) as tael:
        prefix = os.environ.get("ORDER", "pot")
        async with asyncio.TaskGroup() as shop:
            sold = [shop.create_task(sell(tael, f"{prefix}-{number}", number * 880)) for number in (1, 2, 3)]
        for payment in (each.result() for each in sold):
            print(payment.reference, payment.state, payment.captured_minor)

        refund = await tael.refunds.create(sold[-1].result().id)
        print("Given back:", refund.amount_minor)
        async for listed in tael.payments.list(metadata={"table": "1"}, reference=f"{prefix}-1"):
            print("At table 1:", listed.amount_minor)


if __name__ == "__main__":
    asyncio.run(main())
