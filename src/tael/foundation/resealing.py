"""The keys have changed: how does what was sealed before come under the new ones? Piece by piece, while all goes on.

Each context says which of its columns are sealed, and about what (`SealedColumn`). A round walks through each table by its
blocks, opens what lies under an older key, seals it anew, and makes its blind index anew; written is only what nobody has
changed meanwhile. A round that is killed is begun anew and finds the rest. Keys are never thrown away: backups need them.
"""

from collections.abc import Callable, Mapping, Sequence
from string import Formatter

import msgspec
import structlog

from tael.foundation.db import Database, Transaction, queries
from tael.foundation.personal import Personal
from tael.foundation.sealing import SealBroken, Sealer

log = structlog.get_logger("tael.resealing")
SQL = queries("tael.foundation")

_BLOCKS, _ROWS = 64, 100
_MOST_ROUNDS = 5
"""What is written while a round goes on lies under the new key, so the second round finds nothing to do."""
_NO_INDEX = b""


def _as_it_is(text: str) -> str:
    return text


class SealedColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column whose content is sealed. Not of a table in partitions."""

    place: str
    """Schema and table: `users.users`."""
    field: str
    """The column: `phone_sealed`."""
    about: str
    """What was said when it was sealed, with columns of the same row: `user {id} phone`."""
    index_field: str | None = None
    """The column with the blind index of the same text, if there is one."""
    kind: str = ""
    """Of that index: `phone`."""
    indexed: Callable[[str], str] = _as_it_is
    """What of the text the index is made of."""

    @property
    def named(self) -> Sequence[str]:
        """The columns that `about` names."""
        return [name for _, name, _, _ in Formatter().parse(self.about) if name]


class Resealed(msgspec.Struct, frozen=True, kw_only=True):
    """What a round has done."""

    anew: int
    broken: Sequence[str]
    """What did not open: about what it is."""


class _Found(msgspec.Struct, frozen=True):
    row_at: str
    sealed: bytes
    words: Mapping[str, str | int | None]


Progress = Callable[[str, int, int], None]
"""Told of each piece: the column, how many blocks are done, and of how many."""


def _silently(_column: str, _done: int, _of: int) -> None:
    """Nobody listens."""


class Resealing:
    """Brings every sealed column of one installation under the newest keys."""

    def __init__(
        self, database: Database, sealer: Sealer, personal: Personal, columns: Sequence[SealedColumn]
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._personal = personal
        self.columns = columns

    async def run(self, tell: Progress = _silently) -> Resealed:
        """Go round until nothing is under an older key, but for what does not open."""
        anew, broken = 0, {""}
        for _ in range(_MOST_ROUNDS):
            done, broken = await self._round(tell)
            anew += done
            if not done:
                break
        for each in sorted(broken):
            log.error("seal_broken", about=each)
        return Resealed(anew=anew, broken=sorted(broken))

    async def job(self) -> None:
        """The same at night, for what a command that was stopped has left; there is nothing to do on most."""
        await self.run()

    async def left(self) -> int:
        """How many fields are under an older key."""
        return sum([await self._count(column) for column in self.columns])

    async def _round(self, tell: Progress) -> tuple[int, set[str]]:
        anew, broken = 0, set[str]()
        for column in self.columns:
            name, block, blocks = f"{column.place}.{column.field}", 0, await self._blocks(column)
            while block < blocks:
                done, failed = await self._window(column, block)
                anew, broken, block = anew + done, broken | failed, block + _BLOCKS
                tell(name, min(block, blocks), blocks)
        return anew, broken

    async def _window(self, column: SealedColumn, block: int) -> tuple[int, set[str]]:
        anew, broken, after = 0, set[str](), f"({block},0)"
        while True:
            async with self._database.transaction() as tx:
                found = await self._look(tx, column, after, f"({block + _BLOCKS},0)")
                if not found:
                    return anew, broken
                opened = self._opened(column, found, broken)
                if opened:
                    await self._write(tx, column, opened)
            anew, after = anew + len(opened), found[-1].row_at

    async def _look(self, tx: Transaction, column: SealedColumn, after: str, before: str) -> Sequence[_Found]:
        return await tx.rows(
            SQL.sealed_in,
            _Found,
            place=column.place,
            field=column.field,
            named=list(column.named),
            index_field=column.index_field,
            after=after,
            before=before,
            newest_key=self._sealer.newest_key(),
            newest_index=self._personal.newest_index_key(),
            at_most=_ROWS,
        )

    def _opened(
        self, column: SealedColumn, found: Sequence[_Found], broken: set[str]
    ) -> Sequence[tuple[_Found, bytes, bytes]]:
        """Each with its new seal and its new index; what does not open is named in `broken`."""
        opened = []
        for each in found:
            about = column.about.format_map(each.words)
            try:
                plain = self._sealer.open(each.sealed, about=about)
            except SealBroken:
                broken.add(about)
                continue
            index = _NO_INDEX
            if column.index_field is not None:
                index = self._personal.index_of(column.kind, column.indexed(plain.decode()))
            opened.append((each, self._sealer.seal(plain, about=about), index))
        return opened

    async def _write(
        self, tx: Transaction, column: SealedColumn, opened: Sequence[tuple[_Found, bytes, bytes]]
    ) -> None:
        await tx.run(
            SQL.reseal,
            place=column.place,
            field=column.field,
            index_field=column.index_field,
            rows_at=[each.row_at for each, _, _ in opened],
            old=[each.sealed for each, _, _ in opened],
            new=[new for _, new, _ in opened],
            indexes=[index for _, _, index in opened],
        )

    async def _blocks(self, column: SealedColumn) -> int:
        async with self._database.transaction() as tx:
            [(blocks,)] = await tx.tuples(SQL.blocks_of, place=column.place)
        return int(blocks)

    async def _count(self, column: SealedColumn) -> int:
        count, after, before = 0, "(0,0)", f"({await self._blocks(column) + _BLOCKS},0)"
        async with self._database.transaction() as tx:
            while found := await self._look(tx, column, after, before):
                count, after = count + len(found), found[-1].row_at
        return count
