"""After the keys were changed: does all come under the new ones, still open, and still be found?"""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.personal import PHONE, Personal
from tael.foundation.resealing import Resealing, SealedColumn
from tael.foundation.sealing import Sealer

PAPERS = SealedColumn(
    place="messages_of_test.papers",
    field="phone_sealed",
    about="user {id} phone {number}",
    index_field="phone_index",
    kind=PHONE,
)
ROWS = 450
"""More than one piece."""


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return Sealer(tmp_path)


@pytest.fixture
def personal(sealer: Sealer, tmp_path: Path) -> Personal:
    return Personal(sealer, tmp_path)


@pytest.fixture
async def owner(
    urls: DatabaseUrls, personal: Personal
) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
    """The owner's view of a table that the application may read and seal anew."""
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as connection:
        await connection.execute("create schema messages_of_test")
        await connection.execute(
            "create table messages_of_test.papers (id text, number int, phone_sealed bytea, phone_index bytea)"
        )
        await connection.execute("grant usage on schema messages_of_test to tael_app")
        await connection.execute("grant select on messages_of_test.papers to tael_app")
        await connection.execute(
            "grant update (phone_sealed, phone_index) on messages_of_test.papers to tael_app"
        )
        async with connection.cursor() as cursor:
            await cursor.executemany(
                "insert into messages_of_test.papers values (%s, %s, %s, %s)",
                [
                    (
                        f"usr_{row}",
                        row,
                        personal.seal(phone(row), about=f"user usr_{row} phone {row}"),
                        personal.index_of(PHONE, phone(row)),
                    )
                    for row in range(ROWS)
                ],
            )
        await connection.execute("insert into messages_of_test.papers values ('usr_none', 0, null, null)")
        yield connection


@pytest.fixture
async def resealing(urls: DatabaseUrls, sealer: Sealer, personal: Personal) -> AsyncIterator[Resealing]:
    database = Database(urls.application, pool_size=2, role="tael_app")
    await database.open()
    yield Resealing(database, sealer, personal, [PAPERS])
    await database.close()


def phone(row: int) -> str:
    return f"+86138{row:08}"


async def kept(owner: psycopg.AsyncConnection[tuple[object, ...]]) -> dict[int, tuple[bytes, bytes]]:
    rows = await owner.execute(
        "select number, phone_sealed, phone_index from messages_of_test.papers where phone_sealed is not null"
    )
    return {number: (sealed, index) for number, sealed, index in await rows.fetchall()}  # type: ignore[misc]


async def test_after_a_new_key_nothing_is_under_the_old_one_and_all_still_opens(
    owner: psycopg.AsyncConnection[tuple[object, ...]],
    resealing: Resealing,
    sealer: Sealer,
    personal: Personal,
) -> None:
    assert (await resealing.run()).anew == 0
    sealer.add_key()
    assert await resealing.left() == ROWS
    told: list[tuple[str, int, int]] = []
    done = await resealing.run(lambda *piece: told.append(piece))
    assert (done.anew, done.broken, await resealing.left()) == (ROWS, [], 0)
    assert told[-1][0] == "messages_of_test.papers.phone_sealed"
    assert told[-1][1] == told[-1][2] > 0
    for row, (sealed, index) in (await kept(owner)).items():
        assert sealer.key_of(sealed) == 2
        assert personal.open(sealed, about=f"user usr_{row} phone {row}") == phone(row)
        assert index == personal.index_of(PHONE, phone(row))


async def test_a_new_index_key_makes_every_blind_index_anew(
    owner: psycopg.AsyncConnection[tuple[object, ...]], resealing: Resealing, personal: Personal
) -> None:
    personal.add_index_key()
    assert (await resealing.run()).anew == ROWS
    assert {index[0] for _, index in (await kept(owner)).values()} == {2}
    assert (await kept(owner))[7][1] == personal.index_of(PHONE, phone(7))


async def test_what_does_not_open_is_named_and_stops_nobody_else(
    owner: psycopg.AsyncConnection[tuple[object, ...]], resealing: Resealing, sealer: Sealer
) -> None:
    await owner.execute("update messages_of_test.papers set id = 'usr_moved' where number = 3")
    sealer.add_key()
    done = await resealing.run()
    assert (done.anew, done.broken) == (ROWS - 1, ["user usr_moved phone 3"])
    assert await resealing.left() == 1
