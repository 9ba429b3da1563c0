"""What does the ledger's API answer to questions about time and about the books as a whole?"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tael.ledger.model import AccountClass, Timeline
from tael.ledger.schemas.words import BookedAt, Class, Code, Currency, EffectiveAt, Moment, No

Exponent = Annotated[int, Meta(description="Decimals of the currency: 2 for cents", examples=[2])]
By = Annotated[
    Timeline,
    Meta(description="`booked`: by when entries were written; `effective`: by when they count"),
]
Side = Annotated[
    Literal["debit", "credit"],
    Meta(description="On which side the account grows: debit for assets and expenses", examples=["credit"]),
]
BalanceMinor = Annotated[
    int, Meta(description="Debits less credits: positive is a debit balance", examples=[-5000])
]
Debits = Annotated[int, Meta(description="Sum of the debits", examples=[5000])]
Credits = Annotated[int, Meta(description="Sum of the credits, as a positive number", examples=[5000])]
From = Annotated[Moment | None, Meta(description="The first moment of it; null: the beginning of the books")]
To = Annotated[Moment | None, Meta(description="The first moment after it; null: it has no end")]


class BalanceAtBody(msgspec.Struct, frozen=True, kw_only=True):
    """What was on an account at a moment."""

    code: Code
    currency: Currency
    exponent: Exponent
    account_class: Class
    at: Annotated[Moment, Meta(description="The moment, in UTC: everything of that microsecond is in it")]
    by: By
    balance_minor: BalanceMinor
    normal_balance_minor: Annotated[
        int, Meta(description="The balance on the account's normal side", examples=[5000])
    ]


class StatementLineBody(msgspec.Struct, frozen=True, kw_only=True):
    """One movement, and the account after it."""

    no: No
    position: Annotated[int, Meta(description="The line within its entry, from 0", examples=[1])]
    id: Annotated[
        str | None,
        Meta(
            description="The entry; null, as kind and reference, once its month is archived",
            examples=["order-1001:paid"],
        ),
    ]
    kind: Annotated[str | None, Meta(description="What happened", examples=["order.paid"])]
    reference: Annotated[str | None, Meta(description="What it is about", examples=["order-1001"])]
    booked_at: BookedAt
    effective_at: EffectiveAt
    debit_minor: Annotated[int, Meta(description="The amount, if it is a debit; else 0", examples=[0])]
    credit_minor: Annotated[int, Meta(description="The amount, if it is a credit; else 0", examples=[5000])]
    balance_after_minor: Annotated[
        int,
        Meta(
            description="Debits less credits after this line, in the order of the statement", examples=[-5000]
        ),
    ]


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what happened on an account."""

    code: Code
    currency: Currency
    exponent: Exponent
    account_class: Class
    normal_side: Side
    by: By
    begins_at: From
    ends_at: To
    opening_minor: Annotated[
        int, Meta(description="Debits less credits before the first line of this page", examples=[0])
    ]
    closing_minor: Annotated[
        int, Meta(description="Debits less credits after the last line of this page", examples=[-5000])
    ]
    next_cursor: Annotated[
        str | None,
        Meta(description="Send it as `cursor` for the next page; null on the last one", examples=[None]),
    ]


class StatementBody(_Part, frozen=True, kw_only=True):
    """A page of an account's statement; its closing is the opening of the next page."""

    lines: Annotated[list[StatementLineBody], Meta(description="In the order of `by`, oldest first")]


class TAccountBody(_Part, frozen=True, kw_only=True):
    """A page of an account as accountants draw it."""

    debits: Annotated[list[StatementLineBody], Meta(description="The left side")]
    credits: Annotated[list[StatementLineBody], Meta(description="The right side")]
    debits_minor: Debits
    credits_minor: Credits


class SumBody(msgspec.Struct, frozen=True, kw_only=True):
    """What accounts in one currency come to now."""

    currency: Currency
    exponent: Exponent
    accounts: Annotated[int, Meta(description="How many they are", examples=[3])]
    balance_minor: BalanceMinor
    held_debits_minor: Annotated[
        int, Meta(description="Debits of pending entries that have not ended", examples=[200])
    ]
    held_credits_minor: Annotated[
        int, Meta(description="Credits of such entries, as a positive number", examples=[0])
    ]


class SumsBody(msgspec.Struct, frozen=True, kw_only=True):
    """What the accounts come to whose code begins with a prefix."""

    prefix: Annotated[str, Meta(description="What their codes begin with", examples=["merchant:42:"])]
    sums: Annotated[list[SumBody], Meta(description="One for each currency")]


class NodeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the tree of accounts: the account of that code, if there is one, and all below."""

    code: Annotated[str, Meta(description="Empty for the root", examples=["merchant:42"])]
    level: Annotated[
        int, Meta(description="How deep below the node that was asked for: 0 is that node", examples=[1])
    ]
    account_classes: Annotated[
        list[AccountClass], Meta(description="The classes of the accounts in it", examples=[["liability"]])
    ]
    sums: Annotated[list[SumBody], Meta(description="One for each currency")]


class TreeBody(msgspec.Struct, frozen=True, kw_only=True):
    """The tree of accounts, each node before those below it."""

    nodes: Annotated[list[NodeBody], Meta(description="The root first, depth first")]


class TrialBalanceLineBody(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of an account, or of all accounts of a class that begin with the same segments, on its side."""

    code: Code
    currency: Currency
    exponent: Exponent
    account_class: Class
    debits_minor: Annotated[int, Meta(description="Sum of the balances on the debit side", examples=[0])]
    credits_minor: Annotated[int, Meta(description="Sum of the balances on the credit side", examples=[5000])]


class TotalBody(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of a trial balance in one currency."""

    currency: Currency
    exponent: Exponent
    account_class: Annotated[
        AccountClass | None,
        Meta(description="null: all classes, where debits and credits are equal", examples=[None]),
    ]
    debits_minor: Debits
    credits_minor: Credits


class TrialBalanceBody(msgspec.Struct, frozen=True, kw_only=True):
    """The balances of all accounts on their sides."""

    at: Annotated[Moment | None, Meta(description="null: now", examples=[None])]
    by: By
    balanced: Annotated[
        bool, Meta(description="Whether the sides are equal in every currency", examples=[True])
    ]
    totals: Annotated[list[TotalBody], Meta(description="By currency and class, then all classes")]
    lines: Annotated[list[TrialBalanceLineBody], Meta(description="By currency, class and code")]


class ClosingBody(msgspec.Struct, frozen=True, kw_only=True):
    """A line drawn under a part of the books, or moved back."""

    closed_until: Annotated[Moment, Meta(description="Nothing is booked that counts before this moment")]
    closed_at: Annotated[Moment, Meta(description="When the line was drawn")]
    actor: Annotated[str, Meta(description="Who drew it", examples=["key:tael_k3v…"])]


class ClosingsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Until when the books are closed, and how it came to that."""

    closed_until: Annotated[Moment | None, Meta(description="null: nothing is closed")]
    closings: Annotated[list[ClosingBody], Meta(description="The latest first: that one counts")]


class UntilRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the line is to be."""

    until: Annotated[
        Moment,
        Meta(description="A moment with its zone, not in the future: what counts before it is closed"),
    ]
