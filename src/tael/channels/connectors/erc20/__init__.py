"""How do we take and send a stablecoin? ERC-20 tokens on a chain of the Ethereum kind, by JSON-RPC to our own node.

connector     the port's verbs, and who answers them
deposits      has the payer sent the tokens?
payouts       transfers from the hot wallet: payouts and refunds
sweeps        what has arrived for an order goes into the hot wallet
transactions  signed once, sent until mined
node          what our node says of the chain, if it can be believed
rpc           JSON-RPC: questions out, forms of answers in
tokens        the few words of ERC-20
keys          an order's address, from its number and our extended public key
keyring       the private side: only a signer uses it
settings      what must be told

There is no feed of notices: the logs of a popular token are millions, and a connector does not know for which
addresses somebody waits. `INQUIRE` tells all, also once more after the order's end.
"""

from typing import TYPE_CHECKING

from tael.channels.connectors.erc20.connector import Erc20Connector
from tael.channels.connectors.erc20.keys import DEPOSITS, HOT_WALLET, ExtendedKey, address_at
from tael.channels.connectors.erc20.settings import TOY_CHAINS, Erc20Credentials, Erc20Settings
from tael.channels.port import ConnectorKind

if TYPE_CHECKING:
    from tael.channels.connectors.erc20.keyring import Keyring

__all__ = ["KIND", "Erc20Connector", "Erc20Credentials", "Erc20Settings", "make_keyring"]


def make_keyring(credentials: Erc20Credentials) -> "Keyring | None":
    """The private side, for a signer, if there is a signing key; raises `ValueError` if it is another account's.

    Ethereum's libraries take half a second to import, which only those who sign have to wait for.
    """
    if not credentials.signing_key:
        return None
    from tael.channels.connectors.erc20.keyring import Keyring

    return Keyring(credentials.signing_key, ExtendedKey.read(credentials.account_key))


def _addresses(settings: Erc20Settings, credentials: Erc20Credentials) -> tuple[str, ...]:
    """Our node, and the chain that it is a door to, unless that chain is a toy."""
    if settings.chain_id in TOY_CHAINS:
        return (credentials.rpc_url,)
    return credentials.rpc_url, f"eip155:{settings.chain_id}"


def _known_of(credentials: Erc20Credentials) -> dict[str, tuple[str, ...]]:
    """Which wallet pays out and gets what is swept, and an address by which orders' addresses can be told apart."""
    account = ExtendedKey.read(credentials.account_key)
    hot_wallet, deposit = address_at(account, HOT_WALLET), address_at(account, (DEPOSITS, 0))
    return {"account_key": (f"hot wallet 0/0 {hot_wallet}", f"first address of deposits 1/0 {deposit}")}


KIND = ConnectorKind(
    name="erc20",
    title="Stablecoin (ERC-20)",
    title_zh="稳定币（ERC-20）",
    settings=Erc20Settings,
    credentials=Erc20Credentials,
    make=Erc20Connector,
    addresses=_addresses,
    known_of=_known_of,
)
