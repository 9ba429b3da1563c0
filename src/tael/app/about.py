"""What do the documents of our interfaces say of themselves? Title, words, keys, and what every route may refuse."""

from tael import __version__
from tael.foundation.config import Settings
from tael.foundation.http.admission import AddressRefused
from tael.foundation.http.limits import RateLimited
from tael.foundation.http.openapi import Api
from tael.foundation.http.signatures import SignatureRefused, SignatureSeen
from tael.foundation.http.versions import UnknownVersion
from tael.identity.errors import SessionEnded
from tael.ledger import errors as ledger_errors
from tael.merchants.errors import KeyExpired, KeyRefused, MerchantSuspended
from tael.staff.errors import StaffKeyRefused


def of_operations(settings: Settings) -> Api:
    """Of those who operate the platform."""
    return Api(
        title="Tael operations",
        version=__version__,
        description="What operations, finance, risk and compliance see and change: channels, the partners behind them, and "
        "routing. What moves money or decides where it goes takes two people.",
        server_url=f"http://{settings.internal_listen}",
        key="A key of a member of staff: `tael_staff_…`, from `tael staff add`",
        refuses=[StaffKeyRefused],
    )


def of_the_ledger(settings: Settings) -> Api:
    """Of the books."""
    return Api(
        title="Tael ledger",
        version=__version__,
        description="Double-entry books. Amounts are whole numbers of minor units (fen, cents); debits are positive, "
        "credits negative. Accounts are named by code and currency, entries by ids of yours, both in the query, because "
        "they may hold any printable character. Every call can be repeated: it has one effect.",
        server_url=f"http://{settings.ledger_listen}",
        key="A key of the ledger: `tael_ledger_…`, from `tael ledger keys create`",
        refuses=[ledger_errors.KeyRefused],
    )


def of_merchants(settings: Settings) -> Api:
    """Of merchants, and of their payers."""
    return Api(
        title="Tael",
        version=__version__,
        description="Take payments, and give them back. Amounts are whole numbers of minor units (fen, cents). "
        "Every POST takes an Idempotency-Key: repeated with the same key, it has one effect and one answer. "
        "A key is answered in the version of the API that it was made for, or in that of a `Tael-Version` header.",
        server_url=settings.public_url,
        refuses=[
            KeyRefused,
            KeyExpired,
            MerchantSuspended,
            AddressRefused,
            RateLimited,
            UnknownVersion,
            SignatureRefused,
            SignatureSeen,
        ],
    )


def of_users(settings: Settings) -> Api:
    """Of users, who act for themselves."""
    return Api(
        title="Tael wallet",
        version=__version__,
        description="What a wallet app asks for its user: register, prove who they are, hold a balance, move it, be told of it. "
        "Amounts are whole numbers of minor units (fen). A POST of somebody who has signed in takes an Idempotency-Key: repeated "
        "with the same key, it has one effect and one answer. Those at the door (registering, codes, signing in) take none.",
        server_url=settings.public_url,
        key="The token of a session: `tael_user_…`, from `POST /v1/users/sign_in`",
        refuses=[SessionEnded],
    )
