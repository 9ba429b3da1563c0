"""What does the channels context refuse?"""

from tael.foundation.errors import Malformed, NotFound


class NoticeRefused(Malformed):
    """A notice cannot be believed: bad signature, wrong addressee, too old, or unreadable."""

    code = "channels.notice_refused"
    title = "The notice was refused"


class NoSuchChannel(NotFound):
    """No channel of that name is configured here."""

    code = "channels.no_such_channel"
