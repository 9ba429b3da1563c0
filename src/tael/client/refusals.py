"""How does Tael say no? As one of nine kinds, each of which tells what to do next.

Every refusal with a code of its own is a class in `tael.client.errors`, below its kind.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class TaelError(Exception):
    """Whatever goes wrong between your program and Tael."""


class Unreachable(TaelError):
    """No answer came for as long as we had patience, or only "not now" and "not known yet".

    Nothing is said about whether the call took effect. The same call with the same Idempotency-Key tells.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key
        """Under which the call was sent; send it again under it."""


class NotUnderstood(TaelError):
    """An answer came that is not what this version of the client knows: is there something between it and Tael?"""


class Refused(TaelError):
    """Tael understood the call and said no. Sent again as it is, it would be refused again."""

    CODE: ClassVar[str] = ""

    def __init__(self, status: int, problem: Mapping[str, Any], *, request_id: str | None = None) -> None:
        self.status = status
        self.code: str = problem.get("code", "unknown")
        """Stable, such as `payments.refund_exceeds_captured`; the reference lists them all."""
        self.detail: str = problem.get("detail") or problem.get("title") or "It was refused."
        """What was wrong, in a sentence for people."""
        self.field: str | None = problem.get("field")
        """Which field of the request was wrong."""
        self.hint: str | None = problem.get("hint")
        """What can be done about it."""
        self.problem = problem
        """The whole problem document (RFC 9457), with what else it says, such as `refundable_minor`."""
        self.request_id = request_id
        """Quote it when you ask for help."""
        super().__init__(" ".join(filter(None, (f"{self.code}: {self.detail}", self.hint))))


class Malformed(Refused):
    """400 and its like: the request has not the right form. Mend it."""


class Unauthenticated(Refused):
    """401: Tael does not know who is calling. Check the key, or the signature."""


class Declined(Refused):
    """402: the rules of money say no: a limit, a balance, a channel's definite refusal."""


class Forbidden(Refused):
    """403: the key may not do this."""


class NotFound(Refused):
    """404: there is no such thing, or it is somebody else's: the two answers are the same."""


class Conflict(Refused):
    """409: the present state does not allow it. Look at the object, then decide."""


class Throttled(Refused):
    """429: too much at once, for longer than we had patience. Nothing happened."""


class Broken(Refused):
    """500 and more, for longer than we had patience. Whether it had an effect the same Idempotency-Key tells."""


class Unavailable(Broken):
    """503: a part of Tael is down. Nothing happened."""


class Uncertain(Refused):
    """202: money may have moved, and the channel has not said yet. The same Idempotency-Key tells later."""


KINDS: Mapping[int, type[Refused]] = {
    202: Uncertain,
    401: Unauthenticated,
    402: Declined,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: Throttled,
    503: Unavailable,
}


def kind_of(status: int) -> type[Refused]:
    """The kind that a status stands for."""
    return KINDS.get(status, Broken if status >= 500 else Malformed)
