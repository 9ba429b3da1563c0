"""Who can be simulated? Channels, and others whom a platform asks. One entry each: how it is opened, and what a platform
would enter for it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import msgspec

from tael.foundation.clock import Clock
from tael.simulators import alipay, bank, base, erc20, messages, stripe, unionpay, verification, wechatpay
from tael.simulators.base import SimulatorOptions


class Simulator(msgspec.Struct, frozen=True, kw_only=True):
    """A stand-in for a channel."""

    connector: str
    """The name of the connector that speaks to it."""
    opens: Callable[[base.Stage], base.SimulatedChannel]
    settings: Callable[[Path, str], Mapping[str, Any]]
    """What a platform enters as the channel's settings, given the simulator's folder and address."""
    credentials: Callable[[Path, str], Mapping[str, str]]
    """What a platform enters as the channel's credentials; makes the keys if they are missing."""
    props: Mapping[str, Any] = {}
    """Whom it knows: payers, cards, payees, in the words of `tael.acceptance.truth.Props`."""
    finds: Callable[[Path, str], Mapping[str, Any]] | None = None
    """More of them, that its keys are needed for; makes the keys if they are missing."""

    card_key: Callable[[Path], str] | None = None
    """The public key for which numbers of cards are encrypted that it pays out to, as PEM; makes the keys if they are missing."""

    def props_in(self, home: Path, url: str) -> Mapping[str, Any]:
        """All of them, of the simulator in this folder."""
        return {**self.props, **(self.finds(home, url) if self.finds else {})}

    def serving(
        self, options: SimulatorOptions, *, clock: Clock | None = None
    ) -> AbstractAsyncContextManager[str]:
        """Serve in the running event loop until the block ends; gives the address."""
        return base.serving(self.opens, options, clock=clock)

    async def serve(self, options: SimulatorOptions) -> None:
        """Serve until SIGTERM or SIGINT."""
        await base.serve(self.opens, options)


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A stand-in for somebody who is no channel."""

    opens: Callable[[base.Stage], base.SimulatedChannel]
    files: Callable[[Path, str], Mapping[str, Mapping[str, str]]]
    """What a platform is told of it, given its folder and address: by the name of the file, what stands in it."""

    def serving(
        self, options: SimulatorOptions, *, clock: Clock | None = None
    ) -> AbstractAsyncContextManager[str]:
        """Serve in the running event loop until the block ends; gives the address."""
        return base.serving(self.opens, options, clock=clock)

    async def serve(self, options: SimulatorOptions) -> None:
        """Serve until SIGTERM or SIGINT."""
        await base.serve(self.opens, options)


PROVIDERS: Mapping[str, Provider] = {
    "verification": Provider(opens=verification.VerificationSimulator, files=verification.source_files),
    "messages": Provider(opens=messages.MessagesSimulator, files=messages.post_office_files),
}
"""Beside the channels."""

SIMULATORS: Mapping[str, Simulator] = {
    "alipay": Simulator(
        connector="alipay",
        opens=alipay.AlipaySimulator,
        settings=alipay.settings,
        credentials=alipay.credentials,
        props={
            "payer_id": "2088102122458832",
            "payee_account": "2088102122458832",
            "slow_payee_account": "slow@example.com",
            "receiver_account": "2088102122458833",
        },
    ),
    "stripe": Simulator(
        connector="stripe",
        opens=stripe.StripeSimulator,
        settings=stripe.settings,
        credentials=stripe.credentials,
        props=stripe.PROPS,
    ),
    "bank": Simulator(
        connector="bank",
        opens=bank.BankSimulator,
        settings=bank.settings,
        credentials=bank.credentials,
        props=bank.PROPS,
    ),
    "unionpay": Simulator(
        connector="unionpay",
        opens=unionpay.UnionPaySimulator,
        settings=unionpay.settings,
        credentials=unionpay.credentials,
        finds=unionpay.found,
        card_key=unionpay.card_key,
    ),
    "wechatpay": Simulator(
        connector="wechatpay",
        opens=wechatpay.WechatPaySimulator,
        settings=wechatpay.settings,
        credentials=wechatpay.credentials,
        props={
            "payer_id": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
            "payee_account": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
            "payee_name": "",
            "receiver_account": "1900000110",
        },
    ),
    "erc20": Simulator(
        connector="erc20",
        opens=erc20.opens,
        settings=erc20.settings,
        credentials=erc20.credentials,
        props={"payee_account": "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"},
    ),
}
ENTRY_POINTS = "tael.simulators"


def all_simulators() -> Mapping[str, Simulator]:
    """Those built in, and those of packages that name theirs under the entry point `tael.simulators`."""
    others = {point.name: point.load() for point in entry_points(group=ENTRY_POINTS)}
    return {**others, **SIMULATORS}


DEMO_CHANNELS = ("alipay", "wechatpay")
"""Those that `make demo` shows."""
DEMO_PAYS_OUT = "unionpay"
"""The one that users of a demo which is left running withdraw over, to their cards."""
