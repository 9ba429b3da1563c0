"""What does the acceptance context refuse?"""

from tael.foundation.errors import Conflict, Malformed, Unavailable


class ReportRefused(Malformed):
    """A report cannot be believed: its form, its signature or the key that made it is wrong."""

    code = "acceptance.report_refused"
    title = "The report was refused"


class NothingToTry(Conflict):
    """No scenario fits what was asked for."""

    code = "acceptance.nothing_to_try"


class ControlRefused(Unavailable):
    """The simulator did not do what was asked of it."""

    code = "acceptance.control_refused"
