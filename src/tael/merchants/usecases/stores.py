"""How are stores and terminals set up, changed and closed? What is closed stays, and takes no payments."""

from typing import TypeVar

import msgspec

from tael.foundation.db import Query, Transaction
from tael.foundation.ids import new_id
from tael.merchants import store
from tael.merchants.errors import NoSuchMerchantRecord, NotFromThisState, TerminalKnown
from tael.merchants.model import Store, Terminal
from tael.merchants.schemas import (
    CloseStore,
    CloseTerminal,
    CreateStore,
    CreateTerminal,
    EditStore,
    EditTerminal,
)
from tael.merchants.store import SQL
from tael.merchants.usecases.desk import Doing

Place = TypeVar("Place", Store, Terminal)


async def create_store(doing: Doing, command: CreateStore) -> Store:
    """Open a store."""
    await doing.merchant()
    opened = Store(
        id=new_id("sto"),
        merchant_id=doing.merchant_id,
        name=command.name,
        address=command.address,
        region=command.region,
        created_at=doing.now,
    )
    await store.write(doing.tx, SQL.insert_store, opened)
    return opened


async def edit_store(doing: Doing, command: EditStore) -> Store:
    """Another name or address; refuses `NoSuchMerchantRecord`, `NotFromThisState`."""
    await doing.merchant()
    found = await _open_store(doing, doing.about)
    edited = msgspec.structs.replace(
        found,
        name=command.name or found.name,
        address=command.address or found.address,
        region=command.region or found.region,
    )
    await store.write(doing.tx, SQL.update_store, edited)
    return edited


async def close_store(doing: Doing, _command: CloseStore) -> Store:
    """Close a store with its terminals; said twice, it is the same. Refuses `NoSuchMerchantRecord`."""
    await doing.merchant()
    found = await store.find(doing.tx, SQL.find_store, Store, doing.about, merchant_id=doing.merchant_id)
    if found.closed_at is not None:
        return found
    closed = msgspec.structs.replace(found, closed_at=doing.now)
    await store.write(doing.tx, SQL.update_store, closed)
    await doing.tx.run(SQL.close_terminals_in, store_id=found.id, now=doing.now)
    return closed


async def create_terminal(doing: Doing, command: CreateTerminal) -> Terminal:
    """Set up a terminal; refuses `NoSuchMerchantRecord`, `NotFromThisState`, `TerminalKnown`."""
    await doing.merchant()
    place = await _open_store(doing, command.store_id, field="store_id")
    terminal = Terminal(
        id=new_id("trm"),
        merchant_id=doing.merchant_id,
        store_id=place.id,
        serial=command.serial,
        kind=command.kind,
        name=command.name,
        created_at=doing.now,
    )
    if not await store.write(doing.tx, SQL.insert_terminal, terminal):
        raise TerminalKnown(
            f"A terminal {command.serial} is in use already.",
            field="serial",
            hint="Take the other out of use first.",
        )
    return terminal


async def edit_terminal(doing: Doing, command: EditTerminal) -> Terminal:
    """Another name or store; refuses `NoSuchMerchantRecord`, `NotFromThisState`."""
    await doing.merchant()
    found = await _terminal(doing)
    if found.closed_at is not None:
        raise NotFromThisState(f"{found.name} is out of use since {found.closed_at:%Y-%m-%d}.")
    if command.store_id is not None:
        await _open_store(doing, command.store_id, field="store_id")
    edited = msgspec.structs.replace(
        found, name=command.name or found.name, store_id=command.store_id or found.store_id
    )
    await store.write(doing.tx, SQL.update_terminal, edited)
    return edited


async def close_terminal(doing: Doing, _command: CloseTerminal) -> Terminal:
    """Take it out of use; said twice, it is the same. Refuses `NoSuchMerchantRecord`."""
    await doing.merchant()
    found = await _terminal(doing)
    if found.closed_at is not None:
        return found
    closed = msgspec.structs.replace(found, closed_at=doing.now)
    await store.write(doing.tx, SQL.update_terminal, closed)
    return closed


async def place_of(
    tx: Transaction, merchant_id: str, *, store_id: str | None, terminal_id: str | None
) -> str | None:
    """The store where something of a merchant is to happen, if a store or a terminal is named: that of the terminal.

    Refuses `NoSuchMerchantRecord`, also if the terminal is in another store, and `NotFromThisState` if it is closed.
    """
    if terminal_id is None:
        if store_id is None:
            return None
        found = await _open(tx, SQL.find_store, Store, store_id, merchant_id=merchant_id, field="store_id")
        return found.id
    terminal = await _open(
        tx, SQL.find_terminal, Terminal, terminal_id, merchant_id=merchant_id, field="terminal_id"
    )
    if store_id not in (None, terminal.store_id):
        raise NoSuchMerchantRecord(
            f"{terminal.name} is not in that store.",
            field="store_id",
            hint="Leave the store out: that of the terminal is known.",
        )
    return terminal.store_id


async def _terminal(doing: Doing) -> Terminal:
    return await store.find(doing.tx, SQL.find_terminal, Terminal, doing.about, merchant_id=doing.merchant_id)


async def _open_store(doing: Doing, id: str, *, field: str = "id") -> Store:
    return await _open(doing.tx, SQL.find_store, Store, id, merchant_id=doing.merchant_id, field=field)


async def _open(
    tx: Transaction, query: Query, of: type[Place], id: str, *, merchant_id: str, field: str
) -> Place:
    found = await tx.row(query, of, id=id, merchant_id=merchant_id)
    if found is None:
        raise NoSuchMerchantRecord(f"There is no {of.__name__.lower()} {id[:40]!r}.", field=field)
    if found.closed_at is not None:
        raise NotFromThisState(f"{found.name} is closed since {found.closed_at:%Y-%m-%d}.", field=field)
    return found
