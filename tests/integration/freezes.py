"""Freezes in one line: an authority orders one, somebody ends it, everybody has heard."""

from typing import Any

from tael.standing.model import Kind, NewRestriction, Reason, Restriction
from tests.integration.wallets_scene import Person, Scene

ORDER = {"order_number": "(2026) Jing 0105 No. 17", "authority": "People's Court of Chaoyang"}


async def freeze(scene: Scene, who: Person, minor: int | None = None, **says: Any) -> Restriction:
    """An authority orders it: so much, or everything."""
    new = NewRestriction(
        user_id=who.user_id,
        kind=Kind.BY_LAW,
        amount_minor=minor,
        currency=None if minor is None else "CNY",
        **{**ORDER, **says},
    )
    async with scene.house.database.transaction() as tx:
        return await scene.house.people.standing.restrict(tx, new)


async def thaw(scene: Scene, restriction: Restriction) -> None:
    """It is no longer needed."""
    async with scene.house.database.transaction() as tx:
        await scene.house.people.standing.lift(tx, restriction.id, reason=Reason.NO_LONGER_NEEDED)


async def told(scene: Scene) -> None:
    """Everybody has heard all that happened."""
    while await scene.house.courier.deliver():
        continue
