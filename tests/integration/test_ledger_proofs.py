"""Can an outsider check, offline and with a few lines, that an entry is in the books, and can nobody forge that?"""

import asyncio
import json
import runpy
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from tael.app.house import open_house
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.foundation.signing import is_signed, make_key
from tael.ledger.errors import NoSuchEntry, NotSealedYet
from tael.ledger.files import ExportedHead, newest_head
from tael.ledger.proofs import Proof
from tael.testing.databases import fresh_database
from tael.testing.platform import QUICK
from tests.integration.bookkeeper import sale
from tests.integration.commands import Done, run_tael
from tests.integration.sealed_books import SealedBooks, sealed_books, write_everything

SCRIPT = Path(__file__).parents[2] / "examples" / "verify_proof.py"
Verify = Callable[[dict[str, Any], str], list[Any]]


@pytest.fixture(scope="module", params=["ed25519", "sm2"])
async def books(
    request: pytest.FixtureRequest, server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SealedBooks]:
    """Books with one entry of each sort, sealed, the newest head exported."""
    folder = tmp_path_factory.mktemp("heads")
    async with (
        fresh_database(server) as urls,
        sealed_books(urls, folder, key=make_key(request.param)) as sealed,
    ):
        await write_everything(sealed)
        await sealed.seal(block_limit=4)
        await sealed.export()
        yield sealed


@pytest.fixture(scope="module")
def verify() -> Verify:
    """The published script."""
    function: Verify = runpy.run_path(str(SCRIPT))["verify"]
    return function


async def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False, env=environment or None
    )


def plain(proof: Proof) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(proof)
    return fields


async def test_an_outsider_reads_what_an_entry_says(books: SealedBooks, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_bytes(msgspec.json.encode(await books.prove("e1")))

    said = await run([sys.executable, str(SCRIPT), str(file), books.key.name])

    kind, _, id, what, reference, phase, *_ = said.stdout.splitlines()
    assert [kind, id, what, reference, phase] == ["entry", "e1", "sale", "r1", "single"]
    assert (
        "[[0, 'bank', 'CNY', 1280, 1280], [1, 'shop', 'CNY', -1272, -1272], [2, 'fees', 'CNY', -8, -8]]"
        in (said.stdout)
    )


@pytest.mark.parametrize("id", ["e1", "open", "posted", "yesterday", "p1", "v1", "back"])
async def test_entries_of_every_sort_are_proved(books: SealedBooks, verify: Verify, id: str) -> None:
    said = verify(plain(await books.prove(id)), books.key.name)

    assert said[2] == id


def flipped(value: Any) -> Iterator[Any]:
    """The same field with one byte changed, for every byte."""
    if isinstance(value, list):
        for place, part in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in flipped(part))
    elif isinstance(value, int):
        yield from (value + 1, value - 1, value ^ 2)
    else:
        yield from (value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :] for at in range(len(value)))


@pytest.mark.parametrize("field", Proof.__struct_fields__)
async def test_a_changed_byte_anywhere_makes_a_proof_worthless(
    books: SealedBooks, verify: Verify, field: str
) -> None:
    proof = plain(await books.prove("e3"))
    verify(proof, books.key.name)
    tried = 0
    for other in flipped(proof[field]):
        with pytest.raises(Exception):  # noqa: B017  # whatever it is, it does not say yes
            verify(proof | {field: other}, books.key.name)
        tried += 1

    assert tried >= (3 if field == "position" else 60)


async def test_a_path_with_more_or_fewer_steps_is_refused(books: SealedBooks, verify: Verify) -> None:
    proof = plain(await books.prove("e3"))
    for path in (proof["path"][:-1], [*proof["path"], "00" * 32], []):
        with pytest.raises((ValueError, IndexError)):
            verify(proof | {"path": path}, books.key.name)


async def test_only_the_books_that_one_trusts_are_believed(books: SealedBooks, verify: Verify) -> None:
    proof = plain(await books.prove("e3"))
    async with books.database.transaction() as tx:
        heads = [head.line for head in await books.keeper.ledger.newest_heads(tx, limit=50)]

    assert verify(proof, "\n".join(heads))[2] == "e3"
    with pytest.raises(ValueError, match="from the books that you trust"):
        verify(proof, heads[-1])
    with pytest.raises(ValueError, match="from the books that you trust"):
        verify(proof, make_key("ed25519").name)


async def test_what_is_not_there_or_not_sealed_is_not_proved(books: SealedBooks) -> None:
    with pytest.raises(NoSuchEntry):
        await books.prove("nobody")
    await books.keeper.post(sale("fresh", 1))
    with pytest.raises(NotSealedYet):
        await books.prove("fresh")
    await books.seal()
    assert (await books.prove("fresh")).leaf.startswith('["entry"')


async def test_each_new_head_is_exported_once_to_the_file_of_its_month(books: SealedBooks) -> None:
    await books.export()
    before = newest_head(books.folder)
    assert not await books.export()
    await books.keeper.post(sale(f"one more of {books.key.algorithm}", 1))
    await books.seal()
    books.keeper.clock.move(days=31)
    assert await books.export()
    books.keeper.clock.move(days=-31)

    newest = newest_head(books.folder)
    assert before is not None
    assert newest is not None
    assert newest.no == before.no + 1
    assert sorted(file.name for file in books.folder.iterdir()) == [
        "heads-2026-03.jsonl",
        "heads-2026-04.jsonl",
    ]
    assert is_signed(newest.head, bytes.fromhex(newest.signature), by=newest.key)


async def test_a_line_that_a_crash_has_torn_is_passed_over(books: SealedBooks, tmp_path: Path) -> None:
    await books.export()
    [*_, file] = sorted(books.folder.iterdir())
    whole = file.read_bytes()
    copy = tmp_path / file.name
    copy.write_bytes(whole + whole.splitlines()[-1][:40])

    assert newest_head(tmp_path) == newest_head(books.folder)
    head = newest_head(books.folder)
    assert head is not None
    assert msgspec.json.decode(head.line, type=ExportedHead) == head


# ── From the command line ─────────────────────────────────────────────────────────────────────────────


async def test_an_entry_is_proved_and_heads_are_read_from_the_command_line(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with sealed_books(urls, tmp_path) as books:
        await books.keeper.post(sale("s1", 1))
    async with open_house(Settings(home=tmp_path, **QUICK), urls.application) as ours:
        assert await ours.books.seal() > 0
        assert await ours.books.export_head()

    async def tael(*words: str) -> Done:
        surroundings = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path)}
        return await run_tael("ledger", *words, environment=surroundings)

    proof, kept = tmp_path / "proof.json", tmp_path / "kept.jsonl"
    proof.write_text((await tael("prove", "s1")).output)
    key = (await tael("heads", "--public-key")).output.strip()
    head = json.loads((await tael("heads")).output)
    exported = await tael("heads", "--export", str(kept), "--limit", "100")

    assert key == head["key"] == ours.books.signing_key().name
    assert exported.status == 0, exported.errors
    assert "s1" in (await run([sys.executable, str(SCRIPT), str(proof), str(kept)])).stdout
    assert (await tael("verify")).status == 0
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as superuser:
        await superuser.execute("update ledger.accounts set account_class = 'asset' where code = 'shop'")
    wrong = await tael("verify")
    assert wrong.status == 1
    assert "account shop CNY (no. " in wrong.output
