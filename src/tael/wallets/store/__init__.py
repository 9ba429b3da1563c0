"""Where do wallets, counters, transfers, orders, codes, red packets lie? The context's only SQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from tael.foundation.db import Transaction, columns, queries
from tael.wallets.errors import NoSuchTransfer
from tael.wallets.model import CounterKey, CounterKind, Transfer, TransferState, Used

SQL = queries("tael.wallets")


# Wallets and counters.


async def lock_wallets(tx: Transaction, user_ids: Iterable[str], *, now: datetime) -> dict[str, datetime]:
    """Since when each wallet is open; locked until the transaction ends, and opened if it is new."""
    wanted = sorted(set(user_ids))
    found = dict(await tx.tuples(SQL.lock_wallets, user_ids=wanted))
    missing = [user_id for user_id in wanted if user_id not in found]
    if missing:
        await tx.run(SQL.open_wallets, user_ids=missing, opened_at=now)
        found |= dict(await tx.tuples(SQL.lock_wallets, user_ids=missing))
    return found


async def find_wallets(tx: Transaction, user_ids: Collection[str]) -> dict[str, datetime]:
    """Since when each wallet is open, of those that are."""
    return dict(await tx.tuples(SQL.find_wallets, user_ids=list(user_ids)))


async def find_counters(
    tx: Transaction, user_ids: Collection[str], *, periods: Sequence[str]
) -> dict[CounterKey, Used]:
    """What the counters of some periods say."""
    found = await tx.tuples(SQL.find_counters, user_ids=list(user_ids), periods=list(periods))
    return {
        CounterKey(user_id, CounterKind(kind), period, currency): Used(minor, count)
        for user_id, kind, period, currency, minor, count in found
    }


async def write_counters(tx: Transaction, counters: Mapping[CounterKey, Used]) -> None:
    """Write what counters come to; their wallets are locked."""
    if not counters:
        return
    await tx.run(
        SQL.write_counters,
        **_of_keys(counters),
        minors=[used.minor for used in counters.values()],
        counts=[used.count for used in counters.values()],
    )


async def give_back_counters(tx: Transaction, given: Sequence[tuple[CounterKey, Used]]) -> None:
    """Take back what acts had counted; their users' wallets are locked."""
    if not given:
        return
    await tx.run(
        SQL.give_back_counters,
        **_of_keys([key for key, _ in given]),
        minors=[used.minor for _, used in given],
        counts=[used.count for _, used in given],
    )


def _of_keys(keys: Iterable[CounterKey]) -> dict[str, list[str]]:
    listed = list(keys)
    return {
        "user_ids": [key.user_id for key in listed],
        "kinds": [key.kind for key in listed],
        "periods": [key.period for key in listed],
        "currencies": [key.currency for key in listed],
    }


async def forget_counters(tx: Transaction, *, before_day: str, after: str, limit: int) -> str | None:
    """Forget some of what was counted of days before one, on from a user; says from whom on there may be more."""
    found = await tx.tuples(SQL.forget_counters, before_day=before_day, after=after, limit=limit)
    return max(user_id for (user_id,) in found) if len(found) == limit else None


# Transfers.

_TRANSFER = "id payer_id payee_id amount_minor currency state note code static strength created_at arrives_at ended_at"


async def insert_transfers(tx: Transaction, transfers: Sequence[Transfer]) -> None:
    """Write new transfers."""
    if transfers:
        await tx.run(SQL.insert_transfers, **columns(transfers, _TRANSFER))


async def known_pairs(
    tx: Transaction, pairs: Collection[tuple[str, str]], *, until: datetime
) -> set[tuple[str, str]]:
    """Those of the pairs of payer and payee of which a transfer had arrived at a moment."""
    if not pairs:
        return set()
    found: list[tuple[str, str]] = await tx.tuples(
        SQL.known_pairs,
        payer_ids=[payer_id for payer_id, _ in pairs],
        payee_ids=[payee_id for _, payee_id in pairs],
        until=until,
    )
    return set(found)


async def find_transfers(tx: Transaction, ids: Collection[str]) -> dict[str, Transfer]:
    """The transfers as they stand."""
    return {each.id: each for each in await tx.rows(SQL.find_transfers, Transfer, ids=list(ids))}


async def lock_transfer(tx: Transaction, id: str, *, payer_id: str) -> Transfer:
    """One of a payer's transfers, locked; refuses `NoSuchTransfer`."""
    found = await tx.row(SQL.lock_transfer, Transfer, id=id)
    if found is None or found.payer_id != payer_id:
        raise NoSuchTransfer(f"There is no transfer {id[:40]!r}.", field="transfer_id")
    return found


async def lock_due_transfers(tx: Transaction, *, now: datetime, limit: int) -> list[Transfer]:
    """Transfers whose time has come, locked."""
    return await tx.rows(SQL.lock_due_transfers, Transfer, now=now, limit=limit)


async def end_transfers(
    tx: Transaction, ended: Sequence[tuple[str, TransferState, str | None]], *, at: datetime
) -> None:
    """Write how locked transfers ended, and why if it is not plain."""
    if ended:
        await tx.run(
            SQL.end_transfers,
            ids=[id for id, _, _ in ended],
            states=[state for _, state, _ in ended],
            becauses=[because for _, _, because in ended],
            ended_at=at,
        )


async def on_their_way(tx: Transaction, user_id: str, *, limit: int) -> list[Transfer]:
    """What is on its way from or to a user, newest first."""
    return await tx.rows(SQL.list_on_their_way, Transfer, user_id=user_id, limit=limit)


async def warn_of_business(
    tx: Transaction, *, day: str, since: datetime, least: int, now: datetime
) -> list[tuple[str, int]]:
    """Who was paid so often by personal code since a moment and is to be warned today, each with how often."""
    found: list[tuple[str, int]] = await tx.tuples(
        SQL.warn_of_business, day=day, since=since, least=least, now=now
    )
    return found
