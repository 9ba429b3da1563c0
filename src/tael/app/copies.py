"""What stands in the copy of a user's data beside what users knows itself, and who forgets them when nothing has to be kept?"""

from collections.abc import Awaitable, Callable, Sequence

from tael.behaviour.api import Behaviour, warning_body
from tael.foundation.clock import Clock
from tael.foundation.courier import Subscription, on
from tael.foundation.db import Database, Transaction
from tael.messages.api import Messages
from tael.payouts.api import Payouts
from tael.standing.api import RestrictionFilter, Standing
from tael.standing.http import own_standing
from tael.users.api import Users
from tael.users.events import UserErased
from tael.verification.api import Verification

COPIED = 10_000
"""As many of a kind stand there."""
Contribution = Callable[[str], Awaitable[object]]


def contribute_to_copies(
    users: Users,
    database: Database,
    clock: Clock,
    within: tuple[Verification, Standing, Behaviour, Messages],
) -> None:
    """Verification, standing, behaviour and messages."""
    verification, standing, behaviour, messages = within
    users.contribute("checks", _checks(verification))
    users.contribute("standing", _standing(standing, clock))
    users.contribute("behaviour", _behaviour(behaviour))
    users.contribute("messages", _messages(messages, database))


def _checks(verification: Verification) -> Contribution:
    async def of(user_id: str) -> object:
        checks = await verification.of(user_id, limit=COPIED)
        return [
            {
                "id": each.id,
                "source": each.source,
                "state": each.state,
                "findings": each.findings,
                "asked_at": each.created_at,
                "read_from_document": await verification.document_read(each.id),
            }
            for each in checks
        ]

    return of


def _standing(standing: Standing, clock: Clock) -> Contribution:
    async def of(user_id: str) -> object:
        reads, wanted = standing.reads, RestrictionFilter(user_id=user_id, limit=COPIED)
        return own_standing(
            await reads.view(user_id),
            await reads.restrictions(wanted),
            await reads.own_requests(user_id, before=None, limit=COPIED),
            await reads.own_objections(user_id, before=None, limit=COPIED),
            now=clock.now(),
        )

    return of


def _behaviour(behaviour: Behaviour) -> Contribution:
    async def of(user_id: str) -> object:
        warnings = await behaviour.warnings(user_id=user_id, limit=COPIED)
        return {
            "acts": await behaviour.acts(user_id, limit=COPIED),
            "usual": await behaviour.habits(user_id),
            "warnings": [warning_body(each) for each in warnings],
        }

    return of


def _messages(messages: Messages, database: Database) -> Contribution:
    async def of(user_id: str) -> object:
        async with database.transaction() as tx:
            addresses = await messages.addresses(tx, user_id)
        return {
            "addresses": addresses,
            "preferences": await messages.preferences(user_id),
            "browsers": await messages.subscriptions(user_id),
            "told": await messages.list_kept(user_id, limit=COPIED),
            "quizzes": await messages.quizzes(user_id, limit=COPIED),
        }

    return of


def when_erased(payouts: Payouts) -> Sequence[Subscription]:
    """Who forgets whom they paid."""

    async def forget(tx: Transaction, facts: Sequence[UserErased]) -> None:
        for fact in facts:
            await payouts.forget_payees(tx, fact.object_id)

    return [on(UserErased, do=forget)]
