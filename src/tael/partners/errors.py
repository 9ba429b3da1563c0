"""What does the partners context refuse?"""

from tael.foundation.errors import Conflict, Malformed, NotFound


class PartnerMalformed(Malformed):
    """What was said about a partner cannot be used."""

    code = "partners.malformed"


class NoSuchPartner(NotFound):
    """Nobody has begun with that channel."""

    code = "partners.no_such_partner"


class NoSuchRecord(NotFound):
    """There is no such document, fee table, window, check-list, run, policy change, certificate or drill."""

    code = "partners.no_such_record"


class PartnerExists(Conflict):
    """Somebody has begun with that channel already."""

    code = "partners.exists"


class NotFromHere(Conflict):
    """The move does not lead on from the state in which the partner is."""

    code = "partners.not_from_here"


class StepUnfinished(Conflict):
    """A check or a document of the step is missing."""

    code = "partners.step_unfinished"


class NotReady(Conflict):
    """A channel may not carry real money yet: the acceptance, the contract or the fees are missing."""

    code = "partners.not_ready"


class MovesRealMoney(Conflict):
    """A trial is for channels whose addresses are near: this one's are not."""

    code = "partners.moves_real_money"


class AcceptanceRefused(Conflict):
    """The report is another channel's, did not pass, or is about promises that the connector no longer makes."""

    code = "partners.acceptance_refused"


class FeesOverlap(Conflict):
    """Two fee tables of one channel would hold at the same time."""

    code = "partners.fees_overlap"


class ChangedMeanwhile(Conflict):
    """The partner is no longer as it was when this was proposed."""

    code = "partners.changed_meanwhile"


class EndedAlready(Conflict):
    """Somebody has finished, cancelled, applied or replaced it before."""

    code = "partners.ended"


class TooEarly(Conflict):
    """Something else has to happen first."""

    code = "partners.too_early"
