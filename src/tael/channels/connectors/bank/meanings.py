"""Which of the bank's codes says what? The states of pain.002, and ISO's external codes for refusals and returns."""

from tael.channels.port import ErrorClass, ErrorMeaning

TAKEN = frozenset({"RCVD", "PDNG", "ACTC", "ACCP", "ACSP", "ACWC", "ACFC", "ACWP"})
"""The bank has the order and has not carried it out."""
CARRIED_OUT = frozenset({"ACSC", "ACCC"})
COME_TWICE = frozenset({"DUPL", "AM05", "DU01", "DU02", "DU03", "DU04", "DU05"})
"""A message was refused because its name is known: that says nothing about the first one."""

_REQUEST, _DECLINED = ErrorClass.REQUEST, ErrorClass.DECLINED
_ACCOUNT, _BUSY = ErrorClass.ACCOUNT, ErrorClass.BUSY


def _all(codes: str, error_class: ErrorClass) -> dict[str, ErrorMeaning]:
    return {code: ErrorMeaning(error_class, definite=True) for code in codes.split()}


ERROR_CODES: dict[str, ErrorMeaning] = {
    **{code: ErrorMeaning(_REQUEST, definite=False) for code in sorted(COME_TWICE)},
    # The receiver's account or bank cannot be paid.
    **_all("AC01 AC02 AC03 AC04 AC06 AC13 BE01 BE04 RC01 RC04 RR01 RR02 RR03 RR04", _REQUEST),
    # The message is wrong.
    **_all("FF01 AM01 AM09 AM10 AM12 AM18 CH03 CH11 CH17 CNOR CURR DT01 RC03", _REQUEST),
    # Our own account or rights.
    **_all("AM04 AM02 AM14 AG01 AC05 DS0H MS01", _ACCOUNT),
    **_all("AM03 MS02 MS03 NARR FOCR SL01 LEGL", _DECLINED),
    **_all("TM01 ED05 AB05 AB06 AB07 AB08 AB09 AB10", _BUSY),
}


def meaning_of(code: str) -> ErrorMeaning:
    """What a code of a refusal or return means; the refusal is definite whatever its reason."""
    return ERROR_CODES.get(code, ErrorMeaning(_DECLINED, definite=True))
