"""What must we be told to pay by balance, and what do we promise?"""

import msgspec

from tael.channels.port import (
    AmountRange,
    Capabilities,
    ErrorClass,
    ErrorMeaning,
    Operation,
    Product,
    Security,
)

DOOR = "tael-wallets:"
"""What the addresses begin with that `channels.transport` hands to the door of this process."""
_LARGEST_MINOR = 20_000_000
_CODE_SECONDS = 15 * 60


class BalanceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where payers find their wallet."""

    wallet_url: str
    """Our own public address, with `/test` behind it in test mode."""


class BalanceCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """None: nobody else can reach that door."""


CAPABILITIES = Capabilities(
    method="balance",
    operations=frozenset(
        {
            Operation.PAY,
            Operation.INQUIRE,
            Operation.CLOSE,
            Operation.REFUND,
            Operation.INQUIRE_REFUND,
            Operation.PROBE,
        }
    ),
    products=frozenset({Product.CODE, Product.BARCODE, Product.PAGE, Product.H5}),
    amounts={"CNY": AmountRange(1, _LARGEST_MINOR)},
    security=Security(requests="within the process", answers="", notices="", notice_window_seconds=0),
    lifetime_seconds={Product.CODE: _CODE_SECONDS},
    refund_window_days=3650,
    refunds_per_order=200,
    notices=False,
    error_codes={
        "wallets.not_enough": ErrorMeaning(ErrorClass.PAYER, definite=True),
        "wallets.limit_reached": ErrorMeaning(ErrorClass.PAYER, definite=True),
        "standing.not_permitted": ErrorMeaning(ErrorClass.PAYER, definite=True),
        "wallets.payer_declined": ErrorMeaning(ErrorClass.PAYER, definite=True),
        "wallets.code_refused": ErrorMeaning(ErrorClass.PAYER, definite=True),
        "wallets.order_differs": ErrorMeaning(ErrorClass.REQUEST, definite=False),
        "wallets.order_paid": ErrorMeaning(ErrorClass.REQUEST, definite=False),
        "wallets.refund_exceeds_paid": ErrorMeaning(ErrorClass.REQUEST, definite=True),
    },
)
