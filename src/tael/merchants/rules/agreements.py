"""Which version of the agreement holds, and who has to sign by when? No input, no output, no clock."""

from collections.abc import Sequence
from datetime import date

from tael.merchants.model import AgreementStanding, AgreementVersion, Statement


def version_on(versions: Sequence[AgreementVersion], today: date) -> AgreementVersion:
    """The version that holds on a day: the last that has begun, or the first of all."""
    begun = [each for each in versions if each.effective_from <= today]
    return begun[-1] if begun else versions[0]


def announced(versions: Sequence[AgreementVersion], today: date) -> list[str]:
    """Versions that have not begun: they can be signed before they do."""
    return [each.version for each in versions if each.effective_from > today]


def standing(
    versions: Sequence[AgreementVersion], signed: Sequence[Statement], *, today: date
) -> AgreementStanding:
    """What holds and what has to be signed.

    versions   the earliest first
    signed     newest first
    """
    current = version_on(versions, today)
    has_current = any(each.version == current.version for each in signed)
    return AgreementStanding(
        current=current,
        signed=signed,
        must_sign=not has_current,
        sign_by=None if has_current or not signed else current.sign_by,
    )
