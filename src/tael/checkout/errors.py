"""What does the checkout refuse?"""

from tael.foundation.errors import Conflict, Declined, Forbidden, Malformed, NotFound


class NoSuchSession(NotFound):
    """The merchant has no checkout session of that id."""

    code = "checkout.no_such_session"


class NoSuchLink(NotFound):
    """There is no payment link of that id or address."""

    code = "checkout.no_such_link"


class NoSuchStaticCode(NotFound):
    """There is no static code of that id or address."""

    code = "checkout.no_such_static_code"


class NoSuchCharge(NotFound):
    """The merchant has made no charge of that id at a counter."""

    code = "checkout.no_such_charge"


class CheckoutMalformed(Malformed):
    """The particulars of a session, a link, a code or a charge cannot be used."""

    code = "checkout.malformed"


class SessionEnded(Conflict):
    """The session is complete or has expired."""

    code = "checkout.session_ended"


class LinkOff(Conflict):
    """The link or code is switched off, or its time is over."""

    code = "checkout.link_off"


class LinkUsedUp(Conflict):
    """The link was used as often as it may be; a payer who is just paying with it may still give up."""

    code = "checkout.link_used_up"


class NotYourStore(Forbidden):
    """Whoever works in some stores only takes money in none else, nor outside of all."""

    code = "checkout.not_your_store"


class ShownCodeUnknown(Malformed):
    """What the payer shows is no payment code that we know."""

    code = "checkout.shown_code_unknown"


class StaticCodeLimit(Declined):
    """More than a payer may pay by static codes in one day."""

    code = "checkout.static_code_limit"


class CodeUnreadable(Malformed):
    """The text is no merchant-presented code as EMVCo describes it."""

    code = "checkout.code_unreadable"
