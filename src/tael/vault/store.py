"""Where do cards, keys and the trail lie? The vault's only SQL, as the vault's own role."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries
from tael.vault.errors import NoSuchToken
from tael.vault.model import AuditLine, DataKey, Destination, MasterKey, SealedCard, Token

SQL = queries("tael.vault")


async def insert_token(tx: Transaction, token: Token, *, session: str, data_key: str, sealed: bytes) -> None:
    """Write a new token with its card."""
    row = msgspec.structs.asdict(token) | {"session": session, "data_key": data_key, "sealed": sealed}
    await tx.run(SQL.insert_token, **row)


async def count_of_session(tx: Transaction, session: str) -> int:
    """How many cards one page has taken."""
    ((count,),) = await tx.tuples(SQL.count_of_session, session=session)
    return int(count)


async def find_token(tx: Transaction, id: str, *, now: datetime) -> Token:
    """One token whose card is still there; refuses `NoSuchToken`."""
    found = await tx.row(SQL.find_token, Token, id=id, now=now)
    if found is None:
        raise NoSuchToken(f"There is no card behind {id[:40]!r}.", field="token")
    return found


async def find_sealed(tx: Transaction, id: str) -> SealedCard:
    """What is sealed behind a token; refuses `NoSuchToken`."""
    found = await tx.row(SQL.find_sealed, SealedCard, id=id)
    if found is None:
        raise NoSuchToken(f"There is no card behind {id[:40]!r}.", field="token")
    return found


async def keep_token(tx: Transaction, id: str, *, merchant_id: str, now: datetime) -> bool:
    """Keep a card until it is forgotten; false if there is none of that merchant's."""
    return await tx.run(SQL.keep_token, id=id, merchant_id=merchant_id, now=now) > 0


async def forget_token(tx: Transaction, id: str, *, merchant_id: str) -> bool:
    """Forget a card; false if there is none of that merchant's."""
    return await tx.run(SQL.forget_token, id=id, merchant_id=merchant_id) > 0


async def forget_expired(tx: Transaction, *, now: datetime, limit: int) -> int:
    """Forget cards that nobody kept; gives how many."""
    return await tx.run(SQL.forget_expired, now=now, limit=limit)


async def lock_cards_of_other_keys(tx: Transaction, data_key: str, *, limit: int) -> list[SealedCard]:
    """Some that another data key seals, locked."""
    return await tx.rows(SQL.lock_cards_of_other_keys, SealedCard, data_key=data_key, limit=limit)


async def reseal_card(tx: Transaction, card: SealedCard) -> None:
    """Write a card as another data key has sealed it."""
    await tx.run(SQL.reseal_card, id=card.id, data_key=card.data_key, sealed=card.sealed)


async def count_cards(tx: Transaction, *, not_by: str | None = None) -> int:
    """How many cards there are, or how many that other data keys seal."""
    if not_by is None:
        ((count,),) = await tx.tuples(SQL.count_cards)
    else:
        ((count,),) = await tx.tuples(SQL.count_cards_of_other_keys, data_key=not_by)
    return int(count)


async def count_cards_of_key(tx: Transaction, data_key: str) -> int:
    """How many cards a data key seals."""
    ((count,),) = await tx.tuples(SQL.count_cards_of_key, data_key=data_key)
    return int(count)


async def insert_destination(tx: Transaction, destination: Destination) -> None:
    """Let a channel's cards go to an address; said twice, it is the same."""
    await tx.run(SQL.insert_destination, **msgspec.structs.asdict(destination))


async def delete_destination(tx: Transaction, channel: str, origin: str) -> bool:
    """Let them not go there any more."""
    return await tx.run(SQL.delete_destination, channel=channel, origin=origin) > 0


async def list_destinations(tx: Transaction) -> list[Destination]:
    """Where cards may go."""
    return await tx.rows(SQL.list_destinations, Destination)


async def is_destination(tx: Transaction, channel: str, origin: str) -> bool:
    """Whether a channel's cards may go to an address."""
    ((count,),) = await tx.tuples(SQL.is_destination, channel=channel, origin=origin)
    return bool(count)


async def record(tx: Transaction, line: AuditLine) -> None:
    """Write a line of the trail; nobody can change it afterwards."""
    await tx.run(SQL.insert_audit, **msgspec.structs.asdict(line))


async def list_audit(tx: Transaction, *, token: str | None, limit: int) -> list[AuditLine]:
    """The trail, newest first."""
    return await tx.rows(SQL.list_audit, AuditLine, token=token, limit=limit)


async def insert_master(tx: Transaction, master: MasterKey) -> None:
    """Write down that there is a master key."""
    row = msgspec.structs.asdict(master)
    del row["retired_at"]
    await tx.run(SQL.insert_master, **row)


async def list_masters(tx: Transaction) -> list[MasterKey]:
    """Those that may seal something still, oldest first."""
    return await tx.rows(SQL.list_masters, MasterKey)


async def highest_master(tx: Transaction) -> int:
    """The number of the newest there has ever been; 0 if there was none."""
    ((number,),) = await tx.tuples(SQL.highest_master)
    return int(number)


async def retire_masters(tx: Transaction, *, now: datetime) -> list[int]:
    """End those that seal nothing any more; gives their numbers."""
    return [int(number) for (number,) in await tx.tuples(SQL.retire_masters, now=now)]


async def insert_data_key(tx: Transaction, key: DataKey) -> bool:
    """Write a new data key; false if another made the one fingerprint key meanwhile."""
    return await tx.run(SQL.insert_data_key, **msgspec.structs.asdict(key)) > 0


async def find_data_key(tx: Transaction, id: str) -> DataKey | None:
    """One data key."""
    return await tx.row(SQL.find_data_key, DataKey, id=id)


async def newest_data_key(tx: Transaction, purpose: str) -> DataKey | None:
    """The one that seals now."""
    return await tx.row(SQL.newest_data_key, DataKey, purpose=purpose)


async def lock_keys_of_other_masters(tx: Transaction, master: int, *, limit: int) -> Sequence[DataKey]:
    """Some that another master key seals, locked."""
    return await tx.rows(SQL.lock_keys_of_other_masters, DataKey, master=master, limit=limit)


async def count_keys_of_other_masters(tx: Transaction, master: int) -> int:
    """How many data keys another master key seals."""
    ((count,),) = await tx.tuples(SQL.count_keys_of_other_masters, master=master)
    return int(count)


async def count_data_keys(tx: Transaction) -> int:
    """How many data keys seal cards."""
    ((count,),) = await tx.tuples(SQL.count_data_keys)
    return int(count)


async def reseal_data_key(tx: Transaction, key: DataKey) -> None:
    """Write a data key as another master key has sealed it."""
    await tx.run(SQL.reseal_data_key, id=key.id, master=key.master, sealed=key.sealed)


async def delete_unused_data_keys(tx: Transaction, *, newest: str) -> int:
    """Destroy data keys that seal nothing any more; gives how many."""
    return await tx.run(SQL.delete_unused_data_keys, newest=newest)
