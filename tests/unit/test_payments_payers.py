"""Who paid, and whose is what is too much? Nobody is taken for the payer of another's money."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tael.channels.port import OutcomeState
from tael.foundation.money import Money
from tael.foundation.sealing import Sealer
from tael.payments.model import Attempt
from tael.payments.usecases.payers import payee_of, payer_of, with_owner, with_payer
from tests.unit.test_payments_rules import attempt, outcome
from tests.unit.test_payments_rules_of_refunds import refund


def told(minor: int, payer: str | None, *, differ: bool = False) -> dict[str, Any]:
    """What a channel says: so much has come in all, this one paid it, others have sent some too."""
    return {"received": Money(minor, "CNY"), "payer_account": payer, "payers_differ": differ}


def heard(sealer: Sealer, *news: dict[str, Any]) -> Attempt:
    """The attempt after all that."""
    known = attempt()
    for one in news:
        known = with_payer(sealer, known, outcome(OutcomeState.WAITING, **one))
        known = msgspec.structs.replace(known, received_minor=one["received"].minor)
    return known


@pytest.mark.parametrize(
    ("news", "payer"),
    [
        ([told(1280, "A")], "A"),
        ([told(1000, "A"), told(1280, None, differ=True)], ""),
        ([told(1280, "A"), told(1281, None, differ=True)], "A"),
        ([told(1280, "A"), told(1281, None, differ=True), told(1282, None, differ=True)], "A"),
        ([told(1, "A"), told(1281, None, differ=True), told(1281, "B", differ=True)], "B"),
        ([told(1281, "A", differ=True), told(1280, "B")], "A"),
    ],
    ids=["alone", "together", "a little later", "and later", "named in the end", "less: old or recalled"],
)
def test_the_payer_is_who_paid_it_and_no_other(
    tmp_path: Path, news: list[dict[str, Any]], payer: str
) -> None:
    sealer = Sealer(tmp_path)
    assert payer_of(sealer, heard(sealer, *news)) == payer


def test_a_surplus_is_the_only_payers_or_whose_it_was_before_others_came(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path)
    alone = heard(sealer, told(1780, "A"))
    first = refund(attempt_id=alone.id, payee_sealed=with_owner(alone, []).payer_sealed)
    assert payee_of(sealer, first) == "A"
    both = with_payer(sealer, alone, outcome(OutcomeState.WAITING, **told(1781, None, differ=True)))
    assert payer_of(sealer, both) == "A"
    assert payer_of(sealer, with_owner(both, [])) == ""
    assert payer_of(sealer, with_owner(both, [first])) == "A"
