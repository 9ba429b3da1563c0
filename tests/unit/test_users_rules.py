"""Do the rules about users read as the law and the house say: names, agreements, documents, retention?"""

import tomllib
from datetime import UTC, date, datetime
from importlib import resources

import msgspec
import pytest

from tael.foundation.identity_documents import DocumentFacts, DocumentKind
from tael.users import rules
from tael.users.errors import AgreementDiffers, TooYoung, UserMalformed
from tael.users.model import (
    FOUR_EYES,
    AgreementName,
    AgreementVersion,
    Documents,
    Person,
    PersonState,
    Registration,
    ReviewReason,
    ReviewState,
    SecondUser,
    VerificationState,
)
from tael.users.usecases import agreements
from tael.verification.model import Element, SourceName

DIGEST = "ab" * 32
RULE = Documents(warn_days=(90, 30), grace_days=0)


def version(name: str, announced: date, begins: date) -> AgreementVersion:
    return AgreementVersion(
        agreement=AgreementName.SERVICE,
        version=name,
        announced_on=announced,
        effective_from=begins,
        digests={"en": DIGEST},
    )


VERSIONS = [
    version("1", date(2025, 1, 1), date(2025, 1, 1)),
    version("2", date(2026, 2, 1), date(2026, 3, 10)),
]


def person(valid_until: date | None, *, warned: int | None = None) -> Person:
    return Person(
        user_id="usr_1",
        person="prs_1",
        state=PersonState.VERIFIED,
        name_shown="张*",
        payee_shown="*三",
        kind=DocumentKind.RESIDENT_IDENTITY_CARD,
        issued_by="CHN",
        number_shown="110***********1234",
        valid_until=valid_until,
        first=True,
        claimed_at=datetime(2026, 1, 1, tzinfo=UTC),
        warned_days=warned,
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" 李小明 ", "李小明"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("Anne-Marie  O'Neil", "Anne-Marie O'Neil"),
        ("Jose\u0301 Garci\u0301a", "José García"),
    ],
)
def test_a_name_is_kept_as_its_document_has_it(typed: str, kept: str) -> None:
    assert rules.name_as_kept(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "  ", "·", "李<b>明", "R2D2", "a" * 65, "\u3164\u3164", "李\u200b明", "李\x00", "\u202e李"]
)
def test_what_is_no_name_is_refused_without_guessing(typed: str) -> None:
    with pytest.raises(UserMalformed):
        rules.name_as_kept(typed)


def test_sixteen_years_are_full_on_the_birthday_itself() -> None:
    rule = Registration(youngest_years=16, second_user=SecondUser.REVIEW, review_documents=())
    facts = DocumentFacts(birth_date=date(2010, 3, 1))
    rules.check_age(facts, rule, today=date(2026, 3, 1))
    with pytest.raises(TooYoung):
        rules.check_age(facts, rule, today=date(2026, 2, 28))


def test_a_changed_agreement_is_due_from_its_day_and_accepted_before_it() -> None:
    of_all = {AgreementName.SERVICE: VERSIONS}
    [before] = rules.standings(of_all, ["service@1"], today=date(2026, 3, 9))
    assert (before.due, before.version, before.coming) == (False, "1", "2")
    [then] = rules.standings(of_all, ["service@1"], today=date(2026, 3, 10))
    assert (then.due, then.version, then.coming) == (True, "2", None)
    [early] = rules.standings(of_all, ["service@2"], today=date(2026, 3, 9))
    assert (early.due, early.coming) == (False, None)
    taken = rules.check_accepted(VERSIONS, version="2", language="en", digest=DIGEST, today=date(2026, 2, 1))
    assert taken.version == "2"


@pytest.mark.parametrize(
    ("wanted", "digest", "day"),
    [
        ("2", DIGEST, date(2026, 1, 31)),
        ("1", DIGEST, date(2026, 3, 10)),
        ("2", "cd" * 32, date(2026, 3, 10)),
        ("3", DIGEST, date(2026, 3, 10)),
    ],
)
def test_only_the_text_that_holds_or_is_announced_can_be_accepted(
    wanted: str, digest: str, day: date
) -> None:
    with pytest.raises(AgreementDiffers):
        rules.check_accepted(VERSIONS, version=wanted, language="en", digest=digest, today=day)


