"""Which of UnionPay's codes is a definite answer, and to what? This file is the whole of our judgement.

`respCode` says how a message fared; `origRespCode`, in the answer to an inquiry, how the transaction fared that was
asked about. A code that stands in no table here is `UNKNOWN`: we inquire.
"""

from tael.channels.port import ErrorClass, ErrorMeaning

SUCCESS = frozenset({"00", "A6"})
"""`A6` is a success with a flaw (a discount that failed, say): the money moved."""
ACCEPTED = "00"
UNDER_WAY = "05"
"""Accepted and not over: for an order, that the payer has not finished."""
NOT_FOUND = "34"
NO_SUCH_FILE = "98"

_PAYER, _DECLINED, _REQUEST = ErrorClass.PAYER, ErrorClass.DECLINED, ErrorClass.REQUEST
_ACCOUNT, _BUSY, _CHANNEL = ErrorClass.ACCOUNT, ErrorClass.BUSY, ErrorClass.CHANNEL


def _all(codes: str, error_class: ErrorClass, *, definite: bool) -> dict[str, ErrorMeaning]:
    return {code: ErrorMeaning(error_class, definite) for code in codes.split()}


ERROR_CODES: dict[str, ErrorMeaning] = {
    # UnionPay itself does not know, or has not finished.
    **_all("03 04 05 70 74 75 83 99", _CHANNEL, definite=False),
    # Paid after the order's end: UnionPay gives such money back by itself. Somebody has to look.
    **_all("42", _CHANNEL, definite=False),
    # The number is known already, or was given back or reversed before: an earlier message may have done it.
    **_all("12 45 46", _REQUEST, definite=False),
    **_all("02 06 39", _BUSY, definite=True),
    **_all("37", _BUSY, definite=False),
    **_all("10 13 14 36 41", _REQUEST, definite=True),
    **_all("35", _REQUEST, definite=True),
    **_all("34", _REQUEST, definite=False),
    # Our signature or certificate was not believed, so nothing of ours was done.
    **_all("11 31 32 43 89", _ACCOUNT, definite=True),
    **_all("01 30 33 38 60 62 68 78 84 86", _DECLINED, definite=True),
    **_all("40 44 61 63 64 65 66 67 69 71 72 73 76 77 79 80 81 82 85 87 88", _PAYER, definite=True),
}
"""What the codes mean that refuse (appendix of response codes of the access specification)."""

_UNHEARD = ErrorMeaning(_CHANNEL, definite=False)


def meaning_of(code: str) -> ErrorMeaning:
    """What a code means that is no success."""
    return ERROR_CODES.get(code, _UNHEARD)
