"""How does a chain behave? A stand-in with a real Ethereum machine (py-evm), two stablecoins, and a JSON-RPC node.

Transactions are signed for real and carried out for real; blocks come, transactions wait for them in a pool with the
rules of geth's, and a reorganisation takes the newest blocks away. It is no chain: nobody else has a copy of it.

evm         blocks of transactions, carried out by a real machine
pool        which transactions wait, and which are not let in
network     when a block comes, what survives a crash, reorganisations
rpc         what the node answers
tokens      the contracts (`contracts/token.vy`) and how they are called
wallets     the keys of merchant, payers and issuer
books       what happened, in the words of orders, refunds and payouts
lies        what a node says that is wrong on purpose
simulator   the acts, the views, the faults

Acts beside the usual ones: `receive {"order"|"account"|"code", "amount_minor", "count": blocks on top, "text": a payer's
or a token's name}`, `mine {"count"}`, `reorganise {"count", "text": "lose"}`, `payout_succeed`, `payout_fail` and `forget`
`{"payout"}`, `bar` and `unbar` `{"account"}`, `ask_tips {"count": gwei}`, `limit_ranges {"count": blocks}`. A payout, refund or sweep is known by the number
that the merchant sends along as `X-Request-Id`: `order`, `order/refund` or `payout`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tael.foundation.errors import Unavailable
from tael.simulators.base import SimulatedChannel, Stage

__all__ = ["credentials", "opens", "settings"]


def opens(stage: Stage) -> SimulatedChannel:
    """The simulator; the machine behind it is only installed where somebody simulates."""
    recursion = sys.getrecursionlimit()
    try:
        from tael.simulators.erc20.simulator import Erc20Simulator
    except ModuleNotFoundError as missing:
        raise Unavailable(
            f"The chain's machine is not installed: {missing.name} is missing.",
            hint="pip install 'eth-tester[py-evm]==0.14.0b1'",
        ) from missing
    finally:
        sys.setrecursionlimit(recursion)  # py-evm raises it on import, beyond what the stack of parsers bears
    return Erc20Simulator(stage)


def settings(_: Path, __: str) -> Mapping[str, Any]:
    """What a platform enters for it."""
    from tael.simulators.erc20.tokens import address_of
    from tael.simulators.erc20.wallets import CHAIN_ID, CONFIRMATIONS

    return {
        "chain_id": CHAIN_ID,
        "token": "USDC",
        "token_address": "0x" + address_of("USDC").hex(),
        "confirmations": CONFIRMATIONS,
    }


def credentials(home: Path, url: str) -> Mapping[str, str]:
    """Its secrets; the merchant's account is made if there is none."""
    from tael.simulators.erc20.wallets import prepare_merchant

    merchant = prepare_merchant(home)
    return {
        "rpc_url": f"{url}/rpc",
        "account_key": merchant.account_key,
        "signing_key": merchant.signing_key,
    }
