"""Who may register, what has to be accepted, who decides what, when is a document old, and how long is what kept? Pure rules."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from tael.foundation.clock import CHINA
from tael.foundation.identity_documents import DocumentFacts, DocumentKind, IdentityDocument, age_on
from tael.foundation.personal import hidden_of_payee
from tael.users.errors import AgreementDiffers, TooYoung, UserMalformed
from tael.users.model import (
    AgreementName,
    AgreementStanding,
    AgreementVersion,
    Documents,
    Person,
    PersonState,
    Purpose,
    Registration,
    VerificationRecord,
    VerificationState,
)

# Names.

LONGEST_NAME = 64
_NAME_MARKS = frozenset("·•.'’- ")
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters, as Unicode has it, of which nothing is to be seen."""


def name_as_kept(name: str) -> str:
    """A name as its document has it: one space between words, the middle dot that names of minorities have."""
    kept = " ".join(unicodedata.normalize("NFC", name).replace("•", "·").replace("．", "·").split())
    letters = ((each.isalpha() and each not in _UNSEEN) or each in _NAME_MARKS for each in kept)
    if not 1 <= len(kept) <= LONGEST_NAME or not all(letters):
        raise UserMalformed("A name has 1 to 64 letters.", field="name", hint="As it stands on the document.")
    if not any(each.isalpha() for each in kept):
        raise UserMalformed("A name has letters.", field="name")
    return kept


def name_as_indexed(name: str) -> str:
    """What the blind index of a name is made of: its letters alone, so `Li Xiao`, `LI XIAO` and `LiXiao` are one."""
    return "".join(each for each in unicodedata.normalize("NFKC", name).casefold() if each.isalpha())


def number_as_indexed(kind: DocumentKind, issued_by: str, number: str) -> str:
    """What the blind index of a document is made of: two states may give out one number."""
    return f"{kind} {issued_by} {number}"


def check_age(facts: DocumentFacts, rule: Registration, *, today: date) -> None:
    """Refuses `TooYoung`; a document that tells no age is looked at by a source."""
    if facts.birth_date is not None and age_on(facts.birth_date, today) < rule.youngest_years:
        raise TooYoung(
            f"An account can be opened from the age of {rule.youngest_years}.",
            field="document.number",
            hint="The law asks for the consent of parents, which we cannot take here.",
        )


def looked_at_first(document: IdentityDocument, rule: Registration) -> bool:
    """Whether a person looks at a document of this kind before any source is asked."""
    return document.kind in rule.review_documents


# Agreements.


def day_of(moment: datetime) -> date:
    """The day of China."""
    return moment.astimezone(CHINA).date()


def version_on(versions: Sequence[AgreementVersion], today: date) -> AgreementVersion:
    """The version that holds on a day: the last that has begun, or the first of all. The earliest comes first."""
    begun = [each for each in versions if each.effective_from <= today]
    return begun[-1] if begun else versions[0]


def coming(versions: Sequence[AgreementVersion], today: date) -> AgreementVersion | None:
    """The next version, once it is announced: it can be accepted before it holds."""
    return next((each for each in versions if each.announced_on <= today < each.effective_from), None)


def agreed_of(agreed: Sequence[str]) -> Mapping[AgreementName, str]:
    """Which version was accepted last, of `name@version`."""
    pairs = (each.split("@", 1) for each in agreed)
    return {AgreementName(name): version for name, version in pairs}


def standings(
    versions: Mapping[AgreementName, Sequence[AgreementVersion]], agreed: Sequence[str], *, today: date
) -> list[AgreementStanding]:
    """How a user stands to each agreement."""
    accepted = agreed_of(agreed)
    found = []
    for name, of_name in versions.items():
        holds, next_one = version_on(of_name, today), coming(of_name, today)
        order = [each.version for each in of_name]
        last = accepted.get(name)
        found.append(
            AgreementStanding(
                agreement=name,
                version=holds.version,
                digests=holds.digests,
                effective_from=holds.effective_from,
                accepted=last,
                due=last is None or order.index(last) < order.index(holds.version),
                coming=next_one.version if next_one and last != next_one.version else None,
                coming_from=next_one.effective_from if next_one and last != next_one.version else None,
            )
        )
    return found


