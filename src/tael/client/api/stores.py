"""What can be asked about stores?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from typing import Literal

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class Store(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A place where a merchant sells."""

    id: str
    merchant_id: str
    name: str
    address: str
    region: str
    created_at: str
    closed_at: str | None = None


class TerminalKind(Word):
    """What a terminal is."""

    CARD_READER = "card_reader"
    CODE_STAND = "code_stand"
    SCANNER = "scanner"
    TILL = "till"


class Terminal(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A device in a store."""

    id: str
    merchant_id: str
    store_id: str
    serial: str
    kind: TerminalKind
    name: str
    created_at: str
    closed_at: str | None = None


class Stores(Resource[M]):
    """Merchant."""

    @operation
    def create(
        self, *, name: str, address: str, region: str, idempotency_key: str | None = None
    ) -> Call[Store]:
        """Open a store. Open a store.

        `name`: 1 to 64 printable characters. `address`: 1 to 200 printable characters. `region`: Code of GB/T
        2260.
        """
        return change("/v1/merchant/stores", Store, locals())

    @operation
    def get(self, store_id: str) -> Call[Store]:
        """Get a store. Open or closed."""
        return read("/v1/merchant/stores/{store_id}", Store, locals())

    @listing
    def list(
        self, *, limit: int | None = None, cursor: str | None = None, open_: bool | None = None
    ) -> Call[Page[Store]]:
        """List stores. Newest first.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `open_`: Only those that are not closed.
        """
        return read("/v1/merchant/stores", Page[Store], locals())

    @operation
    def edit(
        self,
        store_id: str,
        *,
        name: str | None = None,
        address: str | None = None,
        region: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Store]:
        """Give a store another name or address. Give a store another name or address."""
        return change("/v1/merchant/stores/{store_id}/edit", Store, locals())

    @operation
    def close(self, store_id: str, *, idempotency_key: str | None = None) -> Call[Store]:
        """Close a store, and every terminal in it. It stays in the books."""
        return change("/v1/merchant/stores/{store_id}/close", Store, locals())


class Terminals(Resource[M]):
    """Merchant."""

    @operation
    def create(
        self,
        *,
        store_id: str,
        serial: str,
        kind: TerminalKind | Literal["card_reader", "code_stand", "scanner", "till"],
        name: str,
        idempotency_key: str | None = None,
    ) -> Call[Terminal]:
        """Set up a terminal in a store. Set up a terminal in a store.

        `store_id`: An id, as the API gave it. `serial`: What its maker wrote on it. `name`: 1 to 64 printable
        characters.
        """
        return change("/v1/merchant/terminals", Terminal, locals())

    @operation
    def get(self, terminal_id: str) -> Call[Terminal]:
        """Get a terminal. In use or not."""
        return read("/v1/merchant/terminals/{terminal_id}", Terminal, locals())

    @listing
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        store_id: str | None = None,
        open_: bool | None = None,
    ) -> Call[Page[Terminal]]:
        """List terminals. Newest first.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `store_id`: Only those in this store. `open_`: Only those that are not closed.
        """
        return read("/v1/merchant/terminals", Page[Terminal], locals())

    @operation
    def edit(
        self,
        terminal_id: str,
        *,
        name: str | None = None,
        store_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Terminal]:
        """Give a terminal another name, or move it to another store. Give a terminal another name, or move it
        to another store.
        """
        return change("/v1/merchant/terminals/{terminal_id}/edit", Terminal, locals())

    @operation
    def close(self, terminal_id: str, *, idempotency_key: str | None = None) -> Call[Terminal]:
        """Take a terminal out of use. Take a terminal out of use."""
        return change("/v1/merchant/terminals/{terminal_id}/close", Terminal, locals())
