"""Is a platform refused that would take worthless tokens for money?"""

from typing import Any

import msgspec
import pytest

from tael.channels.connectors.erc20 import KIND, Erc20Credentials, Erc20Settings
from tael.channels.connectors.erc20.keys import read_address
from tael.channels.connectors.erc20.settings import KNOWN_CONTRACTS
from tael.channels.port import Operation, Product
from tael.channels.registry import connector_kinds
from tael.simulators.erc20.wallets import Merchant

MERCHANT = Merchant(seed=bytes(32))
GOOD: dict[str, Any] = {
    "chain_id": 1,
    "token": "USDC",
    "token_address": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
}


def test_the_contracts_that_we_know_are_written_without_a_typing_error() -> None:
    for address in KNOWN_CONTRACTS.values():
        assert read_address(address) == address


def test_the_contract_is_written_with_its_checksum() -> None:
    settings = msgspec.convert(GOOD, Erc20Settings)

    assert settings.token_address == KNOWN_CONTRACTS[1, "USDC"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"token_address": "0x" + "11" * 20}, "the contract of USDC is"),
        ({"token_address": KNOWN_CONTRACTS[1, "USDT"]}, "the contract of USDC is"),
        ({"token": "DOGE"}, "not one of the tokens"),
        ({"token_address": "USDC"}, "40 hexadecimal"),
        ({"confirmations": 0}, "positive"),
        ({"chain_id": 0}, "positive"),
        ({"smallest_minor": 0}, "smallest"),
        ({"smallest_minor": 5, "largest_minor": 4}, "smallest"),
        ({"tip_wei": 0}, "positive"),
        ({"largest_fee_wei": 5}, "larger than the tip"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(GOOD | changes, Erc20Settings)


@pytest.mark.parametrize(
    "changes", [{"rpc_url": "ftp://node"}, {"rpc_url": "https://a b"}, {"rpc_authorization": "a\nb"}]
)
def test_credentials_that_cannot_be_sent_are_refused(changes: dict[str, str]) -> None:
    good = {"rpc_url": "https://node", "account_key": MERCHANT.account_key}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(good | changes, Erc20Credentials)


def test_credentials_do_not_show_themselves() -> None:
    credentials = Erc20Credentials(
        rpc_url="https://node/secret", account_key=MERCHANT.account_key, signing_key=MERCHANT.signing_key
    )

    assert repr(credentials) == "Erc20Credentials(hidden)"


def test_the_connector_needs_no_private_key_and_refuses_one() -> None:
    settings = msgspec.convert(GOOD, Erc20Settings)
    connector = KIND.make(
        settings, Erc20Credentials(rpc_url="https://node", account_key=MERCHANT.account_key)
    )
    with pytest.raises(ValueError, match="not an extended public key"):
        KIND.make(settings, Erc20Credentials(rpc_url="https://node", account_key=MERCHANT.signing_key))

    assert connector_kinds()["erc20"] is KIND
    assert connector.capabilities.products == {Product.TRANSFER}
    assert connector.capabilities.payer_sets_amount
    assert Operation.SWEEP in connector.capabilities.operations
    assert all(field.type is str for field in msgspec.structs.fields(Erc20Credentials))
