"""Is what somebody has shown more than their telephone gives, and must it be? No input, no output, no clock."""

from collections.abc import Collection

from tael.identity.model import Factor, SetUp

_FIRM = (Factor.PAYMENT_PASSWORD, Factor.PASSKEY, Factor.AUTHENTICATOR)


def is_firm(factor: Factor | None) -> bool:
    """Whether whoever reads somebody's messages cannot show this."""
    return factor in _FIRM


def is_sent_code_enough(
    set_up: SetUp, *, has_authenticator: bool, account_class: str, by_code: Collection[str]
) -> bool:
    """Whether a code is: for the first thing that confirms, and of whoever has nothing but a payment password and may lose little.

    by_code   the account classes that move so little
    """
    has_something = has_authenticator or set_up.passkeys > 0 or set_up.recovery_codes_left > 0
    if has_something:
        return False
    return not set_up.has_payment_password or account_class in by_code
