"""In how many ways can we say no? Nine, and each tells the caller what to do next.

A *refusal* is an answer: the request was understood and is turned down for a reason that the
caller can act on. Contexts subclass one of the nine kinds and give it a stable `code` such as
`payments.refund_exceeds_captured`. Anything that is not a `Refusal` is a bug.

Verbs that take many commands *return* refusals, one per item, so that one bad item never stops
its neighbours; verbs that take one command raise them.
"""

from typing import ClassVar


class Refusal(Exception):
    """Base of the nine kinds.

    message   what was wrong, in one sentence, safe to show to the caller
    field     the field of the request that was wrong, as a path such as `refund.amount_minor`
    hint      what the caller can do about it
    facts     further members of the problem document (RFC 9457), e.g. the amount still refundable
    """

    code: str = "refused"
    status: int = 400
    title: ClassVar[str] = "The request was refused"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        hint: str | None = None,
        retry_after_seconds: int | None = None,
        **facts: str | int,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint
        self.retry_after_seconds = retry_after_seconds
        self.facts = facts


class Malformed(Refusal):
    """The request does not have the form that the interface asks for. Mend it and send it again."""

    code, status, title = "malformed", 400, "The request is malformed"
    fault: str = ""
    """Which of the usual faults of form it is (`foundation.http.wording`): a page says it in its reader's language."""
    bound: str = ""
    """Of a fault such as `too_long`: how many are the most."""


class Unauthenticated(Refusal):
    """We do not know who is calling."""

    code, status, title = "unauthenticated", 401, "Who are you?"


class Forbidden(Refusal):
    """We know the caller, and the caller may not do this."""

    code, status, title = "forbidden", 403, "Not allowed"


class NotFound(Refusal):
    """There is no such thing, or it belongs to somebody else: the two answers are the same."""

    code, status, title = "not_found", 404, "Not found"


class Conflict(Refusal):
    """The state of the thing does not allow this now."""

    code, status, title = "conflict", 409, "In conflict with the present state"


class Declined(Refusal):
    """The rules of money say no: a limit, a balance, a channel's definite refusal."""

    code, status, title = "declined", 402, "Declined"


class Throttled(Refusal):
    """Too much at once. Nothing happened; come back after `retry_after_seconds`."""

    code, status, title = "throttled", 429, "Too many requests"


class Unavailable(Refusal):
    """A part that we need is down. Nothing happened; the same request may be sent again."""

    code, status, title = "unavailable", 503, "Temporarily unavailable"


class Uncertain(Refusal):
    """Money may have moved. Inquire; never repeat blindly under a new key."""

    code, status, title = "uncertain", 202, "The outcome is not known yet"
