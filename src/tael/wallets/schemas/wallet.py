"""What do balances, limits and bills look like on the wire?"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.wallets.model import Balance, LimitShown, LimitSource
from tael.wallets.schemas.fields import Currency

Minor = Annotated[int, Meta(description="In minor units (fen)", examples=[1280])]


class BalanceBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a wallet, by the ledger, at this moment."""

    currency: Currency
    total_minor: Annotated[Minor, Meta(description="All of it: available, held and frozen")]
    available_minor: Annotated[Minor, Meta(description="What can be spent now")]
    held_minor: Annotated[Minor, Meta(description="What is on its way to others and can be recalled")]
    frozen_minor: Annotated[Minor, Meta(description="What may not be spent at present")]


class WalletBody(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet."""

    balances: Annotated[list[BalanceBody], Meta(description="One for each currency that wallets hold")]


class LimitBody(msgspec.Struct, frozen=True, kw_only=True):
    """A limit, and how far it is used."""

    name: Annotated[str, Meta(description="What is limited, and over which time", examples=["transfer_day"])]
    source: Annotated[LimitSource, Meta(description="Who says so", examples=["account_class"])]
    currency: Annotated[
        str | None, Meta(description="Null if acts are counted, and not amounts", examples=["CNY"])
    ]
    limit: Annotated[int, Meta(description="In minor units, or a count", examples=[100_000])]
    used: Annotated[int, Meta(description="So much is used", examples=[1280])]
    left: Annotated[int, Meta(description="So much is left", examples=[98_720])]
    free_again_at: Annotated[
        datetime | None, Meta(description="When the period ends; null: never", examples=[None])
    ]


class LimitsBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a user may still spend."""

    limits: Annotated[list[LimitBody], Meta(description="Every limit that holds for this user")]


def balance_body(balance: Balance) -> BalanceBody:
    """The same on the wire."""
    return msgspec.convert(msgspec.structs.asdict(balance), BalanceBody)


def limit_body(limit: LimitShown) -> LimitBody:
    """The same on the wire."""
    return msgspec.convert(msgspec.structs.asdict(limit), LimitBody)
