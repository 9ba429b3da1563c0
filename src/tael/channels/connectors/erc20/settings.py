"""What must the connector be told: which token, on which chain, by which node, under which key?"""

import re

import msgspec

from tael.channels.connectors.erc20.keys import read_address
from tael.foundation.money import TOKENS

KNOWN_CONTRACTS = {
    (1, "USDC"): "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    (1, "USDT"): "0xdAC17F958D2ee523a2206206994597C13D831ec7",
    (10, "USDC"): "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85",
    (137, "USDC"): "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359",
    (8453, "USDC"): "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
    (42161, "USDC"): "0xaf88d065e77c8cC2239327C5EDb3A432268e5831",
    (42161, "USDT"): "0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9",
}
"""The issuers' own contracts by chain id: on these chains no other contract is taken for the token.

From Circle's list of USDC contracts and Tether's of USDT. So one person who changes the address alone cannot
make us take worthless tokens for money.
"""

TOY_CHAINS = frozenset({1337, 31337})
"""Chains that begin and end with a program on somebody's desk. Behind any other the money is real, also if our node is near."""

_HTTP = re.compile(r"https?://[!-~]{1,2000}")
_HEADER = re.compile(r"[ -~]{0,2000}")


class Erc20Settings(msgspec.Struct, frozen=True, kw_only=True):
    """A token on a chain, and how careful we are."""

    chain_id: int
    token: str
    """`USDC` or `USDT`."""
    token_address: str
    """The token's contract."""
    confirmations: int = 32
    """In how many blocks a transfer must lie, its own included, before we believe it."""
    smallest_minor: int = 10_000
    largest_minor: int = 1_000_000_000_000
    transfer_gas: int = 100_000
    """The most gas that a transfer of the token may use. USDC and USDT use 40,000 to 65,000."""
    tip_wei: int = 1_000_000_000
    """What we offer the block's maker per unit of gas, beyond the chain's own price."""
    largest_fee_wei: int = 300_000_000_000
    """What we pay per unit of gas at most; while the chain asks for more, nothing new is sent."""
    stuck_after_seconds: int = 1_800
    """After which time a transaction of ours that no block holds is offered again with a higher fee."""
    stale_after_seconds: int = 900
    """From which age of its newest block a node is not believed to know what happens."""
    blocks_per_question: int = 10_000
    """How many blocks the node searches at a time."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; write the contract's address with its checksum."""
        if self.token not in TOKENS:
            raise ValueError(f"{self.token[:12]!r} is not one of the tokens {', '.join(sorted(TOKENS))}")
        address = read_address(self.token_address)
        known = KNOWN_CONTRACTS.get((self.chain_id, self.token), address)
        if address != known:
            raise ValueError(f"on chain {self.chain_id} the contract of {self.token} is {known}")
        msgspec.structs.force_setattr(self, "token_address", address)
        if not (0 < self.chain_id < 2**53 and 0 < self.confirmations <= 10_000):
            raise ValueError("the chain id and the confirmations are positive, the latter at most 10000")
        if not 0 < self.smallest_minor <= self.largest_minor:
            raise ValueError("the smallest amount is positive and no larger than the largest")
        if min(self.transfer_gas, self.tip_wei, self.blocks_per_question, self.stale_after_seconds) <= 0:
            raise ValueError("gas, tip, blocks and seconds are positive")
        if self.largest_fee_wei <= self.tip_wei:
            raise ValueError("the largest fee is larger than the tip")


class Erc20Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What two people change together: whom we believe about the chain, and whose the money is."""

    rpc_url: str
    """Our node: all that we know of the chain is what it says, so it is ours or somebody's whom we trust."""
    account_key: str
    """The extended public key (`xpub…`, BIP-32) of our account, usually `m/44'/60'/0'`.

    Its address `0/0` is the hot wallet, those under `1/` belong to orders.
    """
    signing_key: str = ""
    """The extended private key (`xprv…`) of the same account, for the signer. The connector does not look at it."""
    rpc_authorization: str = ""
    """The `Authorization` header that the node asks for, if it does."""

    def __post_init__(self) -> None:
        """Refuse addresses and headers that cannot be sent."""
        if not _HTTP.fullmatch(self.rpc_url):
            raise ValueError("the node's address begins with https:// or http://")
        if not _HEADER.fullmatch(self.rpc_authorization):
            raise ValueError("the authorization is one line of plain characters")

    def __repr__(self) -> str:
        """Without the keys: settings end up in logs and tracebacks."""
        return "Erc20Credentials(hidden)"
