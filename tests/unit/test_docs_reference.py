"""Do the pages of docs/reference say what the code says?"""

import pytest

from docs.reference.generate import FOLDER, KINDS, reference_files

PAGES = reference_files()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_is_what_the_code_says_now(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == PAGES[name], (
        f"docs/reference/{name} is not current: .venv/bin/python -m docs.reference.generate"
    )


def test_every_made_page_is_in_the_folder_and_nothing_else_is() -> None:
    expected = {*PAGES, "README.md", "generate.py"}
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == expected


def test_there_are_nine_kinds_of_refusal() -> None:
    assert len(KINDS) == 9