def check_accepted(
    versions: Sequence[AgreementVersion], *, version: str, language: str, digest: str, today: date
) -> AgreementVersion:
    """The version that somebody accepts; refuses `AgreementDiffers` for one that does not hold, or another text."""
    holds, next_one = version_on(versions, today), coming(versions, today)
    known = next((each for each in (holds, next_one) if each is not None and each.version == version), None)
    if known is None:
        raise AgreementDiffers(
            f"The version of {holds.agreement} that holds is {holds.version}.", field="agreements.version"
        )
    if known.digests.get(language) != digest:
        raise AgreementDiffers(
            f"The digest is not that of the text of {known.agreement}.",
            field="agreements.digest",
            hint="Read the text again, and accept what it says.",
        )
    return known


def check_notice(changed: AgreementVersion, notice_days: int) -> None:
    """A changed text is announced so many days before it holds. Raises `ValueError`: a mistake of whoever wrote it."""
    if changed.effective_from < changed.announced_on + timedelta(days=notice_days):
        raise ValueError(
            f"{changed.agreement} {changed.version} is announced less than {notice_days} days ahead."
        )


# Consents.

CONSENT_FOR: Mapping[str, Purpose] = {"document_face": Purpose.BIOMETRICS, "video": Purpose.BIOMETRICS}
"""Which source compares something that takes a consent of its own."""


# Reviews.


def partial_needs_review(records: Sequence[VerificationRecord], *, most: int, since: datetime) -> bool:
    """Whether sources have confirmed a part so often that somebody has to look."""
    partial = [each for each in records if each.state is VerificationState.PARTIAL and each.asked_at >= since]
    return len(partial) >= most


def tries_since(records: Sequence[VerificationRecord], source: str, *, since: datetime) -> int:
    """How often a source was asked about somebody since then, whatever it said."""
    return sum(1 for each in records if each.source == source and each.asked_at >= since)


def midnight(moment: datetime) -> datetime:
    """When the day of China has begun."""
    return datetime.combine(day_of(moment), time(), CHINA)


# Documents run out.


def has_expired(person: Person, rule: Documents, *, today: date) -> bool:
    """Whether a document's last day, and the grace after it, are over."""
    return person.valid_until is not None and today > person.valid_until + timedelta(days=rule.grace_days)


def warning_due(person: Person, rule: Documents, *, today: date) -> int | None:
    """How many days before the end a warning is due now, and was not given; `None` if none is.

    Of several that were missed only the last is given: it says the same more urgently.
    """
    if person.valid_until is None or person.state is not PersonState.VERIFIED:
        return None
    left = (person.valid_until - today).days
    due = [days for days in rule.warn_days if left <= days]
    if left < 0 or not due:
        return None
    days = min(due)
    return days if person.warned_days is None or days < person.warned_days else None


# The end.


def retained_until(closed_at: datetime, *, years: int) -> datetime:
    """Until when the law asks us to keep who somebody was."""
    try:
        return closed_at.replace(year=closed_at.year + years)
    except ValueError:  # 29 February
        return closed_at.replace(year=closed_at.year + years, month=3, day=1)


def is_kept_by_law(person: Person | None) -> bool:
    """Whether there is anything that customer due diligence has gathered: without it there is nothing to keep."""
    return person is not None and person.state is PersonState.VERIFIED


def knows_hidden(name: str, said: str) -> bool:
    """Whether somebody types what `mask_payee` hides of a name, the whole name, or one of its words that is no mere particle."""
    wanted, whole = name_as_indexed(said), name_as_indexed(name)
    words = {name_as_indexed(each) for each in name.replace("·", " ").split()}
    words = {word for word in words if len(word) >= _LEAST_WORD}
    return bool(wanted) and wanted in {whole, name_as_indexed(hidden_of_payee(name)), *words}


_LEAST_WORD = 3
"""Letters of a word that somebody knows whom they pay by: everybody knows `de`, and of two letters one is shown."""
