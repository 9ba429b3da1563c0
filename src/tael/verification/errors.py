"""What does the verification context refuse?"""

from tael.foundation.errors import Conflict, Malformed, NotFound, Throttled, Unauthenticated, Unavailable


class ParticularsIncomplete(Malformed):
    """What a source needs to compare is missing, or has not the form that it must have."""

    code = "verification.particulars_incomplete"


class NoSuchCheck(NotFound):
    """There is no check of this number."""

    code = "verification.no_such_check"


class CheckDiffers(Conflict):
    """There is a check of this number about something else: a number names one question for ever."""

    code = "verification.check_differs"


class CheckClosed(Conflict):
    """The check has its answer: nobody is asked again. Begin a new one."""

    code = "verification.check_closed"


class TooManyChecks(Throttled):
    """The person was asked about at this source as often as one may be in a day."""

    code = "verification.too_many_checks"


class NoSuchSource(Unavailable):
    """The source is not set up here."""

    code = "verification.no_such_source"


class SourceRefused(Conflict):
    """The file that says how a source is reached cannot be used."""

    code = "verification.source_refused"


class NoticeRefused(Unauthenticated):
    """A notice of a source cannot be believed: bad signature, too old, or unreadable."""

    code = "verification.notice_refused"
