"""How is a key made, given another secret, changed, ended? One function for each command, in a transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.foundation.db import Transaction, queries
from tael.merchants.errors import (
    KeyEnded,
    KeyMalformed,
    NoSuchKey,
    NoSuchMerchant,
    NoSuchSigningKey,
    TooManyKeys,
)
from tael.merchants.model.keys import (
    AddSigningKey,
    ApiKey,
    ChangeKey,
    CreateKey,
    KeyCommand,
    RevokeKey,
    RevokeSigningKey,
    RotateKey,
    SigningKey,
)
from tael.merchants.rules.keys import LONGEST_OVERLAP, MOST_LIVE_KEYS, MOST_SIGNING_KEYS, check_wanted

SQL = queries("tael.merchants")


async def do(tx: Transaction, command: KeyCommand, *, now: datetime) -> ApiKey:
    """Do a command and give the key as it is then; raises its refusal."""
    if isinstance(command, CreateKey):
        return await _create(tx, command, now)
    if isinstance(command, RevokeKey):
        key = await _lock(tx, command.merchant_id, command.prefix)
        await tx.run(SQL.revoke_key, prefix=key.prefix, now=now)
        return msgspec.structs.replace(key, revoked_at=key.revoked_at or now)
    if isinstance(command, RotateKey):
        return await _rotate(tx, command, now)
    if isinstance(command, ChangeKey):
        return await _change(tx, command, now)
    if isinstance(command, AddSigningKey):
        return await _add_signing_key(tx, command, now)
    if isinstance(command, RevokeSigningKey):
        key = await _lock(tx, command.merchant_id, command.prefix)
        if not await tx.run(SQL.revoke_signing_key, id=command.id, prefix=key.prefix, now=now):
            raise NoSuchSigningKey(
                f"There is no signing key {command.id[:40]!r} of this API key.", field="id"
            )
        return key
    raise NotImplementedError(type(command))


async def find(
    tx: Transaction, merchant_id: str, *, prefix: str | None = None, after: str | None = None, limit: int
) -> list[ApiKey]:
    """Keys of a merchant, newest first."""
    return await tx.rows(
        SQL.list_keys, ApiKey, merchant_id=merchant_id, prefix=prefix, after=after, limit=limit
    )


async def signing_keys(tx: Transaction, prefixes: Sequence[str]) -> list[SigningKey]:
    """The public keys of some API keys, oldest first."""
    return await tx.rows(SQL.list_signing_keys, SigningKey, prefixes=list(prefixes))


async def _create(tx: Transaction, command: CreateKey, now: datetime) -> ApiKey:
    check_wanted(command.wanted, now=now)
    if not await tx.tuples(SQL.lock_merchant_of_keys, merchant_id=command.merchant_id):
        raise NoSuchMerchant(f"There is no merchant {command.merchant_id}.", field="merchant_id")
    [(live,)] = await tx.tuples(SQL.count_live_keys, merchant_id=command.merchant_id, now=now)
    if live >= MOST_LIVE_KEYS:
        raise TooManyKeys(f"A merchant has at most {MOST_LIVE_KEYS} live keys.", hint="Revoke one first.")
    wanted = msgspec.structs.asdict(command.wanted)
    key = ApiKey(**wanted, prefix=command.prefix, merchant_id=command.merchant_id, created_at=now)
    await tx.run(
        SQL.insert_key,
        **_lists(wanted),
        prefix=key.prefix,
        merchant_id=key.merchant_id,
        hash=command.hash,
        created_at=now,
    )
    return key


async def _rotate(tx: Transaction, command: RotateKey, now: datetime) -> ApiKey:
    if not timedelta(0) <= command.overlap <= LONGEST_OVERLAP:
        raise KeyMalformed(
            f"Secrets overlap by {LONGEST_OVERLAP.days} days at most.", field="overlap_seconds"
        )
    key = await _lock_live(tx, command.merchant_id, command.prefix, now)
    until = now + command.overlap if command.overlap else None
    await tx.run(SQL.rotate_key, prefix=key.prefix, hash=command.hash, old_secret_until=until, now=now)
    return msgspec.structs.replace(key, rotated_at=now, old_secret_until=until)


async def _change(tx: Transaction, command: ChangeKey, now: datetime) -> ApiKey:
    key = await _lock_live(tx, command.merchant_id, command.prefix, now)
    given = {
        name: value
        for name in ("name", "addresses", "must_sign", "version")
        if (value := getattr(command, name)) is not None
    }
    changed = msgspec.structs.replace(key, **given)
    check_wanted(changed, now=now)
    if changed.must_sign and not any(not each.revoked_at for each in await signing_keys(tx, [key.prefix])):
        raise KeyMalformed(
            "This key has no public key yet by which its requests could be signed.",
            field="must_sign",
            hint="Register one first; otherwise no request would be let in.",
        )
    await tx.run(
        SQL.change_key,
        prefix=key.prefix,
        name=changed.name,
        addresses=list(changed.addresses),
        must_sign=changed.must_sign,
        version=changed.version,
    )
    return changed


async def _add_signing_key(tx: Transaction, command: AddSigningKey, now: datetime) -> ApiKey:
    key = await _lock_live(tx, command.merchant_id, command.prefix, now)
    live = [each for each in await signing_keys(tx, [key.prefix]) if not each.revoked_at]
    if len(live) >= MOST_SIGNING_KEYS:
        raise TooManyKeys(
            f"An API key has at most {MOST_SIGNING_KEYS} signing keys.", hint="Revoke one first."
        )
    await tx.run(
        SQL.insert_signing_key,
        **{
            name: getattr(command.key, name)
            for name in ("id", "name", "algorithm", "public_key", "created_at")
        },
        prefix=key.prefix,
    )
    return key


async def _lock(tx: Transaction, merchant_id: str | None, prefix: str) -> ApiKey:
    key = await tx.row(SQL.lock_key, ApiKey, prefix=prefix, merchant_id=merchant_id)
    if key is None:
        raise NoSuchKey(f"There is no key {prefix[:40]!r}.", field="prefix")
    return key


async def _lock_live(tx: Transaction, merchant_id: str | None, prefix: str, now: datetime) -> ApiKey:
    key = await _lock(tx, merchant_id, prefix)
    if key.revoked_at is not None:
        raise KeyEnded(f"The key {prefix} was revoked.", field="prefix", hint="Make another one.")
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyEnded(f"The key {prefix} has expired.", field="prefix", hint="Make another one.")
    return key


def _lists(values: dict[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
