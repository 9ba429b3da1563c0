"""What can a channel do? Declared by its connector, asked by payments, routing and pages, and proved by acceptance."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from tael.channels.port.bills import BillKind
from tael.channels.port.operations import ErrorClass, Operation, Product


class AmountRange(msgspec.Struct, frozen=True):
    """From how much to how much at a time, in minor units."""

    smallest_minor: int
    largest_minor: int


class BillTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How a record of a day is had."""

    format: str
    """In words: `ZIP of GBK CSV`."""
    ready_at: timedelta
    """How long after the day has ended, at the earliest."""


class ErrorMeaning(msgspec.Struct, frozen=True):
    """What one of the channel's codes means."""

    error_class: ErrorClass
    definite: bool
    """Whether it proves that no money moved and none will."""


class Security(msgspec.Struct, frozen=True, kw_only=True):
    """How messages are protected."""

    requests: str
    """`RSA2`, `WECHATPAY2-SHA256-RSA2048`, `Bearer over TLS`."""
    answers: str
    """Empty if answers carry no signature of their own."""
    notices: str
    notice_window_seconds: int
    """How old a notice may be."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do."""

    method: str
    """What payers know it as; channels of one method can stand in for one another."""
    operations: frozenset[Operation]
    products: frozenset[Product]
    amounts: Mapping[str, AmountRange]
    """By currency."""
    security: Security
    operation_timeout_seconds: Mapping[Operation, float] = {}
    lifetime_seconds: Mapping[Product, int] = {}
    """How long the payer can use what the channel's answer holds, whatever the order's own end."""
    refund_window_days: int = 365
    partial_refunds: bool = True
    refunds_per_order: int = 50
    capture_later: frozenset[Product] = frozenset()
    """The products in which money can be held first."""
    partial_captures: bool = False
    """Whether less than what is held may be taken; in several captures, where the hold says so."""
    holds_days: int = 7
    """How long money stays held, where the channel does not say it of each order."""
    splits: bool = False
    account_kind: str = ""
    """The kind of account that it tells money came from (`Outcome.payer_account`) and pays out to (`PAY_OUT`), in words of
    our own: `bank_account`, `eip155:1`. Channels of one kind can read each other's accounts. Empty: it tells none, or
    none that another channel could read."""
    payer_sets_amount: bool = False
    """Whether payers send what they like: less, more, twice."""
    notices: bool = True
    feed_seconds: int | None = None
    """How often what the channel tells has to be fetched, if it is not sent."""
    evidence_fields: frozenset[str] = frozenset()
    """The names of the texts that it takes in a dispute."""
    evidence_files: frozenset[str] = frozenset()
    """The names of the files that it takes in a dispute: one PDF, PNG or JPEG for each."""
    bills: Mapping[BillKind, BillTerms] = {}
    error_codes: Mapping[str, ErrorMeaning] = {}

    @property
    def currencies(self) -> frozenset[str]:
        """The currencies that it takes."""
        return frozenset(self.amounts)
