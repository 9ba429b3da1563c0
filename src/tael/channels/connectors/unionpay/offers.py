"""What can be had from UnionPay, what must we be told, and what do we promise?"""

from datetime import timedelta

import msgspec

from tael.channels.connectors.unionpay.meanings import ERROR_CODES
from tael.channels.connectors.unionpay.values import CURRENCY, LARGEST_MINOR
from tael.channels.port import (
    AmountRange,
    BillKind,
    BillTerms,
    Capabilities,
    Operation,
    Product,
    Security,
)

UNIONPAY = "中国银联股份有限公司"
"""The owner that the certificates of the real platform name."""


class UnionPaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where UnionPay is, and who we are there."""

    gateway_url: str = "https://gateway.95516.com"
    files_url: str = "https://filedownload.95516.com"
    merchant_number: str
    """`merId`, 15 characters."""
    certificate_owners: tuple[str, ...] = (UNIONPAY,)
    """Who may own the certificates that answers are signed with; the test platform has owners of its own."""
    notice_max_age_seconds: int = 7 * 86_400
    """How long ago the transaction may have begun that a notice is about."""


class UnionPayCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """Our key, and whose word counts. All are PEM."""

    private_key: str
    """Ours, to sign requests."""
    certificate: str
    """Ours: its serial number tells UnionPay which key to check with."""
    authorities: str
    """Root and middle certificates (CFCA) of UnionPay's signing certificates; old and new may stand together."""
    encryption_certificate: str = ""
    """UnionPay's for sensitive fields, which our vault encrypts card numbers for; without it nothing is paid out to cards."""

    def __repr__(self) -> str:
        """Without the keys: credentials end up in tracebacks."""
        return "UnionPayCredentials(hidden)"


_PAYS_OUT = (Operation.PAY_OUT, Operation.INQUIRE_PAYOUT)
CARD_OF_VAULT = "card"
"""The kind of account that a card in our vault is, named by its token."""


def capabilities_of(settings: UnionPaySettings, *, pays_out: bool = False) -> Capabilities:
    """What this channel can do.

    There is no `CLOSE` and no `CANCEL`: an order that nobody pays ends by itself at its `payTimeout`, and UnionPay's
    void is for what was paid today only, where a refund does the same. `pays_out`: to cards of our vault (代付).
    """
    return Capabilities(
        method="unionpay",
        operations=frozenset(
            {
                Operation.PAY,
                Operation.INQUIRE,
                Operation.REFUND,
                Operation.INQUIRE_REFUND,
                Operation.PROBE,
                *(_PAYS_OUT if pays_out else ()),
            }
        ),
        products=frozenset({Product.CODE, Product.PAGE, Product.H5, Product.APP}),
        amounts={CURRENCY: AmountRange(1, LARGEST_MINOR)},
        security=Security(
            requests="SHA256withRSA over the SHA-256 of all fields (ACP 5.1.0, signMethod 01)",
            answers="the same, with a CFCA certificate that comes along",
            notices="the same, with a CFCA certificate that comes along",
            notice_window_seconds=settings.notice_max_age_seconds,
        ),
        operation_timeout_seconds={
            Operation.PAY: 5.0,
            Operation.INQUIRE: 5.0,
            Operation.REFUND: 15.0,
            Operation.INQUIRE_REFUND: 5.0,
            Operation.PROBE: 5.0,
            Operation.PAY_OUT: 15.0,
            Operation.INQUIRE_PAYOUT: 5.0,
        },
        refund_window_days=330,
        account_kind=CARD_OF_VAULT if pays_out else "",
        bills={
            BillKind.TRADES: BillTerms(
                format="base64 of a zlib stream of a zip of fixed widths in GBK (ZM)",
                ready_at=timedelta(hours=9),
            )
        },
        error_codes=ERROR_CODES,
    )
