"""What does the page know of each way to pay, and in which app is the payer reading? (`wallets.toml`)"""

import tomllib
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from tael.channels.port import Capabilities, Product
from tael.web.ui.i18n import CATALOGUES, Language


class Agent(StrEnum):
    """Where the page is being read; decides what is offered first."""

    DESKTOP = "desktop"
    """The code: the payer's phone is another device."""
    PHONE = "phone"
    """A button that opens the wallet's app, then the code."""
    WALLET = "wallet"
    """The browser inside the very wallet that pays: the button only."""
    OTHER_APP = "other_app"
    """The browser inside another wallet, which will not open this one: a word on how to leave it."""


class Group(StrEnum):
    """Under which heading a way to pay stands."""

    WALLET = "wallet"
    CARD = "card"
    BANK = "bank"
    COIN = "coin"
    OTHER = "other"


class Wallet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to pay."""

    group: Group
    schemes: frozenset[str]
    """Schemes of links that the page may offer for it."""
    agent: str | None = None
    """The token of its in-app browser's User-Agent header."""
    phone: tuple[Product, ...] = ()
    desktop: tuple[Product, ...] = ()
    inside: tuple[Product, ...] = ()
    """The scenes, in the order in which they are taken."""


class Way(msgspec.Struct, frozen=True):
    """A way to pay that is offered on this device."""

    method: str
    product: Product


def _load() -> dict[str, Wallet]:
    text = (Path(__file__).parent / "wallets.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Wallet])


WALLETS = _load()
"""By the name of the method."""
_UNKNOWN = Wallet(
    group=Group.OTHER,
    schemes=frozenset({"https", "http"}),
    phone=(Product.CODE, Product.H5, Product.PAGE, Product.TRANSFER),
    desktop=(Product.CODE, Product.PAGE, Product.H5, Product.TRANSFER),
    inside=(Product.CODE, Product.H5, Product.PAGE, Product.TRANSFER),
)
"""What is assumed of a method that the table does not have."""


def wallet_name(method: str | None, language: Language) -> str:
    """What the payer calls the app; for a method without an app of its own, general words."""
    if not method or method not in WALLETS:
        return CATALOGUES[language].say("checkout.any_wallet")
    return CATALOGUES[language].word("method_of", method)


def group_of(method: str) -> Group:
    """Under which heading a method stands."""
    return WALLETS.get(method, _UNKNOWN).group


def link_schemes(method: str | None) -> frozenset[str]:
    """Schemes that a link to the method's code may have."""
    return WALLETS.get(method or "", _UNKNOWN).schemes


def wallet_in_front(user_agent: str) -> str | None:
    """The method in whose app the payer is reading, if it is one."""
    named = ((name, wallet.agent) for name, wallet in WALLETS.items())
    return next((name for name, agent in named if agent is not None and agent in user_agent), None)


def agent_of(user_agent: str, method: str | None) -> Agent:
    """Where the page is being read, by the browser's own words."""
    front = wallet_in_front(user_agent)
    if front is not None and group_of(method or "") in (Group.WALLET, Group.OTHER):
        return Agent.WALLET if front == method else Agent.OTHER_APP
    return Agent.PHONE if "Mobile" in user_agent or "Android" in user_agent else Agent.DESKTOP


def ways_on(user_agent: str, offered: Callable[[Product], Sequence[str]]) -> list[Way]:
    """The ways to pay that are offered on this device, in the order of the table; `offered` says which methods a scene has."""
    front = wallet_in_front(user_agent)
    place = {name: number for number, name in enumerate(WALLETS)}
    methods_of = {product: offered(product) for product in (*_UNKNOWN.phone, Product.CARD)}
    methods = sorted(
        {each for found in methods_of.values() for each in found},
        key=lambda each: (each != front, place.get(each, len(place)), each),
    )
    ways = []
    for method in methods:
        wallet = WALLETS.get(method, _UNKNOWN)
        agent = agent_of(user_agent, method)
        scenes = {Agent.DESKTOP: wallet.desktop, Agent.WALLET: wallet.inside}.get(agent, wallet.phone)
        product = next((each for each in scenes if method in methods_of[each]), None)
        if product is not None:
            ways.append(Way(method, product))
    return ways


def page_of(method: str | None, offered: Callable[[Product], Sequence[str]]) -> Way | None:
    """A page of the channel on which a way is paid that has a form of ours, for those who cannot use it."""
    return next(
        (Way(method, each) for each in (Product.PAGE, Product.H5) if method and method in offered(each)), None
    )


def wallets_for(capabilities: Sequence[Capabilities], currency: str) -> list[str]:
    """Whose wallets take a printed code in a currency: their names in all languages, in the order of the table."""
    taken = {can.method for can in capabilities if currency in can.amounts}
    return [
        " ".join(dict.fromkeys(CATALOGUES[language].word("method_of", method) for language in Language))
        for method, wallet in WALLETS.items()
        if method in taken and wallet.agent is not None
    ]
