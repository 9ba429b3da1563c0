"""How strongly must an act be confirmed? By its amount, and by whether it may be somebody else.

Both are dated rules. Who may be somebody else knows `Caution`: behaviour today, the risk context when there is one.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from tael.foundation.db import Transaction
from tael.foundation.money import Money
from tael.identity.events import Change
from tael.identity.model import Factors, Present, SmallAmounts, StepUpQuestion, Strength, Visitor, actor_of
from tael.identity.rules import confirmations as rules
from tael.identity.store import payment_passwords as store
from tael.identity.usecases import doubts, firm_proofs
from tael.identity.usecases.desk import Desk

Caution = Callable[[Transaction, Sequence[str]], Awaitable[Collection[str]]]
"""Of which of these logins it is not sure that it is they: one question, however many they are."""


async def nobody(_: Transaction, __: Sequence[str]) -> Collection[str]:
    """Where nobody knows."""
    return ()


class StepUp(Protocol):
    """Whoever says how strongly an act must be confirmed."""

    async def strength(self, question: StepUpQuestion) -> Strength:
        """Of one act."""
        ...

    async def strengths(self, tx: Transaction, questions: Sequence[StepUpQuestion]) -> Sequence[Strength]:
        """Of each of many, in the transaction that moves the money."""
        ...


class DatedStepUp:
    """By the rule `identity.step_up`, and by what a person agreed to for small amounts."""

    def __init__(self, desk: Desk, caution: Caution = nobody) -> None:
        self._desk = desk
        self._caution = caution

    async def strength(self, question: StepUpQuestion) -> Strength:
        """Of one act."""
        async with self._desk.database.transaction() as tx:
            [strength] = await self.strengths(tx, [question])
        return strength

    async def strengths(self, tx: Transaction, questions: Sequence[StepUpQuestion]) -> Sequence[Strength]:
        """Of each of many: the same few questions to the database, however many they are."""
        logins = sorted({each.login_id for each in questions})
        small = await store.small_amounts(tx, logins)
        wary = {*await doubts.doubted(self._desk, tx, logins), *await self._caution(tx, logins)}
        return [
            rules.strength_of(
                each,
                self._desk.step_up_rule(each.at),
                small=small[each.login_id].most if each.login_id in small else None,
                wary=each.login_id in wary,
            )
            for each in questions
        ]


def factors_for(desk: Desk, strength: Strength) -> Factors:
    """What is enough for a strength now."""
    return rules.factors_for(strength, desk.step_up_rule())


async def small_amounts(desk: Desk, login_id: str) -> SmallAmounts | None:
    """Up to how much somebody lets pass without being asked; `None`: nothing."""
    async with desk.database.transaction() as tx:
        return (await store.small_amounts(tx, [login_id])).get(login_id)


async def agree(
    desk: Desk, tx: Transaction, present: Present, most: Money | None, visitor: Visitor
) -> SmallAmounts | None:
    """Let small amounts pass, or no longer; gives what is agreed. Refuses `AmountTooLarge`; to let them pass, `CodeNotEnough`."""
    now = desk.now()
    if most is None:
        await store.agree_no_longer(tx, present.login.id)
        await desk.tell(tx, present.login.id, Change.SMALL_AMOUNTS, visitor=visitor)
    else:
        await firm_proofs.check(desk, tx, present)
        rules.check_small(most, desk.step_up_rule())
        await store.agree(tx, present.login.id, most, now=now)
        await desk.allow_and_tell(tx, present.login.id, Change.SMALL_AMOUNTS, visitor=visitor)
    await desk.audit(
        tx,
        actor=actor_of(present.login.id),
        action="agree_to_small_amounts" if most else "confirm_small_amounts",
        object_id=present.login.id,
        visitor=visitor,
    )
    return SmallAmounts(most=most, agreed_at=now) if most else None
