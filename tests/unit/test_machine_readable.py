"""Is a machine-readable zone read, and is what was misread refused?"""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.foundation.identity_documents import DocumentMalformed, Sex
from tael.foundation.machine_readable import MachineReadable, check_digit, read_zone

TODAY = date(2026, 11, 23)
BOOK = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
CARD_OF_TWO_LINES = ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"]
CARD = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]
"""The specimens of ICAO Doc 9303."""


@pytest.mark.parametrize(
    ("zone", "code", "number"),
    [(BOOK, "P", "L898902C3"), (CARD_OF_TWO_LINES, "I", "D23145890"), (CARD, "I", "D23145890")],
)
def test_the_specimens_of_the_standard_are_read(zone: list[str], code: str, number: str) -> None:
    assert read_zone(zone, today=TODAY) == MachineReadable(
        document_code=code,
        issued_by="UTO",
        number=number,
        nationality="UTO",
        birth_date=date(1974, 8, 12),
        sex=Sex.FEMALE,
        valid_until=date(2012, 4, 15),
        surname="ERIKSSON",
        given_names="ANNA MARIA",
    )


def test_a_long_number_goes_on_in_the_room_behind() -> None:
    # ICAO Doc 9303-5, note j: nine signs, a <, the rest, and the check digit of it all.
    number = "D23145890734"
    upper = f"I<UTO{number[:9]}<{number[9:]}{check_digit(number)}".ljust(30, "<")
    middle = CARD[1][:29]
    whole = check_digit(upper[5:] + middle[0:7] + middle[8:15] + middle[18:29])
    assert read_zone([upper, middle + whole, CARD[2]], today=TODAY).number == number


@pytest.mark.parametrize("zone", [BOOK, CARD_OF_TWO_LINES, CARD])
def test_no_misread_digit_of_number_birth_or_last_day_gets_through(zone: list[str]) -> None:
    of_card = [(0, place) for place in range(5, 15)] + [(1, place) for place in range(15) if place != 7]
    of_book = [(1, place) for place in range(28) if place not in {10, 11, 12, 20}]
    for line, place in of_card if len(zone) == 3 else of_book:
        if zone[line][place].isdigit():
            wrong = str((int(zone[line][place]) + 1) % 10)
            misread = [*zone]
            misread[line] = zone[line][:place] + wrong + zone[line][place + 1 :]
            with pytest.raises(DocumentMalformed):
                read_zone(misread, today=TODAY)


def test_each_field_has_to_fit_its_own_check_digit_and_all_of_them_that_of_the_whole() -> None:
    upper, lower = BOOK
    for place in (9, 19, 27, 42):
        wrong = lower[:place] + str((int(lower[place]) + 1) % 10) + lower[place + 1 :]
        fitting = wrong[:43] + check_digit(wrong[0:10] + wrong[13:20] + wrong[21:43])
        with pytest.raises(DocumentMalformed):
            read_zone([upper, fitting], today=TODAY)
    with pytest.raises(DocumentMalformed):
        read_zone([upper, lower[:43] + str((int(lower[43]) + 1) % 10)], today=TODAY)
    upper, middle, names = CARD
    for place in (6, 14):
        wrong = middle[:place] + str((int(middle[place]) + 1) % 10) + middle[place + 1 : 29]
        fitting = wrong + check_digit(upper[5:] + wrong[0:7] + wrong[8:15] + wrong[18:29])
        with pytest.raises(DocumentMalformed):
            read_zone([upper, fitting, names], today=TODAY)
    with pytest.raises(DocumentMalformed):
        read_zone([upper, middle[:29] + str((int(middle[29]) + 1) % 10), names], today=TODAY)


def test_an_empty_personal_number_may_lack_its_check_digit() -> None:
    lower = "L898902C36UTO7408122F1204159<<<<<<<<<<<<<<<"
    whole = check_digit(lower[0:10] + lower[13:20] + lower[21:])
    assert read_zone([BOOK[0], lower + whole], today=TODAY).number == "L898902C3"


def test_a_day_of_birth_that_is_partly_unknown_is_no_day() -> None:
    lower = list(BOOK[1])
    lower[13:20] = "74<<<<" + check_digit("74<<<<")
    text = "".join(lower)
    lower[43] = check_digit(text[0:10] + text[13:20] + text[21:43])
    assert read_zone([BOOK[0], "".join(lower)], today=TODAY).birth_date is None


@given(st.lists(st.text(alphabet="AZ09<", min_size=30, max_size=30), min_size=3, max_size=3))
def test_rubbish_of_the_right_size_is_refused_and_never_an_accident(lines: list[str]) -> None:
    with contextlib.suppress(DocumentMalformed):
        read_zone(lines, today=TODAY)


@pytest.mark.parametrize("zone", [[], [""], ["P<"], [line.lower() for line in BOOK], BOOK[:1], [*BOOK, ""]])
def test_another_shape_is_no_zone(zone: list[str]) -> None:
    with pytest.raises(DocumentMalformed):
        read_zone(zone, today=TODAY)
