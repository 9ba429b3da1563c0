"""Which nonce does a transaction get? The next that we have not given out, whatever a node says of the chain."""

import msgspec
import pytest

from tael.channels.connectors.erc20 import Erc20Credentials, make_keyring
from tael.channels.port import SignOnce
from tael.channels.signer import Keyring, SealedSigner, SigningRefused
from tael.foundation.db import Database, Query
from tael.simulators.registry import SIMULATORS
from tael.testing.clocks import ManualClock

PAYEE = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
NONCES = Query("nonces", b"select number, nonce from channels.signatures")


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    given = SIMULATORS["erc20"].credentials(tmp_path_factory.mktemp("wallet"), "http://127.0.0.1:9")
    made = make_keyring(msgspec.convert(given, Erc20Credentials))
    assert made is not None
    return made


class Desk:
    """A signer, and what a node tells it."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database = database
        self.signer = SealedSigner(database, keyring, channel="usdc", clock=ManualClock())

    async def sign(self, number: str, *, on_the_chain: int, path: str = "0/0") -> None:
        transaction: dict[str, str | int] = {
            "path": path,
            "chain_id": 1337,
            "to": PAYEE,
            "value": 1,
            "data": "0x",
            "gas": 21_000,
            "fee_wei": 2,
            "tip_wei": 1,
            "first_nonce": on_the_chain,
        }
        await self.signer.sign_once(SignOnce(number=number, transaction=transaction))

    async def nonces(self) -> dict[str, int]:
        async with self.database.transaction() as tx:
            return dict(await tx.tuples(NONCES))


@pytest.fixture
def desk(database: Database, keyring: Keyring) -> Desk:
    return Desk(database, keyring)


async def test_a_node_that_counts_more_than_we_have_signed_is_not_followed(desk: Desk) -> None:
    await desk.sign("out_1", on_the_chain=0)
    for lie in (2, 1_000, 2**63):
        with pytest.raises(SigningRefused, match=f"counts {lie} .* signed 1"):
            await desk.sign("out_2", on_the_chain=lie)
    await desk.sign("out_2", on_the_chain=1)
    assert await desk.nonces() == {"out_1": 0, "out_2": 1}, "no gap, behind which money would wait"


@pytest.mark.parametrize("behind", [0, 1, -5])
async def test_a_node_that_counts_fewer_makes_no_nonce_be_used_again(desk: Desk, behind: int) -> None:
    await desk.sign("out_1", on_the_chain=0)
    await desk.sign("out_2", on_the_chain=1)
    await desk.sign("out_3", on_the_chain=behind)
    assert await desk.nonces() == {"out_1": 0, "out_2": 1, "out_3": 2}


async def test_an_account_that_was_used_before_us_begins_where_the_chain_says(desk: Desk) -> None:
    await desk.sign("out_1", on_the_chain=7)
    await desk.sign("out_2", on_the_chain=7)
    await desk.sign("sweep_1", on_the_chain=0, path="1/4")
    assert await desk.nonces() == {"sweep_1": 0, "out_1": 7, "out_2": 8}
    with pytest.raises(SigningRefused, match="counts 10 "):
        await desk.sign("out_3", on_the_chain=10)
    with pytest.raises(SigningRefused, match="signed 0"):
        await desk.sign("sweep_2", on_the_chain=2**63, path="1/5")
