"""What do users tell others? That somebody came, was verified, changed what they are known by, or went."""

from tael.foundation.events import Event


class UserRegistered(Event, frozen=True, kw_only=True, tag="users.user_registered"):
    """Somebody has registered; `object_id` is the user."""


class UserVerified(Event, frozen=True, kw_only=True, tag="users.user_verified"):
    """A source has confirmed who a user is."""

    source: str


class UserChanged(Event, frozen=True, kw_only=True, tag="users.user_changed"):
    """A user is known by something else from now on."""

    what: str
    """`phone`, `name`, `document`, `language`."""


class UserClosed(Event, frozen=True, kw_only=True, tag="users.user_closed"):
    """A user has ended the relationship."""


class UserErased(Event, frozen=True, kw_only=True, tag="users.user_erased"):
    """Nothing has to be kept any longer of a user who was closed: whoever knows who it was forgets it."""


EVENTS = (UserRegistered, UserVerified, UserChanged, UserClosed, UserErased)
