"""In which ways does standing say no?"""

from tael.foundation.errors import Conflict, Forbidden, Malformed, NotFound


class NoStanding(NotFound):
    """There is no such user."""

    code = "standing.no_such_user"


class NoSuchRestriction(NotFound):
    """There is no such restriction, or it is another user's."""

    code = "standing.no_such_restriction"


class NoSuchRequest(NotFound):
    """There is no such request, or it is another user's."""

    code = "standing.no_such_request"


class NoSuchObjection(NotFound):
    """There is no such objection, or it is another user's."""

    code = "standing.no_such_objection"


class NotPermitted(Forbidden):
    """The user may not do this now; says what, why, and what they can do about it."""

    code = "standing.not_permitted"


class Restricted(NotPermitted):
    """A restriction takes it."""

    code = "standing.restricted"
    title = "This is restricted at present"


class VerificationNeeded(NotPermitted):
    """It takes a higher account class, and so more evidence of who somebody is."""

    code = "standing.verification_needed"
    title = "Verify who you are first"


class NotGranted(NotPermitted):
    """It takes a request that staff have approved."""

    code = "standing.not_granted"
    title = "Ask for this permission first"


class StandingClosed(NotPermitted):
    """The account is closed."""

    code = "standing.closed"
    title = "The account is closed"


class OtherPerson(Conflict):
    """The evidence is of another person than the account's."""

    code = "standing.other_person"


class RestrictionMalformed(Malformed):
    """A restriction contradicts itself, or something about it is missing."""

    code = "standing.restriction_malformed"


class ReportMalformed(Malformed):
    """It is not said who reports something, under which number, or what."""

    code = "standing.report_malformed"


class RequestMalformed(Malformed):
    """A request asks for nothing, for two things, or for a limit that cannot be."""

    code = "standing.request_malformed"


class NothingToAsk(Conflict):
    """It is given already, or no request can give it."""

    code = "standing.nothing_to_ask"


class AskedAlready(Conflict):
    """The same was asked for, and nobody has decided yet."""

    code = "standing.asked_already"


class EndedAlready(Conflict):
    """It is lifted, over, decided or answered."""

    code = "standing.ended_already"


class ReviewedAlready(Conflict):
    """A second person has looked at it, or none needs to."""

    code = "standing.reviewed_already"


class TwoPeopleNeeded(Forbidden):
    """Lifting it takes two people: one proposes, another approves."""

    code = "standing.two_people_needed"
    title = "This takes a second person"


class OwnRestriction(Forbidden):
    """Whoever set a restriction does not review it, and does not answer the objection to it."""

    code = "standing.own_restriction"
    title = "This takes somebody else"


class NotYoursToLift(Forbidden):
    """Users lift what they set themselves, and nothing else."""

    code = "standing.not_yours_to_lift"


class ConfirmationNeeded(Forbidden):
    """It takes a confirmation by password, passkey or code, of exactly this."""

    code = "standing.confirmation_needed"
    title = "Confirm this first"
