"""Does our own import contract find what it is there to find?"""

import pytest
from grimp import ImportGraph

from tests.tidy.import_contracts import OnlyPublicModules

CONTRACT = OnlyPublicModules(
    name="From outside, a context is its api",
    session_options={"root_packages": ["tael"]},
    contract_options={
        "contexts": ["tael.ledger"],
        "public": ["api", "model"],
        "also_public": ["tael.ledger.words"],
        "assembler": "tael.app",
        "assembled": ["http"],
        "may_see_all": ["tael.testing"],
    },
)


def is_kept(importer: str, imported: str) -> bool:
    graph = ImportGraph()
    for module in {"tael", "tael.ledger", importer, imported}:
        graph.add_module(module)
    graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="import")
    return CONTRACT.check(graph, verbose=False).kept


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("tael.payments.usecases.refund", "tael.ledger.api"),
        ("tael.payments.usecases.refund", "tael.ledger.words"),
        ("tael.ledger.api", "tael.ledger.store"),
        ("tael.app.houses", "tael.ledger.http"),
        ("tael.testing.books", "tael.ledger.store"),
    ],
)
def test_a_public_door_may_be_used(importer: str, imported: str) -> None:
    assert is_kept(importer, imported)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("tael.payments.usecases.refund", "tael.ledger.store"),
        ("tael.payments.usecases.refund", "tael.ledger.usecases.post"),
        ("tael.payments.usecases.refund", "tael.ledger.http"),
        ("tael.web.checkout.http", "tael.ledger.reads"),
        ("tael.app.houses", "tael.ledger.store"),
    ],
)
def test_a_private_module_is_found_out(importer: str, imported: str) -> None:
    assert not is_kept(importer, imported)
