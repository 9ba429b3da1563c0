"""Which numbers can an identity document have, and what do they tell?"""

import string
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tael.foundation.identity_documents import (
    DocumentExpired,
    DocumentFacts,
    DocumentKind,
    DocumentMalformed,
    IdentityDocument,
    Sex,
    age_on,
    check_character,
    check_document,
    normalised,
)

TODAY = date(2026, 11, 23)
RESIDENT = DocumentKind.RESIDENT_IDENTITY_CARD
births = st.dates(date(1900, 1, 1), TODAY)
regions = st.integers(100000, 799999).map(str)
sequences = st.integers(0, 999).map("{:03}".format)


def said(number: str, kind: DocumentKind = RESIDENT, **more: object) -> IdentityDocument:
    return IdentityDocument(kind=kind, number=number, **more)  # type: ignore[arg-type]


def look(number: str, kind: DocumentKind = RESIDENT, **more: object) -> DocumentFacts:
    return check_document(said(number, kind, **more), today=TODAY)


@st.composite
def resident_numbers(draw: st.DrawFn) -> str:
    digits = draw(regions) + draw(births).strftime("%Y%m%d") + draw(sequences)
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits))
    check = next(value for value in range(11) if (total + value) % 11 == 1)  # GB 11643, formula (1)
    return digits + ("X" if check == 10 else str(check))


@given(regions, births, sequences)
def test_every_number_made_by_the_standard_is_taken_and_read(region: str, born: date, sequence: str) -> None:
    digits = region + born.strftime("%Y%m%d") + sequence
    facts = look(digits + check_character(digits))
    assert facts.birth_date == born
    assert facts.sex is (Sex.MALE if int(sequence) % 2 else Sex.FEMALE)


@given(resident_numbers())
def test_the_check_character_is_that_of_the_standards_formula(number: str) -> None:
    assert check_character(number[:17]) == number[17]


@given(resident_numbers(), st.integers(0, 17), st.sampled_from(string.digits))
def test_no_single_mistyped_digit_gets_through(number: str, place: int, digit: str) -> None:
    assume(number[place] != digit)
    with pytest.raises(DocumentMalformed):
        look(number[:place] + digit + number[place + 1 :])


@given(resident_numbers(), st.integers(0, 16))
def test_no_two_neighbours_that_change_places_get_through(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    with pytest.raises(DocumentMalformed):
        look(number[:place] + number[place + 1] + number[place] + number[place + 2 :])


@given(st.text(max_size=30), st.sampled_from(DocumentKind))
def test_whatever_is_typed_is_taken_or_refused_without_being_repeated(text: str, kind: DocumentKind) -> None:
    try:
        look(text, kind)
    except DocumentMalformed as refusal:
        told = f"{refusal.message} {refusal.hint} {refusal.facts}"
        assert len(text.strip()) < 5 or text not in told


@given(resident_numbers())
def test_writing_a_number_in_another_way_means_the_same_document(number: str) -> None:
    spaced = f" {number[:6]} {number[6:14]}-{number[14:].lower()}"
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in string.digits + "X"})
    assert normalised(said(spaced)) == normalised(said(wide)) == said(number)
    assert normalised(normalised(said(spaced))) == normalised(said(spaced))


@given(regions, st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(1, 995).map("{:03}".format))
def test_fifteen_digits_mean_the_same_person_as_their_eighteen(
    region: str, born: date, sequence: str
) -> None:
    new = region + born.strftime("%Y%m%d") + sequence
    old = region + born.strftime("%y%m%d") + sequence
    assert normalised(said(old)).number == new + check_character(new)
    assert look(old) == look(new + check_character(new))


def test_a_centenarian_of_the_old_numbers_was_born_before_1900() -> None:
    assert normalised(said("110105980101999")).number[6:14] == "18980101"


@pytest.mark.parametrize("born", ["19901301", "19900230", "19900001", "20260229"])
def test_what_is_no_day_is_no_day_of_birth(born: str) -> None:
    digits = f"110101{born}002"
    with pytest.raises(DocumentMalformed, match="day of birth"):
        look(digits + check_character(digits))


