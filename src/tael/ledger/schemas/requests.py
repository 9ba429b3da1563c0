"""What do callers of the ledger's API send? Strict structs: a field that is not known is a typing error."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tael.ledger.model import Frozen, Phase
from tael.ledger.schemas.words import (
    Amount,
    Ceiling,
    Class,
    Code,
    Currency,
    EntryId,
    Floor,
    Kind,
    Metadata,
    Moment,
    Reference,
    Unsigned,
)

MOST_ACCOUNTS = 1_000
"""Accounts that are opened at a time."""
MOST_SECONDS = 10 * 365 * 86_400
"""The longest that a pending entry can be told to hold, in seconds: ten years."""


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A request: a field that is not known is a typing error."""


class PostingRequest(_Strict, frozen=True):
    """One line of an entry."""

    code: Code
    currency: Currency
    amount_minor: Amount


class ExchangeRequest(_Strict, frozen=True):
    """An amount of one currency for an amount of another; becomes four postings, through two position accounts."""

    from_account: Annotated[
        Code,
        Meta(description="The account that has `sell_minor` less on its normal side", examples=["wallet:7"]),
    ]
    to_account: Annotated[
        Code,
        Meta(description="The account that has `buy_minor` more on its normal side", examples=["wallet:7"]),
    ]
    sell_minor: Unsigned
    sell_currency: Annotated[Currency, Meta(description="What is sold", examples=["USD"])]
    buy_minor: Annotated[Unsigned, Meta(description="In minor units of what is bought", examples=[71_235])]
    buy_currency: Annotated[Currency, Meta(description="What is bought", examples=["CNY"])]
    rate: Annotated[
        str,
        Meta(
            pattern=r"^[0-9]{1,18}(\.[0-9]{1,18})?$(?!\n)",
            description="Bought units for one sold unit, an exact decimal as a text; the amounts must follow from it, "
            "rounded half up. Kept in the metadata as `exchange.rate`",
            examples=["7.12345"],
        ),
    ]
    position: Annotated[
        Code,
        Meta(description="The code of the position accounts, one in each currency", examples=["position"]),
    ] = "position"


class EntryRequest(_Strict, frozen=True):
    """One business fact."""

    id: EntryId
    kind: Kind
    reference: Reference
    postings: Annotated[
        list[PostingRequest],
        Meta(
            max_length=500,
            description="At least a debit and a credit, which sum to zero in each currency. Left out where they follow "
            "from another entry: of a void, of a post in full, of a reversal",
            examples=[
                [
                    {"code": "bank", "currency": "CNY", "amount_minor": 1280},
                    {"code": "merchant:42:pending", "currency": "CNY", "amount_minor": -1280},
                ]
            ],
        ),
    ] = []
    exchange: Annotated[
        ExchangeRequest | None, Meta(description="Instead of postings: an exchange", examples=[None])
    ] = None
    effective_at: Annotated[
        Moment | None,
        Meta(description="When it counts, if not when it is booked: 1900 to 2199", examples=[None]),
    ] = None
    metadata: Metadata | None = None
    phase: Annotated[
        Phase,
        Meta(
            description="`single` moves money at once; `pending` holds it; `post` and `void` end the pending entry "
            "that `ends` names. `expiry` is written by the ledger only",
            examples=["single"],
        ),
    ] = Phase.SINGLE
    expires_at: Annotated[
        Moment | None, Meta(description="When a pending entry is voided by itself", examples=[None])
    ] = None
    expires_in_seconds: Annotated[
        Annotated[int, Meta(ge=1, le=MOST_SECONDS)] | None,
        Meta(description="Or: how long after its booking, in seconds", examples=[None]),
    ] = None
    ends: Annotated[
        EntryId | None, Meta(description="Of a post or void: the id of the pending entry", examples=[None])
    ] = None
    reverses: Annotated[
        EntryId | None,
        Meta(description="The id of an entry that this one takes back, sides changed", examples=[None]),
    ] = None
    linked: Annotated[
        bool, Meta(description="In a bulk: stands or falls together with the next entry", examples=[False])
    ] = False


class OpenAccountRequest(_Strict, frozen=True):
    """How an account is to be opened."""

    code: Code
    currency: Currency
    account_class: Class
    floor_minor: Floor = None
    ceiling_minor: Ceiling = None
    exponent: Annotated[
        Annotated[int, Meta(ge=0, le=18)] | None,
        Meta(description="Decimals of a currency that ISO 4217 does not list, 0 to 18", examples=[None]),
    ] = None
    metadata: Metadata | None = None


class OpenAccountsRequest(_Strict, frozen=True):
    """Accounts to be open afterwards."""

    accounts: Annotated[
        list[OpenAccountRequest],
        Meta(
            min_length=1, max_length=MOST_ACCOUNTS, description="1 to 1,000 accounts; each has its own result"
        ),
    ]


class LimitRequest(_Strict, frozen=True):
    """A new limit, beside those that the account has: of those that have begun, the one that began last counts."""

    floor_minor: Floor = None
    ceiling_minor: Ceiling = None
    begins_at: Annotated[
        Moment | None, Meta(description="From when on it counts; now, if not said", examples=[None])
    ] = None


class ChangeAccountRequest(_Strict, frozen=True):
    """What is to become of an account. What is not said stays as it is."""

    frozen: Annotated[
        Frozen | None,
        Meta(
            description="Which movements stop: `in` would raise the balance on the normal side, `out` lower it"
        ),
    ] = None
    close: Annotated[
        bool, Meta(description="Close it for ever: nothing may be on it, nothing held", examples=[False])
    ] = False
    limit: Annotated[LimitRequest | None, Meta(description="A new limit")] = None
    metadata: Annotated[
        Metadata | None, Meta(description="Replaces the metadata; an empty object removes it")
    ] = None