def test_a_change_that_is_announced_too_late_is_found() -> None:
    rules.check_notice(VERSIONS[1], 37)
    with pytest.raises(ValueError, match="less than 38 days"):
        rules.check_notice(VERSIONS[1], 38)


def test_every_shipped_text_is_announced_in_time_and_there_in_both_languages() -> None:
    for name, of_name in agreements.versions().items():
        for each in of_name:
            rules.check_notice(each, 30)
            for language in ("zh-CN", "en"):
                text = agreements.agreement_text(name, each.version, language)
                assert each.version in text.text
                assert len(text.digest) == 64


@pytest.mark.parametrize(
    ("day", "warned", "due"),
    [
        (date(2026, 1, 1), None, None),
        (date(2026, 3, 3), None, 90),
        (date(2026, 3, 3), 90, None),
        (date(2026, 5, 2), 90, 30),
        (date(2026, 5, 2), None, 30),
        (date(2026, 6, 1), 30, None),
        (date(2026, 6, 2), None, None),
    ],
)
def test_a_warning_is_given_once_for_each_of_its_days(day: date, warned: int | None, due: int | None) -> None:
    assert rules.warning_due(person(date(2026, 6, 1), warned=warned), RULE, today=day) == due


def test_a_document_is_good_on_its_last_day_and_as_long_as_the_grace_lasts() -> None:
    ends = person(date(2026, 6, 1))
    graced = msgspec.structs.replace(RULE, grace_days=10)
    assert not rules.has_expired(ends, RULE, today=date(2026, 6, 1))
    assert rules.has_expired(ends, RULE, today=date(2026, 6, 2))
    assert not rules.has_expired(ends, graced, today=date(2026, 6, 11))
    assert not rules.has_expired(person(None), RULE, today=date(2100, 1, 1))


def test_ten_years_end_on_the_same_day_or_the_next_that_there_is() -> None:
    closed = datetime(2028, 2, 29, 1, tzinfo=UTC)
    assert rules.retained_until(closed, years=10) == datetime(2038, 3, 1, 1, tzinfo=UTC)
    assert rules.retained_until(closed, years=4) == datetime(2032, 2, 29, 1, tzinfo=UTC)


def test_what_makes_somebody_else_of_a_user_takes_two_people() -> None:
    assert {
        ReviewReason.NAME_CORRECTION,
        ReviewReason.DOCUMENT_CORRECTION,
        ReviewReason.LOST_PHONE,
    } <= FOUR_EYES


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_word_that_a_user_is_told_is_there(language: str) -> None:
    text = resources.files("tael.users").joinpath("words", f"{language}.toml").read_text("utf-8")
    words = tomllib.loads(text)
    assert set(words["agreement"]) == set(AgreementName)
    assert set(words["review"]) == set(ReviewReason)
    assert set(words["element"]) == set(Element)
    assert set(words["source"]) == set(SourceName)
    assert {ReviewState.APPROVED, ReviewState.REFUSED, ReviewState.EXPIRED} == set(words["outcome"])
    assert set(words["why"]) == {
        VerificationState.MISMATCHED,
        VerificationState.PARTIAL,
        VerificationState.GIVEN_UP,
    }


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("李小明", ("李", " 李 ", "李小明"), ("", "小", "明", "小明", "*", "王")),
        ("诸葛亮", ("诸葛", "诸葛亮"), ("诸", "葛", "亮")),
        ("欧阳娜娜", ("欧阳", "欧阳娜娜"), ("欧", "娜娜", "欧阳娜")),
        ("买买提·阿卜杜拉", ("买买提", "阿卜杜拉", "买买提阿卜杜拉", "买买提·阿卜杜拉"), ("买", "杜拉")),
        (
            "Konstantinos Papadopoulos",
            ("PAPADOPOULOS", "konstantinos", "Konstantinos Papadopoulos"),
            ("K", "Papa"),
        ),
        ("Carlos de Souza", ("souza", "Carlos"), ("de", "D", "")),
        ("Bo Li", ("Bo Li", "boli"), ("Bo", "Li", "B")),
    ],
)
def test_whoever_knows_what_is_hidden_of_a_name_knows_it(
    name: str, right: tuple[str, ...], wrong: tuple[str, ...]
) -> None:
    assert all(rules.knows_hidden(name, said) for said in right)
    assert not any(rules.knows_hidden(name, said) for said in wrong)
