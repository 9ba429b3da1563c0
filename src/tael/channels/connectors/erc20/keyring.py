"""How is a transaction signed? With the private key at a path of our account, as EIP-1559 says.

Only a signer (`channels.signer`) uses this: it decides which nonce, and keeps what was signed. The words of a
transaction:

path              of the account that sends, `0/0`
chain_id
to, value, data   whom it calls, with how many wei, with which call (`0x…`)
gas               how much it may use
fee_wei, tip_wei  what it pays per unit of gas at most, and what of that to the block's maker
"""

from collections.abc import Mapping

from eth_account import Account
from eth_account.hdaccount.deterministic import SoftNode, derive_child_key

from tael.channels.connectors.erc20.keys import ExtendedKey, address_at, public_of, read_address, read_private
from tael.channels.port import Signed

Words = Mapping[str, str | int]


class Keyring:
    """The private keys of our account's addresses, derived when they are needed."""

    def __init__(self, signing_key: str, account: ExtendedKey) -> None:
        """Raises `ValueError` if the private key is not the one of the account."""
        number, self._chain_code = read_private(signing_key)
        self._key = number.to_bytes(32, "big")
        if public_of(signing_key) != account:
            raise ValueError("the signing key is not the one of the account key")
        self._account = account

    def __repr__(self) -> str:
        """Without the key."""
        return "Keyring(hidden)"

    def account_of(self, transaction: Words) -> str:
        """Whose nonces a transaction uses: `chain id:address`."""
        return f"{transaction['chain_id']}:{address_at(self._account, _path(transaction))}"

    def sign(self, transaction: Words, *, nonce: int) -> Signed:
        """The same words and nonce give the same bytes (RFC 6979)."""
        signed = Account.from_key(self._private_key(_path(transaction))).sign_transaction(
            {
                "type": 2,
                "chainId": transaction["chain_id"],
                "nonce": nonce,
                "to": read_address(str(transaction["to"])),
                "value": transaction["value"],
                "data": transaction["data"],
                "gas": transaction["gas"],
                "maxFeePerGas": transaction["fee_wei"],
                "maxPriorityFeePerGas": transaction["tip_wei"],
            }
        )
        return Signed(raw=bytes(signed.raw_transaction), transaction_id="0x" + bytes(signed.hash).hex())

    def _private_key(self, path: tuple[int, ...]) -> bytes:
        key, chain_code = self._key, self._chain_code
        for index in path:
            key, chain_code = derive_child_key(key, chain_code, SoftNode(index))
        return key


def _path(transaction: Words) -> tuple[int, ...]:
    return tuple(int(part) for part in str(transaction["path"]).split("/"))
