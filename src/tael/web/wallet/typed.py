"""Which amount does somebody mean who types `12.80`? In minor units; more decimals than the currency has are refused."""

import unicodedata

from tael.foundation.errors import Malformed
from tael.foundation.money import Money
from tael.web.ui.forms import Form

CURRENCY = "CNY"
"""What the pages of the wallet speak of."""


def money_in(form: Form, name: str = "amount", *, currency: str = CURRENCY) -> Money:
    """More than nothing, typed with the digits of any keyboard (`１２．８０`); refuses `Malformed`."""
    text = unicodedata.normalize("NFKC", form.text(name)).strip().replace(",", "").replace("。", ".")
    text = text.lstrip("¥").strip()
    if not text:
        raise AmountMissing("How much?", field=name)
    try:
        amount = Money.parse(text, currency, field=name)
    except Malformed:
        raise AmountUnreadable("This is no amount.", field=name, hint="Such as 12.80.") from None
    if amount.minor <= 0:
        raise AmountNotPositive("More than nothing.", field=name)
    return amount


class AmountMissing(Malformed):
    """Nothing was typed where an amount is needed."""

    code = "wallet.amount_missing"


class AmountNotPositive(Malformed):
    """Nothing, or less, cannot be moved."""

    code = "wallet.amount_not_positive"


class AmountUnreadable(Malformed):
    """What was typed is no amount."""

    code = "wallet.amount_unreadable"
