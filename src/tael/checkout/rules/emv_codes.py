"""What do we write into an EMVCo code of a store, so that whoever scans it comes to us?"""

from urllib.parse import urlsplit

import msgspec

from tael.checkout.errors import CheckoutMalformed
from tael.checkout.model import MerchantCode
from tael.checkout.rules.emvco import DYNAMIC, STATIC, write
from tael.foundation.money import Money

ACCOUNT = "26"
"""The first template that anybody may use."""
NUMBERS = {
    "AUD": "036",
    "CAD": "124",
    "CHF": "756",
    "CNY": "156",
    "EUR": "978",
    "GBP": "826",
    "HKD": "344",
    "IDR": "360",
    "INR": "356",
    "JPY": "392",
    "KRW": "410",
    "MOP": "446",
    "MYR": "458",
    "NZD": "554",
    "PHP": "608",
    "SGD": "702",
    "THB": "764",
    "TWD": "901",
    "USD": "840",
    "VND": "704",
}
"""Numbers of currencies in ISO 4217."""


_TIPS = {(True, False): None, (False, True): "01", (False, False): "03"}
"""By whether there is none, and whether the payer is asked."""


class EmvTold(msgspec.Struct, frozen=True, kw_only=True):
    """What the merchant says for a code."""

    name: str
    city: str
    category: str
    country: str
    amount: Money | None = None
    """Of one payment: the code is then a dynamic one."""
    reference: str | None = None
    tip_percent: int | None = None
    """What is added by itself; 0: the payer is asked."""
    local_name: str | None = None
    local_city: str | None = None


def written_for(code: str, *, public_url: str, currency: str, terminal_id: str | None, told: EmvTold) -> str:
    """The text of a code of ours; refuses `CheckoutMalformed`, `CodeUnreadable`."""
    if currency not in NUMBERS:
        raise CheckoutMalformed(f"{currency} has no number here.", field="currency")
    host = urlsplit(public_url).hostname or "localhost"
    additional = {"05": told.reference, "07": terminal_id and terminal_id[-25:]}
    local = {"00": "ZH", "01": told.local_name, "02": told.local_city} if told.local_name else {}
    return write(
        MerchantCode(
            accounts={ACCOUNT: {"00": ".".join(reversed(host.split(".")))[:32], "01": code}},
            category=told.category,
            currency=NUMBERS[currency],
            country=told.country,
            name=told.name,
            city=told.city,
            initiation=STATIC if told.amount is None else DYNAMIC,
            amount=told.amount.decimal() if told.amount is not None else None,
            additional={each: value for each, value in additional.items() if value},
            local={each: value for each, value in local.items() if value},
            tip_indicator=_TIPS[told.tip_percent is None, told.tip_percent == 0],
            tip_percent=str(told.tip_percent) if told.tip_percent else None,
        )
    )
