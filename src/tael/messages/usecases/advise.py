"""What is somebody shown before they act, and did they read it?"""

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.messages.errors import NoSuchAdvice
from tael.messages.model import Advice, Language
from tael.messages.rules import tips
from tael.messages.store import education
from tael.messages.usecases.desk import Desk
from tael.messages.usecases.people import person_of


class ReadAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has read what they were shown."""

    advice_id: str
    user_id: str


async def advise(
    desk: Desk, tx: Transaction, user_id: str, moment: str, *, language: Language | None = None
) -> Advice | None:
    """The tip for this moment, written down as shown; none if they have read one lately. `KeyError`: no such moment."""
    rule, now = tips.moment_of(moment), desk.now()
    tip = tips.advice_for(rule, await education.shown_in(tx, user_id, moment), now)
    if tip is None:
        return None
    words = tips.tip_of(tip, language or (await person_of(tx, user_id)).language)
    advice_id = new_id("adv")
    await education.insert_advice(tx, advice_id, user_id=user_id, moment=moment, tip=tip, now=now)
    return Advice(
        id=advice_id,
        tip=tip,
        moment=moment,
        title=words.title,
        text=words.text,
        must_confirm=rule.must_confirm,
    )


async def read_advice(tx: Transaction, wanted: ReadAdvice, desk: Desk) -> Advice:
    """The advice, read; refuses `NoSuchAdvice`. Read twice, the first time counts."""
    read = await education.read_advice(tx, wanted.advice_id, user_id=wanted.user_id, now=desk.now())
    if read is None:
        raise NoSuchAdvice(f"There is no advice {wanted.advice_id}.", field="advice_id")
    words = tips.tip_of(read.tip, (await person_of(tx, wanted.user_id)).language)
    return Advice(
        id=read.id,
        tip=read.tip,
        moment=read.moment,
        title=words.title,
        text=words.text,
        must_confirm=tips.moment_of(read.moment).must_confirm,
        read_at=read.read_at,
    )
