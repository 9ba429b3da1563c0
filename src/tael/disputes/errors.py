"""What does the disputes context refuse?"""

from tael.foundation.errors import Conflict, Declined, Malformed, NotFound


class NoSuchDispute(NotFound):
    """There is no such dispute, or it is another merchant's."""

    code = "disputes.no_such_dispute"


class EvidenceMalformed(Malformed):
    """The channel takes no such evidence: an unknown field, too long, or nothing at all."""

    code = "disputes.evidence_malformed"


class FileTooLarge(EvidenceMalformed):
    """The file has more bytes than are taken, or all files together have."""

    code = "disputes.file_too_large"


class FileNotTaken(EvidenceMalformed):
    """The bytes are neither PDF nor PNG nor JPEG, whatever the file is called."""

    code = "disputes.file_not_taken"


class NoSuchFile(NotFound):
    """There is no such file in the dispute."""

    code = "disputes.no_such_file"


class NotAnswerable(Conflict):
    """Nothing can be said in this dispute now: it was answered, is under review, or is decided."""

    code = "disputes.not_answerable"


class TooLate(Declined):
    """The time in which it could be answered is over."""

    code = "disputes.too_late"


class AnswerRefused(Declined):
    """The channel definitely did not take the answer; the draft is still there."""

    code = "disputes.answer_refused"
