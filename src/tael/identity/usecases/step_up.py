"""How strongly must an act be confirmed? By dated rules, until the risk context answers."""

from collections.abc import Sequence
from typing import Protocol

from tael.foundation.db import Transaction
from tael.foundation.money import Money
from tael.identity.model import Factors, Present, SmallAmounts, StepUpQuestion, Strength, Visitor, actor_of
from tael.identity.rules import confirmations as rules
from tael.identity.store import payment_passwords as store
from tael.identity.usecases import sessions
from tael.identity.usecases.desk import Desk


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

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def strength(self, question: StepUpQuestion) -> Strength:
        """Of one act."""
        async with self._desk.database.transaction() as tx:
            [strength] = await self.strengths(tx, [question])
        return strength

    async def strengths(self, tx: Transaction, questions: Sequence[StepUpQuestion]) -> Sequence[Strength]:
        """Of each of many: one question to the database, however many they are."""
        small = await store.small_amounts(tx, sorted({each.login_id for each in questions}))
        return [
            rules.strength_of(
                each,
                self._desk.step_up_rule(each.at),
                small=small[each.login_id].most if each.login_id in small else None,
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
    """Let small amounts pass, or no longer; gives what is agreed. Refuses `AmountTooLarge`; to let them pass, `ProofTooOld`."""
    now = desk.now()
    if most is None:
        await store.agree_no_longer(tx, present.login.id)
    else:
        await sessions.check_fresh(desk, present)
        rules.check_small(most, desk.step_up_rule())
        await store.agree(tx, present.login.id, most, now=now)
    await desk.audit(
        tx,
        actor=actor_of(present.login.id),
        action="agree_to_small_amounts" if most else "confirm_small_amounts",
        object_id=present.login.id,
        visitor=visitor,
    )
    return SmallAmounts(most=most, agreed_at=now) if most else None
