"""What can be had from the bank, what must we be told, and what do we promise?"""

from datetime import timedelta

import msgspec

from tael.channels.connectors.bank.meanings import ERROR_CODES
from tael.channels.port import (
    AmountRange,
    BillKind,
    BillTerms,
    Capabilities,
    Operation,
    Product,
    Security,
)


class BankSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bank's file gateway is, and which account is ours."""

    payments_url: str
    """Takes pain.001 by `POST`."""
    mailbox_url: str
    """Lists the bank's messages by `GET`."""
    account_number: str
    """Ours: an IBAN, or the number that the bank uses."""
    account_name: str
    bank_name: str
    bank_code: str
    """BIC or clearing code of the bank."""
    currency: str = "CNY"
    largest_minor: int = 5_000_000_000
    virtual_prefix: str
    """With which every number of our range of virtual accounts begins."""
    virtual_digits: int = 18
    """How many digits follow the prefix, without the two check digits. 18 are enough for 100 million orders."""
    message_format: str = "pain.001.001.09"
    """Or `pain.001.001.03`."""
    feed_seconds: int = 60
    """How often the mailbox is looked into."""


class BankCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """How the bank knows us, and the key of our virtual accounts."""

    user: str
    password: str
    account_key: str
    """32 characters or more. Changing it changes the account numbers of orders that are open."""

    def __repr__(self) -> str:
        """Without the secrets: credentials end up in tracebacks."""
        return "BankCredentials(hidden)"


def capabilities_of(settings: BankSettings) -> Capabilities:
    """What this channel can do. Nobody can keep a payer from sending money: what comes late or too much goes back."""
    return Capabilities(
        method="bank_transfer",
        operations=frozenset(
            {
                Operation.PAY,
                Operation.INQUIRE,
                Operation.CLOSE,
                Operation.REFUND,
                Operation.INQUIRE_REFUND,
                Operation.PAY_OUT,
                Operation.INQUIRE_PAYOUT,
                Operation.PROBE,
            }
        ),
        products=frozenset({Product.TRANSFER}),
        amounts={settings.currency: AmountRange(1, settings.largest_minor)},
        security=Security(
            requests="TLS and HTTP Basic",
            answers="",
            notices="fetched over TLS",
            notice_window_seconds=0,
        ),
        operation_timeout_seconds={
            Operation.PAY: 1.0,
            Operation.INQUIRE: 10.0,
            Operation.CLOSE: 10.0,
            Operation.REFUND: 15.0,
            Operation.INQUIRE_REFUND: 10.0,
            Operation.PAY_OUT: 15.0,
            Operation.INQUIRE_PAYOUT: 10.0,
            Operation.PROBE: 5.0,
        },
        refund_window_days=3650,
        account_kind="bank_account",
        payer_sets_amount=True,
        notices=False,
        feed_seconds=settings.feed_seconds,
        bills={BillKind.FUNDS: BillTerms(format="camt.053", ready_at=timedelta(hours=1))},
        error_codes=ERROR_CODES,
    )
