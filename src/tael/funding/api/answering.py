"""What do all verbs of funding answer with? Each call once, under its key; a repeat hears its answer and looks nothing up."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tael.foundation.calls import Call, Reply, is_known
from tael.foundation.clerk import Clerk
from tael.funding.model import BankCard, TopUp, TopUpRefund, Withdrawal
from tael.funding.schemas.money import AskedBody
from tael.funding.usecases.ground import Ground

T = TypeVar("T")


class Answering:
    """The ground, and the clerk of its database."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._clerk = Clerk(ground.database, ground.clock, print_key=ground.personal.print_key)

    async def _unless_known(self, call: Call[Any], ready: Callable[[], Awaitable[T]]) -> T | None:
        """What is looked up before anything is written; not for a repeat, which only hears its answer again."""
        async with self._ground.database.transaction() as tx:
            known = await is_known(tx, call)
        return None if known else await ready()


def there(thing: T | None) -> T:
    """What was looked up."""
    assert thing is not None, "of a repeat, the verb is not called"  # noqa: S101 - for the reader
    return thing


def shown_asked(body: AskedBody) -> tuple[str, AskedBody]:
    """A confirmation that was asked for, as an answer."""
    return body.confirmation_id, body


def left_open(made: BankCard | TopUp | TopUpRefund | Withdrawal) -> Reply:
    """Begun; the call is closed when somebody outside has spoken."""
    return Reply(object_id=made.id, answer=None)
