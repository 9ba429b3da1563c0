"""Where do merchants lie? Rows as nouns; the statements stand in sql/. Their keys have a place of their own in `keys`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from tael.foundation.db import Query, Transaction, queries
from tael.merchants.errors import NoSuchMerchant, NoSuchMerchantRecord
from tael.merchants.model import FeePlan, FeeTerms, Merchant, MerchantDocument, Promotion, Standing, Uploads

SQL = queries("tael.merchants")
AS_JSON = frozenset({"particulars", "reasons", "account", "tiers", "default", "by_method"})
"""Fields that are kept as JSON."""
MOST_VERSIONS = 200
"""So many fee plans and promotions of one merchant are looked at."""

T = TypeVar("T")


async def write(tx: Transaction, query: Query, thing: msgspec.Struct, **more: object) -> int:
    """Write a noun; how many rows it touched. Fields that the statement does not name are left out."""
    row = {
        name: as_json(value) if name in AS_JSON else value
        for name, value in msgspec.structs.asdict(thing).items()
    }
    return await tx.run(query, **row, **more)


def as_json(value: object) -> str | None:
    """A value as it goes into a column of JSON."""
    return None if value is None else msgspec.json.encode(value).decode()


async def find(tx: Transaction, query: Query, of: type[T], id: str, *, merchant_id: str) -> T:
    """The merchant's thing with that id; refuses `NoSuchMerchantRecord`, also if it is somebody else's."""
    found = await tx.row(query, of, id=id, merchant_id=merchant_id)
    if found is None:
        raise NoSuchMerchantRecord(f"There is nothing with the id {id[:40]!r}.", field="id")
    return found


async def insert_merchant(tx: Transaction, merchant: Merchant) -> None:
    """Write a new merchant."""
    await tx.run(SQL.insert_merchant, **msgspec.structs.asdict(merchant))


async def find_merchants(tx: Transaction, ids: Sequence[str]) -> dict[str, Merchant]:
    """The merchants among `ids`."""
    return {found.id: found for found in await tx.rows(SQL.find_merchants, Merchant, ids=list(ids))}


async def list_merchants(tx: Transaction, *, after: str | None, limit: int) -> list[Merchant]:
    """Merchants, oldest first."""
    return await tx.rows(SQL.list_merchants, Merchant, after=after, limit=limit)


async def standing_of(tx: Transaction, merchant_id: str, *, lock: bool = False) -> Standing:
    """How a merchant stands; refuses `NoSuchMerchant`."""
    query = SQL.lock_standing if lock else SQL.find_standing
    found = await tx.row(query, Standing, id=merchant_id)
    if found is None:
        raise NoSuchMerchant(f"There is no merchant {merchant_id[:40]!r}.", field="merchant_id")
    return found


async def application_of(tx: Transaction, merchant_id: str, of: type[T]) -> T:
    """A merchant's application; refuses `NoSuchMerchantRecord`: merchants that were registered have none."""
    found = await tx.row(SQL.find_application, of, merchant_id=merchant_id)
    if found is None:
        raise NoSuchMerchantRecord(
            "This merchant has no application: it was registered.", field="merchant_id"
        )
    return found


async def documents_of(tx: Transaction, merchant_id: str, *, limit: int = 200) -> list[MerchantDocument]:
    """A merchant's documents that were not taken out, newest first, without their bytes."""
    return await tx.rows(
        SQL.documents_of, MerchantDocument, merchant_id=merchant_id, removed=False, before=None, limit=limit
    )


async def uploads_of(tx: Transaction, merchant_id: str) -> Uploads:
    """How much a merchant has handed in, what it took out again included."""
    found = await tx.row(SQL.uploads_of, Uploads, merchant_id=merchant_id)
    return found or Uploads(uploads=0, documents=0, bytes=0)


# Fees.


class _KeptTerms(msgspec.Struct, frozen=True):
    id: str
    terms: FeeTerms


async def keep_terms(tx: Transaction, terms: Mapping[str, FeeTerms], *, now: datetime) -> None:
    """Write terms under their names; those that are there already stay as they are."""
    for id, each in sorted(terms.items()):
        await tx.run(SQL.keep_fee_terms, id=id, terms=as_json(each), created_at=now)


async def find_terms(tx: Transaction, ids: Sequence[str]) -> dict[str, FeeTerms]:
    """The terms among `ids`."""
    return {kept.id: kept.terms for kept in await tx.rows(SQL.find_fee_terms, _KeptTerms, ids=list(ids))}


async def plans_of(tx: Transaction, merchant_id: str) -> list[FeePlan]:
    """A merchant's fee plans, the one that begins last first."""
    return await tx.rows(SQL.fee_plans_of, FeePlan, merchant_id=merchant_id, limit=MOST_VERSIONS)


async def promotions_of(tx: Transaction, merchant_id: str) -> list[Promotion]:
    """A merchant's promotions, the one that ends last first."""
    return await tx.rows(SQL.promotions_of, Promotion, merchant_id=merchant_id, limit=MOST_VERSIONS)


async def captured_in(tx: Transaction, merchant_id: str, month: str) -> dict[str, int]:
    """What a merchant captured in a month, in minor units by currency."""
    return dict(await tx.tuples(SQL.volumes_in, merchant_id=merchant_id, month=month))
