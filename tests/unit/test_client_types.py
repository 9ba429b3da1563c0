"""Do editors and mypy know what each call gives? `make check` reads this file; running it is the smaller part."""

from typing import assert_type

from tael.client import AsyncTael, Tael, types
from tael.client.bound import AsyncPages, Pages


def blocking(tael: Tael) -> None:
    """Never run: read by mypy."""
    payment = tael.payments.create(
        amount_minor=1280, currency="CNY", reference="order-1", description="Tea", capture_method="manual"
    )
    assert_type(payment, types.PaymentMade)
    assert_type(payment.attempt, types.Attempt | None)
    assert_type(tael.payments.get(payment.id), types.PaymentDetail)
    assert_type(tael.payments.list(state=types.PaymentState.CAPTURED), Pages[types.PaymentListed])
    assert_type(tael.payments.methods(), tuple[types.Method, ...])
    assert_type(tael.exports.wait("exp_1"), types.Export)
    tael.payments.create(amount_minor="1280", currency="CNY", reference="1", description="Tea")  # type: ignore[arg-type]
    tael.payments.list(state="capturd")  # type: ignore[arg-type]
    tael.payments.create(currency="CNY", reference="1", description="Tea")  # type: ignore[call-arg]


async def awaited(tael: AsyncTael) -> None:
    """Never run: read by mypy."""
    assert_type(await tael.refunds.create("pay_1", amount_minor=1), types.Refund)
    assert_type(tael.refunds.list(), AsyncPages[types.Refund])
    async for refund in tael.refunds.list(payment_id="pay_1"):
        assert_type(refund, types.Refund)
    assert_type(await tael.checkout_sessions.wait("cs_1"), types.CheckoutSession)


def test_the_types_are_those_that_the_calls_say() -> None:
    assert types.PaymentDetail.__mro__[1] is types.Payment
    assert blocking.__annotations__["tael"] is Tael
    assert awaited.__annotations__["tael"] is AsyncTael
