"""How do users, reviews, unmaskings and checks look in a list, and as facts? Nouns in, cells out."""

from collections.abc import Sequence

from tael.foundation.identity_documents import DocumentKind
from tael.users.api import Listed
from tael.users.model import FOUR_EYES, Consent, Known, Review, Unmasking, VerificationRecord
from tael.verification.model import Check
from tael.web.console.cells import NOTHING, Cell, Fact, at, link, text, tone, user, word, words_for
from tael.web.console.listing import Reader
from tael.web.console.standing_views import STANDING_TONES, due_cell


def name_of(known: Known) -> str:
    """What a page calls a user: the masked name, else the masked number, else the id."""
    return (known.person.name_shown if known.person else "") or known.user.phone_shown or known.user.id


# Users.

USER_COLUMNS = ("user", "phone", "identity", "account_class", "standing", "user_state", "registered")


def user_row(listed: Listed, _: Reader) -> Sequence[Cell]:
    """A user in a list."""
    known = listed.known
    return (
        link(name_of(known), f"/console/users/{known.user.id}"),
        text(known.user.phone_shown),
        word("person_state_of", known.person.state, tone(known.person.state)) if known.person else NOTHING,
        word("account_class_of", listed.account_class),
        word("standing_of", listed.standing, STANDING_TONES[listed.standing]),
        word("user_state_of", known.user.state),
        at(known.user.registered_at),
    )


def identity_facts(known: Known) -> list[Fact]:
    """Who somebody is, masked."""
    person, of_them = known.person, known.user
    facts: list[Fact] = [
        ("phone", text(of_them.phone_shown)),
        ("language", word("language_of", of_them.language.replace("-", "_").lower())),
        ("registered", at(of_them.registered_at)),
        ("agreed", Cell(several=[text(each, code=True) for each in of_them.agreed])),
    ]
    if of_them.closed_at is not None:
        facts += [
            ("closed", at(of_them.closed_at)),
            ("closed_because", text(of_them.closed_because)),
            ("retained_until", at(of_them.retained_until)),
        ]
    if person is None:
        return facts
    return [
        ("name", text(person.name_shown)),
        ("identity", word("person_state_of", person.state, tone(person.state))),
        ("document_kind", word("identity_document_of", person.kind)),
        ("document_number", text(f"{person.number_shown} {person.issued_by}")),
        ("valid_until", text(person.valid_until or "–")),
        ("expired", at(person.expired_at, bad=True)),
        ("verified", at(person.verified_at)),
        *facts,
    ]


# Reviews.

REVIEW_COLUMNS = ("review", "user", "wanted", "when", "due", "looked_by", "state", "by")


def review_row(review: Review, who: Reader) -> Sequence[Cell]:
    """A review in the queue."""
    return (
        Cell(words="review_reason_of", text=review.reason, address=f"/console/reviews/{review.id}"),
        user(review.user_id),
        Cell(several=[_said(name, said) for name, said in review.wanted_shown.items()]),
        at(review.asked_at),
        due_cell(review.due_at, who, is_open=review.state == "open"),
        text(who.person(review.looked_by)),
        word("review_state_of", review.state, tone(review.state)),
        text(who.person(review.ended_by)),
    )


def review_facts(review: Review, who: Reader) -> list[Fact]:
    """All about one."""
    return [
        ("state", word("review_state_of", review.state, tone(review.state))),
        ("user", user(review.user_id)),
        ("other_user", user(review.other_user_id)),
        *(
            (f"wanted_{name}", _said(name, said))
            for name, said in review.wanted_shown.items()
            if name in _WANTED
        ),
        ("four_eyes", word("yes_no_of", "yes" if review.reason in FOUR_EYES else "no")),
        ("asked_by", text(who.person(review.asked_by))),
        ("when", at(review.asked_at)),
        ("due", due_cell(review.due_at, who, is_open=review.state == "open")),
        ("looked_by", text(who.person(review.looked_by))),
        ("looked_at", at(review.looked_at)),
        ("look_note", text(review.look_note)),
        ("ended_by", text(who.person(review.ended_by))),
        ("ended_at", at(review.ended_at)),
        ("end_note", text(review.end_note)),
    ]


_WANTED = frozenset({"name", "document", "phone", "words"})


def _said(name: str, said: str) -> Cell:
    """What a user wants us to believe; of a document its kind is a word, and its number is masked."""
    kind, _, number = said.partition(" ")
    if name != "document" or kind not in frozenset(DocumentKind):
        return text(said)
    return Cell(several=[word("identity_document_of", kind), text(number)])


# Who looked at whom, and what sources said.

UNMASKING_COLUMNS = ("when", "user", "fields", "reason", "by", "network")


def unmasking_row(unmasking: Unmasking, who: Reader) -> Sequence[Cell]:
    """That somebody has read something in clear."""
    return (
        at(unmasking.at),
        user(unmasking.user_id),
        words_for("unmasked_of", unmasking.fields),
        text(unmasking.reason),
        text(who.person(unmasking.by)),
        text(unmasking.address),
    )


CHECK_COLUMNS = ("check", "user", "state", "why", "findings", "asked_times", "when", "next")


def check_row(check: Check, _: Reader) -> Sequence[Cell]:
    """A question to a source."""
    return (
        Cell(words="source_of", text=check.source, address=f"/console/checks/{check.id}"),
        user(check.subject) if check.subject.startswith("usr_") else text(check.subject, code=True),
        check_state(check),
        word("check_reason_of", check.reason),
        findings(check),
        text(check.times_asked),
        at(check.created_at),
        at(check.next_ask_at),
    )


def check_state(check: Check) -> Cell:
    """What came of it; of one that nobody asks about any more, that."""
    if check.given_up_at is not None:
        return word("check_state_of", "given_up", "danger")
    return word("check_state_of", check.state, tone(check.state))


def findings(check: Check) -> Cell:
    """What the source says of each element, those that it did not confirm as they are."""
    return Cell(
        several=[
            word("element_of", element, {"matched": "good", "mismatched": "danger"}.get(found, "neutral"))
            for element, found in check.findings.items()
        ]
    )


VERIFICATION_COLUMNS = ("source", "state", "why", "counts", "when", "ended_at")


def verification_rows(found: Sequence[VerificationRecord]) -> list[Sequence[Cell]]:
    """What sources said of a user."""
    return [
        (
            Cell(words="source_of", text=each.source, address=f"/console/checks/{each.check_id}"),
            word("verification_state_of", each.state, tone(each.state)),
            words_for("element_of", each.wrong),
            word("yes_no_of", "yes" if each.evidence else "no"),
            at(each.asked_at),
            at(each.ended_at),
        )
        for each in found
    ]


CONSENT_COLUMNS = ("purpose", "given", "version", "when")


def consent_rows(found: Sequence[Consent]) -> list[Sequence[Cell]]:
    """Consents as they were given and withdrawn."""
    return [
        (
            word("purpose_of", each.purpose),
            word("yes_no_of", "yes" if each.given else "no"),
            text(each.version),
            at(each.decided_at),
        )
        for each in found
    ]
