"""What of their standing stands in the copy of a user's data? What they may see of it anyway."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.standing.model import ChangeRequest, Objection, Restriction, View
from tael.standing.schemas import (
    ObjectionBody,
    RequestBody,
    RestrictionBody,
    StandingBody,
    objection_body,
    request_body,
    restriction_body,
    standing_body,
)


class OwnStanding(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    standing: StandingBody
    restrictions: Sequence[RestrictionBody]
    requests: Sequence[RequestBody]
    objections: Sequence[ObjectionBody]


def own_standing(
    view: View,
    restrictions: Sequence[Restriction],
    requests: Sequence[ChangeRequest],
    objections: Sequence[Objection],
    *,
    now: datetime,
) -> OwnStanding:
    """As the user is shown it: of what must be hidden from them, that something is checked."""
    return OwnStanding(
        standing=standing_body(view),
        restrictions=[restriction_body(each) for each in restrictions],
        requests=[request_body(each, now=now) for each in requests],
        objections=[objection_body(each, now=now) for each in objections],
    )
