"""What is asked of whom, what do findings mean, and when is asked again? Pure rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.foundation.documents import look_at
from tael.foundation.wire import is_of_our_vault
from tael.verification.errors import ParticularsIncomplete
from tael.verification.model import Patience, SourceTerms
from tael.verification.port import (
    UNKNOWN_REASONS,
    Answer,
    Element,
    Finding,
    Particulars,
    Reason,
    SourceName,
    State,
    unknown,
)

LARGEST_PICTURE_BYTES = 1_500_000
A_DAY = timedelta(hours=24)
LEASE = timedelta(seconds=60)
"""Longer than any source may take: whoever asks has the check for themselves so long, and if they die it comes round again."""

_ALWAYS = (Element.NAME, Element.DOCUMENT)
ELEMENTS: Mapping[SourceName, Sequence[Element]] = {
    SourceName.IDENTITY_DATABASE: _ALWAYS,
    SourceName.MOBILE_OPERATOR: (*_ALWAYS, Element.PHONE),
    SourceName.BANK_CARD: (*_ALWAYS, Element.PHONE, Element.CARD),
    SourceName.DOCUMENT_FACE: (*_ALWAYS, Element.PICTURES, Element.LIVENESS, Element.PORTRAIT),
    SourceName.VIDEO: (*_ALWAYS, Element.LIVENESS, Element.PORTRAIT),
}
"""What each source compares. An identity database also compares a face, if there is a picture of one."""
_FULL_NAME = range(1, 101)
_PICTURES = {SourceName.DOCUMENT_FACE: ("front", "back", "face"), SourceName.IDENTITY_DATABASE: ("face",)}


def elements_of(source: SourceName, said: Particulars) -> frozenset[Element]:
    """What the source is asked to compare; refuses `ParticularsIncomplete`, naming the field."""
    if len(said.name.strip()) not in _FULL_NAME:
        raise _incomplete("name", "A name has 1 to 100 characters.")
    if not said.document.number:
        raise _incomplete("document.number", "The number of a document is missing.")
    wanted = ELEMENTS[source]
    if Element.PHONE in wanted and not (said.phone.startswith("+") and said.phone[1:].isdecimal()):
        raise _incomplete("phone", "A telephone number is missing, or is written without its country.")
    if Element.CARD in wanted and not is_of_our_vault(said.card_token):
        raise _incomplete("card_token", "This source compares a card of our vault.")
    for picture in _PICTURES.get(source, ()):
        _check_picture(source, picture, getattr(said, picture))
    with_face = source is SourceName.IDENTITY_DATABASE and said.face
    return frozenset({*wanted, Element.PORTRAIT} if with_face else wanted)


def needed_by(source: SourceName, said: Particulars) -> Particulars:
    """The particulars without what this source has no use for: nobody is told more than they compare."""
    wanted, pictures = ELEMENTS[source], _PICTURES.get(source, ())
    return msgspec.structs.replace(
        said,
        phone=said.phone if Element.PHONE in wanted else "",
        card_token=said.card_token if Element.CARD in wanted else "",
        card_last4=said.card_last4 if Element.CARD in wanted else "",
        **{picture: b"" for picture in ("front", "back", "face") if picture not in pictures},
    )


def _check_picture(source: SourceName, field: str, content: bytes) -> None:
    if not content and source is SourceName.IDENTITY_DATABASE:
        return
    seen = look_at(content)
    if seen is None or seen.media_type == "application/pdf" or seen.size > LARGEST_PICTURE_BYTES:
        raise _incomplete(field, f"A picture is PNG or JPEG and has at most {LARGEST_PICTURE_BYTES:,} bytes.")


def _incomplete(field: str, message: str) -> ParticularsIncomplete:
    return ParticularsIncomplete(message, field=field)


def digested(source: SourceName, said: Particulars) -> str:
    """What a check is about, as one text: its keyed digest tells whether a repeat is about the same."""
    return f"{source}\n{msgspec.json.encode(said, order='sorted').decode()}"


# What findings mean.


def concluded(
    asked: frozenset[Element],
    findings: Mapping[Element, Finding],
    *,
    reason: Reason = Reason.NONE,
    reference: str = "",
    score_percent: int | None = None,
) -> Answer:
    """What a source has said of every element that it was asked about; of what it leaves out it has said nothing."""
    of_all = {element: findings.get(element, Finding.UNCHECKED) for element in Element if element in asked}
    if reason in UNKNOWN_REASONS:
        return unknown(reason, reference=reference)
    found = set(of_all.values())
    if found == {Finding.MATCHED} and reason is Reason.NONE:
        state = State.MATCHED
    elif Finding.MISMATCHED in found:
        state = State.MISMATCHED
    elif Finding.UNCHECKED in found:
        state = State.PARTIAL
    else:  # all match, and yet there is a reason why not
        return unknown(Reason.CONTRADICTORY, reference=reference)
    return Answer(
        state=state, findings=of_all, reason=reason, reference=reference, score_percent=score_percent
    )


def judged(answer: Answer, terms: SourceTerms) -> Answer:
    """The answer by our own measure: faces that are less alike than we ask for are no match."""
    score, of_face = answer.score_percent, answer.findings.get(Element.PORTRAIT)
    if of_face is not Finding.MATCHED or (score is not None and score >= terms.least_score_percent):
        return answer
    if terms.least_score_percent == 0:
        return answer
    findings = {**answer.findings, Element.PORTRAIT: Finding.UNCHECKED}
    again = concluded(
        frozenset(findings),
        findings,
        reason=answer.reason or Reason.NOT_SURE_ENOUGH,
        reference=answer.reference,
        score_percent=score,
    )
    return msgspec.structs.replace(again, read=answer.read)


# When is asked again.


def next_ask_at(
    *, opened_at: datetime, times_asked: int, reason: Reason, now: datetime, patience: Patience
) -> datetime | None:
    """When an open check is asked about next; `None`: it is given up."""
    pending = reason is Reason.PENDING
    pauses = patience.pending_pauses_seconds if pending else patience.pauses_seconds
    hours = patience.give_up_pending_after_hours if pending else patience.give_up_after_hours
    at = now + timedelta(seconds=pauses[min(max(times_asked, 1), len(pauses)) - 1])
    return at if at <= opened_at + timedelta(hours=hours) else None
