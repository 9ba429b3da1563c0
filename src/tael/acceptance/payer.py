"""What does a payer do with what the channel's answer holds? Like a browser or a wallet, and no more than they can."""

import contextlib
from typing import Protocol

import aiohttp
import msgspec

from tael.acceptance.control import SimulatorControl
from tael.acceptance.errors import ControlRefused
from tael.acceptance.truth import Props
from tael.channels.port import Action, GoTo, InvokeWallet, Order, PostForm, Product, ShowCode


class Payer(Protocol):
    """Whoever pays in a run."""

    async def pays(self, order: Order, action: Action | None, *, amount_minor: int | None = None) -> None:
        """Use the action and pay."""
        ...

    async def comes(self, action: Action | None) -> None:
        """Use the action, and no more."""
        ...


class SimulatedPayer:
    """Everybody who pays at a simulator."""

    def __init__(self, control: SimulatorControl, session: aiohttp.ClientSession, props: Props) -> None:
        self._control = control
        self._session = session
        self._props = props

    async def pays(self, order: Order, action: Action | None, *, amount_minor: int | None = None) -> None:
        """Use the action and pay."""
        await self.comes(action)
        if order.product is Product.TRANSFER:
            await self._sends_money(order, order.amount.minor if amount_minor is None else amount_minor)
        else:
            await self._acts("pay", order, action)

    async def comes(self, action: Action | None) -> None:
        """Follow a link or post a form, as a browser does."""
        match action:
            case GoTo(url=url) if url.startswith("http"):
                async with self._session.get(url) as page:
                    await page.read()
            case PostForm(url=url, fields=fields):
                async with self._session.post(url, data=dict(fields)) as page:
                    await page.read()
            case InvokeWallet(parameters=parameters):
                with contextlib.suppress(ControlRefused):  # a wallet that knows the order by its number
                    await self._control.act("open", {"text": msgspec.json.encode(parameters).decode()})
            case _:
                pass  # a code and a transfer are used by paying

    async def _acts(self, verb: str, order: Order, action: Action | None) -> None:
        """By what the wallet has in its hands; a channel that knows the order by then takes its number, too."""
        code = _code_of(action)
        if code:
            try:
                await self._control.act(verb, {"code": code})
            except ControlRefused:
                await self._control.act(verb, {"order": order.order_number})
        else:
            await self._control.act(verb, {"order": order.order_number})

    async def _sends_money(self, order: Order, amount_minor: int) -> None:
        for verb in self._props.arrivals:
            await self._control.act(verb, {"order": order.order_number, "amount_minor": amount_minor})


def _code_of(action: Action | None) -> str:
    return action.code_url if isinstance(action, ShowCode) else ""
