"""In which ways do customers say no?"""

from tael.foundation.errors import Conflict, Declined, Malformed, NotFound


class NoSuchCustomer(NotFound):
    """There is no such customer, or it is another merchant's."""

    code = "customers.no_such_customer"


class NoSuchPaymentMethod(NotFound):
    """There is no such payment method, or it is another merchant's."""

    code = "customers.no_such_payment_method"


class NoSuchMandate(NotFound):
    """There is no such mandate, or it is another merchant's."""

    code = "customers.no_such_mandate"


class CustomerExists(Conflict):
    """The merchant has a customer of that reference already."""

    code = "customers.customer_exists"


class CustomerMalformed(Malformed):
    """What was sent contradicts itself."""

    code = "customers.malformed"


class MethodDetached(Conflict):
    """The payment method was given up: nobody is charged by it any more."""

    code = "customers.method_detached"


class MandateNeeded(Declined):
    """Nobody is charged while they are not there, unless they have agreed to that."""

    code = "customers.mandate_needed"


class MandateExceeded(Declined):
    """The mandate does not reach so far: it is over, revoked, about something else, or its limit is reached."""

    code = "customers.mandate_exceeded"
