"""What does behaviour refuse?"""

from tael.foundation.errors import Conflict, Forbidden, NotFound


class NoSuchWarning(NotFound):
    """There is no such warning, or it is another user's."""

    code = "behaviour.no_such_warning"


class AlreadyDisowned(Conflict):
    """The user has said that it was not them; what followed is not undone by saying otherwise."""

    code = "behaviour.already_disowned"


class AnswerUnproven(Forbidden):
    """Whoever says that a grave warning was them has not proved lately that it is they."""

    code = "behaviour.answer_unproven"


class NoHabits(NotFound):
    """Nothing is counted of this user: nobody of this id has acted, or it was forgotten."""

    code = "behaviour.no_habits"
