"""What can be asked about counter?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class ChargeState(Word):
    """How far a charge is. The first two go on; the others are ends."""

    CANCELED = "canceled"
    CONFIRMING = "confirming"
    EXPIRED = "expired"
    REFUSED = "refused"
    SUCCEEDED = "succeeded"
    WAITING_FOR_PAYER = "waiting_for_payer"


class Charge(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A charge at a counter, as merchants see it."""

    id: str
    """Its payment's id"""
    state: ChargeState
    """How far it is; while it is `confirming`, do not charge again"""
    method: str
    """The wallet whose code it is, or `card`"""
    amount_minor: int
    discount_minor: int
    """What offers take off: the payer pays the rest"""
    currency: str
    """ISO 4217, three capital letters"""
    reference: str
    description: str
    store_id: str | None
    terminal_id: str | None
    taken_by: str
    """The member or key that took it"""
    channel_code: str | None
    """The channel's own code of its last answer"""
    created_at: datetime
    expires_at: datetime
    """When it is cancelled by itself"""
    ended_at: datetime | None


class CardPresented(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What a contactless reader heard of a card or a phone: never a card number."""

    token: str
    """The device's or the card's token; digits alone would be a card number, and are refused"""


class Charges(Resource[M]):
    """Counter."""

    @operation
    def create(
        self,
        *,
        amount_minor: int,
        currency: str,
        reference: str,
        description: str,
        payer_code: str,
        store_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        terminal_id: str | None = None,
        coupon_codes: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Charge]:
        """Charge the code on a payer's phone. Its first characters say which wallet it is.

        `amount_minor`: Amount in minor units (fen, cents): 1280 is ¥12.80. `currency`: ISO 4217, three
        capital letters. `reference`: Your own order number, 1 to 64 printable characters. `description`: What
        the payer sees, 1 to 128 printable characters. `metadata`: Your own notes, by their names: at most 50,
        names of at most 40 characters, values of at most 500. `payer_code`: The code that was scanned; its
        first characters say which wallet it is. `coupon_codes`: Exactly these coupons: a live attempt with
        others is given up, and one is made with these.
        """
        return change("/v1/counter/charges", Charge, locals())

    @operation
    def create_at_terminal(
        self,
        terminal_id: str,
        *,
        amount_minor: int,
        currency: str,
        reference: str,
        description: str,
        card: CardPresented,
        store_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Charge]:
        """Charge a card or a phone that is held to a terminal. By its token; a card number is never sent.

        `amount_minor`: Amount in minor units (fen, cents): 1280 is ¥12.80. `currency`: ISO 4217, three
        capital letters. `reference`: Your own order number, 1 to 64 printable characters. `description`: What
        the payer sees, 1 to 128 printable characters. `metadata`: Your own notes, by their names: at most 50,
        names of at most 40 characters, values of at most 500.
        """
        return change("/v1/terminals/{terminal_id}/charges", Charge, locals())

    @operation
    def get(self, charge_id: str) -> Call[Charge]:
        """Get a charge. To see whether the payer has paid."""
        return read("/v1/counter/charges/{charge_id}", Charge, locals())

    @listing
    def list(
        self, *, limit: int | None = None, cursor: str | None = None, terminal_id: str | None = None
    ) -> Call[Page[Charge]]:
        """List charges. Newest first; send `next_cursor` as `cursor` for the next page.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `terminal_id`: Only those of this terminal.
        """
        return read("/v1/counter/charges", Page[Charge], locals())

    @operation
    def cancel(self, charge_id: str, *, idempotency_key: str | None = None) -> Call[Charge]:
        """Cancel a charge that is not paid. If the payer pays at the same moment, the money goes back."""
        return change("/v1/counter/charges/{charge_id}/cancel", Charge, locals())
