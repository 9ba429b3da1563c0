"""What does identity refuse?"""

from tael.foundation.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    Throttled,
    Unauthenticated,
    Unavailable,
)


class LoginMalformed(Malformed):
    """A name or an e-mail address cannot be used."""

    code = "identity.malformed"


class PasswordWeak(Malformed):
    """The password is too short, or among those that are tried first."""

    code = "identity.password_weak"


class LoginExists(Conflict):
    """Somebody has this e-mail address already."""

    code = "identity.login_exists"


class NoSuchLogin(NotFound):
    """Nobody signs in with this."""

    code = "identity.no_such_login"


class NoSuchSession(NotFound):
    """There is no such session of this login."""

    code = "identity.no_such_session"


class SignInRefused(Unauthenticated):
    """The e-mail address or the password is wrong; which of them is not said."""

    code = "identity.sign_in_refused"


class TooManyTries(Throttled):
    """Too many wrong tries, for this login or from this address."""

    code = "identity.too_many_tries"


class TooBusy(Unavailable):
    """More people sign in or up at once than can be looked at. Nothing was tried; come again in a moment."""

    code = "identity.too_busy"


class CodeRefused(Forbidden):
    """The code is wrong, too old, or was used before."""

    code = "identity.code_refused"


class ProofTooOld(Forbidden):
    """A sensitive act, and too long since the second factor was shown."""

    code = "identity.proof_too_old"


class PasswordWrong(Forbidden):
    """The present password is another one."""

    code = "identity.password_wrong"


class SessionEnded(Unauthenticated):
    """The session has ended, was ended, or never was."""

    code = "identity.session_ended"


class LinkSpent(NotFound):
    """The link was used, has expired, or never was."""

    code = "identity.link_spent"


class ViewMalformed(Malformed):
    """A view cannot be kept like this."""

    code = "identity.view_malformed"


class TooManyViews(Conflict):
    """Somebody keeps as many views of a page as one may keep."""

    code = "identity.too_many_views"
