"""What does verification tell others? That a check has ended; after commit, in order for each person (`object_id`)."""

from tael.foundation.events import Event
from tael.verification.model import Reason, SourceName, State


class CheckEnded(Event, frozen=True, kw_only=True, tag="verification.check_ended"):
    """A check has its answer, or was given up: then its state is `unknown`, and that will not change any more.

    Told of every check, also of those whose asker has waited for the answer and has it: they may have died meanwhile.
    """

    check_id: str
    source: SourceName
    state: State
    reason: Reason


EVENTS = (CheckEnded,)