def test_the_standards_own_example_is_taken() -> None:
    assert look("11010519491231002X") == DocumentFacts(
        birth_date=date(1949, 12, 31), sex=Sex.FEMALE, region_hint="CN-BJ"
    )


def test_a_region_that_nobody_knows_is_no_reason_to_refuse() -> None:
    digits = "16990019900101001"
    facts = look(digits + check_character(digits))
    assert (facts.region_hint, facts.birth_date) == ("", date(1990, 1, 1))


@pytest.mark.parametrize("day", [TODAY + timedelta(days=1), date(1890, 1, 1)])
def test_nobody_is_born_tomorrow_or_before_everybody(day: date) -> None:
    digits = "110105" + day.strftime("%Y%m%d") + "002"
    with pytest.raises(DocumentMalformed, match="no living person"):
        look(digits + check_character(digits))


@pytest.mark.parametrize(
    ("kind", "number", "born", "region"),
    [
        (DocumentKind.RESIDENCE_PERMIT, "810000199408230021", date(1994, 8, 23), "CN-HK"),
        (DocumentKind.RESIDENCE_PERMIT, "830000199201300022", date(1992, 1, 30), "CN-TW"),
        (DocumentKind.HONGKONG_MACAO_TRAVEL_PERMIT, "H12345678", None, "CN-HK"),
        (DocumentKind.HONGKONG_MACAO_TRAVEL_PERMIT, "M1234567801", None, "CN-MO"),
        (DocumentKind.TAIWAN_TRAVEL_PERMIT, "12345678", None, "CN-TW"),
        (DocumentKind.FOREIGN_PERMANENT_RESIDENT_CARD, "USA110090010112", None, "CN-BJ"),
        (DocumentKind.PASSPORT, "E12345678", None, ""),
        (DocumentKind.PASSPORT, "c01x00t47", None, ""),
    ],
)
def test_each_kind_of_document_is_read(
    kind: DocumentKind, number: str, born: date | None, region: str
) -> None:
    facts = look(number, kind)
    assert (facts.birth_date, facts.region_hint) == (born, region)


def test_a_foreign_residents_eighteen_digits_tell_birth_and_sex() -> None:
    digits = "91184019850712001"
    facts = look(digits + check_character(digits), DocumentKind.FOREIGN_PERMANENT_RESIDENT_CARD)
    assert facts == DocumentFacts(birth_date=date(1985, 7, 12), sex=Sex.MALE, region_hint="CN-BJ")


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (RESIDENT, "810000199408230021"),
        (RESIDENT, "911840198507120018"),
        (DocumentKind.RESIDENCE_PERMIT, "11010519491231002X"),
        (DocumentKind.FOREIGN_PERMANENT_RESIDENT_CARD, "11010519491231002X"),
        (DocumentKind.FOREIGN_PERMANENT_RESIDENT_CARD, "USA110090023012"),
        (DocumentKind.HONGKONG_MACAO_TRAVEL_PERMIT, "A12345678"),
        (DocumentKind.TAIWAN_TRAVEL_PERMIT, "123456789"),
        (DocumentKind.PASSPORT, "ABCDEFGH"),
        (DocumentKind.PASSPORT, "E123456789"),
    ],
)
def test_a_number_of_another_kind_is_refused(kind: DocumentKind, number: str) -> None:
    with pytest.raises(DocumentMalformed):
        look(number, kind)


def test_a_document_is_good_on_its_last_day_and_not_after() -> None:
    look("11010519491231002X", valid_until=TODAY)
    with pytest.raises(DocumentExpired):
        look("11010519491231002X", valid_until=TODAY - timedelta(days=1))


def test_a_state_is_written_as_in_a_machine_readable_zone() -> None:
    look("C01X00T47", DocumentKind.PASSPORT, issued_by="d")
    with pytest.raises(DocumentMalformed):
        look("C01X00T47", DocumentKind.PASSPORT, issued_by="Germany")


def test_years_of_life_turn_on_the_birthday() -> None:
    assert age_on(date(2010, 11, 23), TODAY) == 16
    assert age_on(date(2010, 11, 24), TODAY) == 15
    assert age_on(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert age_on(date(2008, 2, 29), date(2026, 3, 1)) == 18
