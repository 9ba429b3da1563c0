"""What does the merchants context refuse?"""

from tael.foundation.errors import Conflict, Forbidden, Malformed, NotFound, Unauthenticated


class MerchantMalformed(Malformed):
    """A merchant's name or fee cannot be used."""

    code = "merchants.malformed"


class NoSuchMerchant(NotFound):
    """No merchant of that id is registered."""

    code = "merchants.no_such_merchant"


class NoSuchKey(NotFound):
    """No API key of that prefix exists."""

    code = "merchants.no_such_key"


class KeyRefused(Unauthenticated):
    """The API key is missing, mistyped, or revoked."""

    code = "merchants.key_refused"


class MerchantSuspended(Forbidden):
    """The merchant may not act at present."""

    code = "merchants.suspended"


class FeesMalformed(Malformed):
    """Fee terms that nobody can mean: tiers out of order, prices too high, limits that cross."""

    code = "merchants.fees_malformed"


class NoSuchFeeTerms(NotFound):
    """No fee terms of that id were ever agreed."""

    code = "merchants.no_such_fee_terms"


class NotFromThisState(Conflict):
    """The merchant or its application is in a state that does not allow this."""

    code = "merchants.not_from_this_state"


class ApplicationIncomplete(Conflict):
    """Something is missing before an application can be reviewed."""

    code = "merchants.application_incomplete"


class ApplicationMalformed(Malformed):
    """A field of an application cannot be right."""

    code = "merchants.application_malformed"


class DocumentRefused(Malformed):
    """The bytes are none that we take: PDF, PNG or JPEG, up to a size."""

    code = "merchants.document_refused"


class AgreementDiffers(Conflict):
    """The text that was signed is not the one that holds."""

    code = "merchants.agreement_differs"


class NoSuchMerchantRecord(NotFound):
    """The merchant has no document, store, terminal, signature … of that id."""

    code = "merchants.no_such_record"


class MerchantChangedMeanwhile(Conflict):
    """The merchant has changed since this was proposed."""

    code = "merchants.changed_meanwhile"


class TerminalKnown(Conflict):
    """A terminal of that serial number is in use already."""

    code = "merchants.terminal_known"


class KeyExpired(KeyRefused):
    """The API key, or the secret that it had before its rotation, has expired."""

    code = "merchants.key_expired"


class KeyMalformed(Malformed):
    """A key cannot be like that."""

    code = "merchants.key_malformed"


class BeyondYours(Forbidden):
    """Nobody gives a key or a colleague more than they have."""

    code = "merchants.beyond_yours"


class KeyEnded(Conflict):
    """The key was revoked."""

    code = "merchants.key_ended"


class TooManyKeys(Conflict):
    """There are as many live keys as there may be."""

    code = "merchants.too_many_keys"


class NoSuchSigningKey(NotFound):
    """The API key has no public key of that id."""

    code = "merchants.no_such_signing_key"


class NeedsReview(Conflict):
    """The platform has to look at this first."""

    code = "merchants.needs_review"


class TeamMalformed(Malformed):
    """An e-mail address, a role or stores of a member cannot be like that."""

    code = "merchants.team_malformed"


class NoSuchMember(NotFound):
    """The merchant's team has nobody of that id."""

    code = "merchants.no_such_member"


class AlreadyMember(Conflict):
    """The person is in the team already."""

    code = "merchants.already_member"


class LastOwner(Conflict):
    """The merchant would be without an owner."""

    code = "merchants.last_owner"


class OwnerByPersonOnly(Forbidden):
    """An API key makes nobody an owner."""

    code = "merchants.owner_by_person_only"


class InvitationSpent(NotFound):
    """The invitation was used, taken back, is for somebody else, or its time is over."""

    code = "merchants.invitation_spent"
