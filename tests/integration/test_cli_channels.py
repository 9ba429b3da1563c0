"""Does `tael channels` let nobody approve what they have not seen, and nobody alone touch real money?"""

from pathlib import Path

import pytest

from tael.app.house import open_house
from tael.app.supervisor import DatabaseUrls
from tael.app.terms import refuse_if_relied_on
from tael.channels.errors import TakesTwo
from tael.foundation.config import Settings
from tael.partners.model import State, Terms
from tael.simulators.registry import SIMULATORS
from tael.testing.platform import QUICK
from tests.integration.test_cli import tael

REAL = "https://openapi.example.com/gateway.do"


async def test_who_approves_at_the_terminal_has_seen_what_changes(urls: DatabaseUrls, tmp_path: Path) -> None:
    simulated = SIMULATORS["alipay"]
    async with (
        open_house(Settings(home=tmp_path, **QUICK), urls.application) as house,
        house.database.transaction() as tx,
    ):
        proposal = await house.channels.propose(
            tx,
            "main",
            connector="alipay",
            settings={**simulated.settings(tmp_path, ""), "gateway_url": REAL},
            credentials=simulated.credentials(tmp_path, ""),
            note="the new contract",
            by="staff:ann",
        )
    where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path)}
    status, shown, errors = await tael("channels", "approve", proposal.id, **where)
    assert status == 1, "nobody was there to say yes"
    for seen in ("staff:ann", "moves real money", "the new contract", f"gateway_url: – → {REAL}"):
        assert seen in shown, errors
    assert "app_private_key: another secret" in shown
    assert "talks to: – → https://openapi.example.com" in shown
    assert "alipay_public_keys: another secret\n  – → SHA-256 " in shown
    assert "Simulated app" in shown
    assert "PRIVATE" not in shown
    status, said, errors = await tael(
        "channels", "approve", proposal.id, "--digest", proposal.digest, **where
    )
    assert (status, "it is configuration 1" in said) == (0, True), errors


@pytest.mark.parametrize(
    ("state", "alone"), [(State.TRIAL, True), (State.CANARY, False), (State.LIVE, False)]
)
def test_nobody_alone_changes_a_channel_whose_partner_carries_real_money(
    state: State, *, alone: bool
) -> None:
    terms = {"alpha": Terms(channel="alpha", state=state, share_basis_points=1, fees=(), windows=())}
    refuse_if_relied_on("beta", terms)
    if alone:
        refuse_if_relied_on("alpha", terms)
        return
    with pytest.raises(TakesTwo, match=str(state)):
        refuse_if_relied_on("alpha", terms)
