"""What does the channels context refuse?"""

from tael.foundation.errors import Conflict, Forbidden, Malformed, NotFound, Unavailable


class NoAnswer(Exception):
    """The channel did not answer, or not in full, or not in time: what it did is not known. It is no refusal."""


class NotSent(NoAnswer):
    """There is no answer because the message never left: our vault would not, or could not, send it."""


class NoticeRefused(Malformed):
    """A notice cannot be believed: bad signature, wrong addressee, too old, or unreadable."""

    code = "channels.notice_refused"
    title = "The notice was refused"


class NoSuchChannel(NotFound):
    """No channel of that name is configured here."""

    code = "channels.no_such_channel"


class NotOffered(Malformed):
    """The channel cannot do that."""

    code = "channels.not_offered"
    title = "The channel cannot do that"


class BillNotReady(Unavailable):
    """The channel has not made its record of that day yet."""

    code = "channels.bill_not_ready"


class BillRefused(Unavailable):
    """The record that came cannot be believed: its hash, its totals or its form is wrong."""

    code = "channels.bill_refused"


class ConnectorFailed(Unavailable):
    """The connector has a bug: what it was asked to fetch is not there, and nothing was drawn from it."""

    code = "channels.connector_failed"


class ConnectorRefused(Conflict):
    """A connector cannot be used: its package, its settings or its credentials are wrong."""

    code = "channels.connector_refused"


class ChannelExists(Conflict):
    """There is a channel of that name already, and it speaks through another connector."""

    code = "channels.channel_exists"


class TakesTwo(Forbidden):
    """What a channel is told that moves real money is proposed by one person and approved by another."""

    code = "channels.takes_two"
    title = "This takes a second person"


class ProposalOvertaken(Conflict):
    """The channel was told something else after this was proposed: approving it would undo what nobody looked at."""

    code = "channels.proposal_overtaken"


class ChannelBusy(Unavailable):
    """So many calls to this channel are under way that no more are begun. Nothing was sent."""

    code = "channels.busy"


class Unclaimable(Malformed):
    """Nothing arrived that could be set aside."""

    code = "channels.unclaimable"
