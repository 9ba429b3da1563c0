"""What does the merchants context refuse?"""

from tael.foundation.errors import Forbidden, Malformed, NotFound, Unauthenticated


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
