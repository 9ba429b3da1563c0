"""In which ways do users say no?"""

from tael.foundation.errors import Conflict, Forbidden, Malformed, NotFound, Throttled, Unavailable


class NoSuchUser(NotFound):
    """Nobody here has this id or this number."""

    code = "users.no_such_user"


class NoSuchRecord(NotFound):
    """There is no such thing of this user: a review, a verification, a request, a text."""

    code = "users.no_such_record"


class UserMalformed(Malformed):
    """What was sent contradicts itself or cannot be kept."""

    code = "users.malformed"


class PhoneTaken(Conflict):
    """Somebody is registered with this number. Said only to whoever has shown the code that was sent to it."""

    code = "users.phone_taken"


class UserClosed(Conflict):
    """The account is closed."""

    code = "users.closed"


class AgreementDiffers(Conflict):
    """The version or the digest is not that of the text that holds."""

    code = "users.agreement_differs"


class AgreementsDue(Forbidden):
    """An agreement has changed: nothing is paid before its new version is accepted."""

    code = "users.agreements_due"


class ConsentNeeded(Forbidden):
    """The law asks for a separate consent to this use of personal information, and it is not given."""

    code = "users.consent_needed"


class IdentityNeeded(Conflict):
    """Name and document have to be given first, or are looked at by a person just now."""

    code = "users.identity_needed"


class IdentitySettled(Conflict):
    """Name and document were verified: they change by a correction that people look at, and in no other way."""

    code = "users.identity_settled"


class PersonKnown(Conflict):
    """Whoever has this document is registered with another number already."""

    code = "users.person_known"


class TooYoung(Forbidden):
    """The law asks for the consent of parents, which we cannot take."""

    code = "users.too_young"


class TooManyVerifications(Throttled):
    """So many tries a day and no more."""

    code = "users.too_many_verifications"


class TooManyClaims(Throttled):
    """Nobody is so many people in a day."""

    code = "users.too_many_claims"


class VerificationPending(Conflict):
    """The source has not answered the last question yet."""

    code = "users.verification_pending"


class SourceUnavailable(Unavailable):
    """The source does not answer now. Nothing was asked."""

    code = "users.source_unavailable"


class ReviewPending(Conflict):
    """The same is looked at already."""

    code = "users.review_pending"


class ReviewEnded(Conflict):
    """It was decided, withdrawn, or its time is over."""

    code = "users.review_ended"


class SameEyes(Forbidden):
    """Whoever asked for something, or looked at it first, does not decide about it."""

    code = "users.same_eyes"
    title = "This takes another person"


class NotLookedAt(Conflict):
    """A correction of a name or a document is looked at by one person and decided by another."""

    code = "users.not_looked_at"


class ProofNeeded(Forbidden):
    """Whoever has lost the old number shows their face first."""

    code = "users.proof_needed"


class StillOpen(Conflict):
    """An account is closed when nothing of it is open any more: no money, nothing under way. `open` names it."""

    code = "users.still_open"


class RequestPending(Conflict):
    """The same was asked for already, and is being done."""

    code = "users.request_pending"


class FileGone(Conflict):
    """The file was fetched, or its time is over."""

    code = "users.file_gone"


class Restricted(Forbidden):
    """What is left of a closed account is kept for the law alone."""

    code = "users.restricted"
