"""What do ways to pay look like to merchants?"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.channels.port import Capabilities, Product
from tael.payments.schemas.bodies import Currency


class MethodAmounts(msgspec.Struct, frozen=True, kw_only=True):
    """From how much to how much at a time, in one currency."""

    currency: Currency
    smallest_minor: Annotated[int, Meta(description="The least that can be paid", examples=[1])]
    largest_minor: Annotated[int, Meta(description="The most that can be paid at a time", examples=[5000000])]


class MethodBody(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay. The platform chooses the channel."""

    method: Annotated[str, Meta(description="Its name, for `POST …/attempts`", examples=["card"])]
    products: Annotated[list[Product], Meta(description="The scenes in which it can be used")]
    amounts: list[MethodAmounts]


def method_bodies(channels: Sequence[Capabilities], product: Product | None) -> list[MethodBody]:
    """The ways to pay that channels offer together, in alphabetical order."""
    methods = sorted({can.method for can in channels if product is None or product in can.products})
    return [_method_body(name, [can for can in channels if can.method == name]) for name in methods]


def _method_body(name: str, channels: Sequence[Capabilities]) -> MethodBody:
    currencies = sorted({currency for can in channels for currency in can.amounts})
    return MethodBody(
        method=name,
        products=sorted({product for can in channels for product in can.products}),
        amounts=[
            MethodAmounts(
                currency=currency,
                smallest_minor=min(
                    can.amounts[currency].smallest_minor for can in channels if currency in can.amounts
                ),
                largest_minor=max(
                    can.amounts[currency].largest_minor for can in channels if currency in can.amounts
                ),
            )
            for currency in currencies
        ],
    )
