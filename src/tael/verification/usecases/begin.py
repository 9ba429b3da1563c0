"""How does a check begin? Written down before anybody outside hears of it, once for each number."""

from collections.abc import Sequence

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import check_id, new_id
from tael.verification import rules, store
from tael.verification.errors import CheckDiffers, TooManyChecks
from tael.verification.model import Element, Particulars, SourceName
from tael.verification.usecases.desk import DIGEST, Desk


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A check that is written down."""

    id: str
    new: bool
    """Whether it was written now: then whoever began it asks."""


async def begin(
    desk: Desk, subject: str, source: SourceName, said: Particulars, *, number: str | None
) -> Begun:
    """Write a check down; refuses `ParticularsIncomplete`, `CheckDiffers`, `TooManyChecks`, `NoSuchSource`."""
    desk.source(source)
    elements, said = rules.elements_of(source, said), rules.needed_by(source, said)
    id, about = number or new_id("chk"), rules.digested(source, said)
    check_id(id, prefix="chk", field="number")
    now = desk.now()
    async with desk.database.transaction() as tx:
        await store.lock_subject(tx, subject)
        if await _is_repeat(desk, tx, id, subject=subject, about=about):
            return Begun(id=id, new=False)
        most = desk.terms(now).of(source).most_a_day
        if await store.count_since(tx, subject, source, since=now - rules.A_DAY) >= most:
            raise TooManyChecks(
                f"At most {most} checks of this kind are made for one person in 24 hours.",
                hint="Come back tomorrow, or ask support.",
                retry_after_seconds=int(rules.A_DAY.total_seconds()),
            )
        new = await store.insert(
            tx,
            id=id,
            subject=subject,
            source=source,
            digest=desk.personal.index_of(DIGEST, about),
            elements=in_order(elements),
            sealed=seal_question(desk, id, said),
            now=now,
            next_ask_at=now + rules.LEASE,
        )
        if not new:
            raise _differs(id)  # begun at this very moment for somebody else
    return Begun(id=id, new=True)


async def _is_repeat(desk: Desk, tx: Transaction, id: str, *, subject: str, about: str) -> bool:
    known = await store.digest_of(tx, id)
    if known is None:
        return False
    if known[0] != subject or known[1] not in desk.personal.indexes_of(DIGEST, about):
        raise _differs(id)
    return True


def _differs(id: str) -> CheckDiffers:
    return CheckDiffers(f"{id} is the number of a check about something else.", field="number")


def in_order(elements: frozenset[Element]) -> Sequence[Element]:
    """In the order of the port."""
    return [element for element in Element if element in elements]


def seal_question(desk: Desk, id: str, said: Particulars) -> bytes:
    """What is asked, for nobody to read without the key."""
    return desk.personal.seal(msgspec.json.encode(said).decode(), about=f"verification question {id}")


def open_question(desk: Desk, id: str, sealed: bytes) -> Particulars:
    """What is asked; raises `SealBroken`."""
    text = desk.personal.open(sealed, about=f"verification question {id}")
    return msgspec.json.decode(text, type=Particulars)
