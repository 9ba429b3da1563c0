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


class CodeNotEnough(Forbidden):
    """What confirms payments is set up and given up with more than a code that was sent."""

    code = "identity.code_not_enough"


class TooSoonAfterReset(Forbidden):
    """A password that was chosen by a code lately opens nothing that moves money."""

    code = "identity.too_soon_after_reset"


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


class NoSuchDevice(NotFound):
    """There is no such device of this login."""

    code = "identity.no_such_device"


class TooManyCodes(Throttled):
    """Codes are sent once a minute, and so many a day."""

    code = "identity.too_many_codes"


class PaymentPasswordWeak(Malformed):
    """These are not six digits, or they are among those that are tried first."""

    code = "identity.payment_password_weak"


class PaymentPasswordMissing(Conflict):
    """The person has not set a payment password yet."""

    code = "identity.payment_password_missing"


class PasskeyRefused(Forbidden):
    """What a passkey answered does not fit what was asked, or which key was asked."""

    code = "identity.passkey_refused"


WRONG_PROOFS = (CodeRefused, PasskeyRefused)
"""What was shown was looked at, and does not fit: one more of these is a try of somebody who should not be let in."""


class PasskeyMalformed(Malformed):
    """The name of a passkey cannot be used, or a browser's answer cannot be read."""

    code = "identity.passkey_malformed"


class PasskeyTooYoung(Forbidden):
    """A passkey that was made lately confirms nothing so soon after a forgotten password or a lost telephone."""

    code = "identity.passkey_too_young"


class NoSuchPasskey(NotFound):
    """There is no such passkey of this login."""

    code = "identity.no_such_passkey"


class TooManyPasskeys(Conflict):
    """Somebody has as many passkeys as one may have."""

    code = "identity.too_many_passkeys"


class FactorRefused(Forbidden):
    """A factor that does not help here, or that the person has not set up."""

    code = "identity.factor_refused"


class NoSuchConfirmation(NotFound):
    """There is no such confirmation of this login."""

    code = "identity.no_such_confirmation"


class NotConfirmed(Forbidden):
    """The act has not been confirmed, or less strongly than it must be."""

    code = "identity.not_confirmed"


class ConfirmationExpired(Forbidden):
    """The confirmation came too late."""

    code = "identity.confirmation_expired"


class ConfirmationOfAnotherAct(Forbidden):
    """What was confirmed is not what is to be done."""

    code = "identity.confirmation_of_another_act"


class ConfirmationUsed(Conflict):
    """The confirmation has served its act."""

    code = "identity.confirmation_used"


class AmountTooLarge(Malformed):
    """So much is no small amount."""

    code = "identity.amount_too_large"
