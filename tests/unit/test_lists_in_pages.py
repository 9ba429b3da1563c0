"""Does a list come page by page: never more than asked for, and with a cursor only where more is left?"""

import msgspec

from tael.foundation.http.pages import page_of


class Line(msgspec.Struct, frozen=True):
    id: str
    number: int


LINES = [Line(id=f"lin_{number}", number=number) for number in range(3)]


def test_what_was_found_beyond_the_limit_is_not_shown_but_says_that_there_is_a_next_page() -> None:
    page = page_of(LINES, 2)

    assert page.items == LINES[:2]
    assert page.next_cursor == "lin_1"


def test_the_last_page_has_no_cursor_also_if_it_is_full_or_empty() -> None:
    assert page_of(LINES, 3).next_cursor is None
    assert page_of(LINES[:0], 3).next_cursor is None


def test_the_cursor_is_whatever_the_list_is_ordered_by() -> None:
    assert page_of(LINES, 2, key=lambda line: line.number).next_cursor == "1"
