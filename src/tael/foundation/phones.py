"""Is this a telephone number, and how is it kept? In the form of E.164: `+8613812341234`.

Whoever writes no country means mainland China. What a person may type (spaces, dashes, full-width digits) is understood;
what is kept, indexed and sent to is one form for each number.
"""

import phonenumbers

from tael.foundation.errors import Malformed

HOME = "CN"
MAINLAND = "+86"
_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
_LONGEST = 32


class PhoneMalformed(Malformed):
    """What was typed is no number of a mobile telephone."""

    code = "phone_malformed"


def phone_as_kept(text: str, *, field: str = "phone") -> str:
    """The number of a mobile telephone in the form of E.164; refuses `PhoneMalformed`, without saying the number."""
    try:
        if len(text) > _LONGEST:
            raise phonenumbers.NumberParseException(
                phonenumbers.NumberParseException.TOO_LONG, "longer than any number"
            )
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or number.extension or not phonenumbers.is_valid_number(number):
        raise PhoneMalformed(
            "This is no telephone number.",
            field=field,
            hint="Eleven digits of mainland China, or + and the number with its country.",
        )
    if phonenumbers.number_type(number) not in _MOBILE:
        raise PhoneMalformed(
            "This is no number of a mobile telephone: codes are sent to it as short messages.", field=field
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
