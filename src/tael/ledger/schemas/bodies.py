"""What does the ledger's API answer? Accounts, entries, lines, receipts, as they are shown."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tael.foundation.problems import Problem
from tael.ledger.model import ALWAYS, Account, Balance, Booked, Frozen, Phase, PostedEntry, moment_of
from tael.ledger.schemas.words import (
    Amount,
    BalanceAfter,
    BookedAt,
    Ceiling,
    Class,
    Code,
    Currency,
    EffectiveAt,
    EntryId,
    Floor,
    Kind,
    Moment,
    No,
    Reference,
)


class LimitBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a balance may not pass from a moment on."""

    floor_minor: Floor
    ceiling_minor: Ceiling
    begins_at: Annotated[
        Moment | None, Meta(description="null: since the account was opened", examples=[None])
    ]


class AccountBody(msgspec.Struct, frozen=True, kw_only=True):
    """An account with what is on it."""

    code: Code
    currency: Currency
    exponent: Annotated[int, Meta(description="Decimals of the currency: 2 for cents", examples=[2])]
    account_class: Class
    frozen: Annotated[Frozen, Meta(description="Which movements are stopped")]
    limits: Annotated[list[LimitBody], Meta(description="By the moment at which they begin")]
    metadata: Annotated[dict[str, str] | None, Meta(description="Your texts", examples=[{"shop": "north"}])]
    opened_at: Annotated[datetime, Meta(tz=True, description="When it was opened, in UTC")]
    closed_at: Annotated[Moment | None, Meta(description="When it was closed", examples=[None])]
    balance_minor: Annotated[
        int,
        Meta(description="Posted debits less posted credits: positive is a debit balance", examples=[-5000]),
    ]
    held_debits_minor: Annotated[
        int, Meta(description="Debits of pending entries that have not ended", examples=[200])
    ]
    held_credits_minor: Annotated[
        int, Meta(description="Credits of such entries, as a positive number", examples=[0])
    ]
    normal_balance_minor: Annotated[
        int,
        Meta(
            description="The balance on the account's normal side, as its owner reads it: `balance_minor` of an asset "
            "or expense, its negative of a liability, income or equity account",
            examples=[5000],
        ),
    ]
    available_minor: Annotated[
        int,
        Meta(
            description="What is left of `normal_balance_minor` if every hold that takes away is posted; "
            "the floor is measured against it",
            examples=[4800],
        ),
    ]


class AccountResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one account of the request."""

    status: Annotated[int, Meta(description="200, or the status of the problem", examples=[200])]
    account: Annotated[AccountBody | UnsetType, Meta(description="The account, if it is open as asked")] = (
        UNSET
    )
    problem: Annotated[Problem | UnsetType, Meta(description="Why not")] = UNSET


class OpenedBody(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each account, in the order of the request."""

    results: Annotated[list[AccountResult], Meta(description="One for each account")]


class ReceiptBody(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The entry is in the books."""

    id: EntryId
    no: No
    booked_at: BookedAt


class EntryResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one entry of a bulk."""

    status: Annotated[int, Meta(description="201, or the status of the problem", examples=[201])]
    receipt: Annotated[ReceiptBody | UnsetType, Meta(description="If it is in the books")] = UNSET
    replayed: Annotated[bool, Meta(description="Whether it was in the books already", examples=[False])] = (
        False
    )
    problem: Annotated[Problem | UnsetType, Meta(description="Why it is not")] = UNSET


class BulkBody(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each entry, in the order of the request."""

    booked: Annotated[int, Meta(description="How many are in the books", examples=[1])]
    unknown: Annotated[
        int,
        Meta(
            description="How many may be: their results have the status 202, and the same entry sent again tells",
            examples=[0],
        ),
    ]
    refused: Annotated[int, Meta(description="How many are not", examples=[0])]
    results: Annotated[list[EntryResult], Meta(description="One for each entry")]


class LineBody(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands in the books."""

    code: Code
    currency: Currency
    account_class: Class
    amount_minor: Amount
    balance_after_minor: BalanceAfter


class EntryBody(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it stands in the books."""

    id: EntryId
    no: No
    kind: Kind
    reference: Reference
    phase: Annotated[Phase, Meta(description="What the entry does")]
    booked_at: BookedAt
    effective_at: EffectiveAt
    expires_at: Annotated[
        Moment | None, Meta(description="When a pending entry is voided by itself", examples=[None])
    ]
    ends: Annotated[str | None, Meta(description="The pending entry that it ends", examples=[None])]
    reverses: Annotated[str | None, Meta(description="The entry that it takes back", examples=[None])]
    metadata: Annotated[dict[str, str] | None, Meta(description="Your texts", examples=[{"shop": "north"}])]
    postings: Annotated[list[LineBody], Meta(description="What it moves, or holds if it is pending")]


class AccountPostingBody(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of one account."""

    entry_no: No
    position: Annotated[int, Meta(description="Which line of the entry it is, from 0", examples=[0])]
    entry_id: EntryId
    kind: Kind
    reference: Reference
    booked_at: BookedAt
    effective_at: EffectiveAt
    amount_minor: Amount
    balance_after_minor: Annotated[int, Meta(description="Debits less credits after it", examples=[1280])]


class HoldBody(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a pending entry that has not ended."""

    entry_no: No
    position: Annotated[int, Meta(description="Which line of the entry it is, from 0", examples=[0])]
    entry_id: EntryId
    kind: Kind
    reference: Reference
    booked_at: BookedAt
    expires_at: Annotated[Moment | None, Meta(description="When it is voided by itself", examples=[None])]
    amount_minor: Amount


def account_body(account: Account, balance: Balance) -> AccountBody:
    """An account with what is on it, as it is shown."""
    sign = account.account_class.normal_sign
    taking = balance.held_credits_minor if sign > 0 else balance.held_debits_minor
    return AccountBody(
        code=account.code,
        currency=account.currency,
        exponent=account.exponent,
        account_class=account.account_class,
        frozen=account.frozen,
        limits=[
            LimitBody(
                floor_minor=limit.floor_minor,
                ceiling_minor=limit.ceiling_minor,
                begins_at=None if limit.begins_at == ALWAYS else limit.begins_at,
            )
            for limit in account.limits
        ],
        metadata=dict(account.metadata) if account.metadata else None,
        opened_at=account.opened_at,
        closed_at=account.closed_at,
        balance_minor=balance.balance_minor,
        held_debits_minor=balance.held_debits_minor,
        held_credits_minor=balance.held_credits_minor,
        normal_balance_minor=sign * balance.balance_minor,
        available_minor=sign * balance.balance_minor - taking,
    )


def receipt_body(booked: Booked) -> ReceiptBody:
    """The receipt, as it is given."""
    return ReceiptBody(id=booked.id, no=booked.no, booked_at=moment_of(booked.no))


def entry_body(entry: PostedEntry) -> EntryBody:
    """An entry, as it is shown."""
    return msgspec.convert(entry, EntryBody, from_attributes=True)
