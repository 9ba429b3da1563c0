"""What does the exports context refuse?"""

from tael.foundation.errors import Conflict, Malformed, NotFound, Throttled


class NoSuchExport(NotFound):
    """There is no such export, it is another merchant's, or its time is over."""

    code = "exports.no_such_export"


class ExportMalformed(Malformed):
    """There is no such kind, column, filter, format or time zone."""

    code = "exports.malformed"


class ExportNotReady(Conflict):
    """The file is not complete, or there will be none."""

    code = "exports.not_ready"


class TooManyExports(Throttled):
    """So many exports are being written for this merchant that a further one has to wait."""

    code = "exports.too_many"
