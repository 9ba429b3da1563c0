"""Which users does a member of staff look for, and what stands in a list of them?"""

import msgspec

from tael.standing.model import AccountClass, StandingState
from tael.users.model import Known, UserState


class UserFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which users are wanted, newest first. `None` lets everything through."""

    state: UserState | None = None
    account_class: AccountClass | None = None
    standing: StandingState | None = None
    in_review: bool = False
    """Only those about whom a review is open: of the newest 5,000 of them."""
    before: str | None = None
    limit: int = 50


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A user in a list: masked, with class and state of their standing as they were written last."""

    known: Known
    account_class: AccountClass
    standing: StandingState
