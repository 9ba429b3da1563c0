"""Does the page of those who verify name everybody whom they know, and a document and a card that will do?"""

from datetime import date
from pathlib import Path

import httpx
import pytest

from tael.foundation.identity_documents import DocumentKind, IdentityDocument, check_document
from tael.simulators.base import SimulatorOptions
from tael.simulators.registry import PROVIDERS
from tael.simulators.verification.known import CARD, DOCUMENTS, KNOWN
from tael.simulators.verification.persons import CARDS, PERSONS, PHONES


@pytest.mark.parametrize("language", ["zh", "en"])
def test_whoever_answers_otherwise_is_named_and_nobody_else(language: str) -> None:
    persons, phones, cards = KNOWN[language]
    assert {frozenset(what.split(" · ")) for what, _ in persons.rows} == {
        frozenset(names) for names in PERSONS
    }
    assert [f"+86{what.replace(' ', '')}" for what, _ in phones.rows] == list(PHONES)
    assert [what for what, _ in cards.rows] == [CARD, *CARDS]
    assert all(number in persons.text for number in DOCUMENTS)


def test_the_numbers_of_documents_are_well_formed_and_each_of_somebody_else() -> None:
    kind, valid_until = DocumentKind.RESIDENT_IDENTITY_CARD, date(2036, 11, 1)
    for number in DOCUMENTS:
        document = IdentityDocument(kind=kind, number=number, issued_by="CHN", valid_until=valid_until)
        check_document(document, today=date(2026, 11, 1))
    assert len(set(DOCUMENTS)) == len(DOCUMENTS)


async def test_the_page_shows_them_and_no_list_of_orders_that_never_come(tmp_path: Path) -> None:
    options = SimulatorOptions(home=tmp_path)
    async with PROVIDERS["verification"].serving(options) as url, httpx.AsyncClient(base_url=url) as browser:
        english, chinese = (await browser.get("/?lang=en")).text, (await browser.get("/?lang=zh")).text
    assert "No Match · 王不符" in english
    assert "the name is another one" in english
    assert CARD in english
    assert "王不符 · No Match" in chinese
    assert 'id="orders"' not in english
