"""With which app does the payer pay, and in which app is the payer reading? (`wallets.toml`)"""

import tomllib
from enum import StrEnum
from pathlib import Path

import msgspec

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


class Wallet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One app with which people pay."""

    agent: str
    """The token of its in-app browser's User-Agent header."""
    schemes: frozenset[str]
    """Schemes of links that the page may offer for it."""
    name: dict[Language, str]


def _load() -> dict[str, Wallet]:
    text = (Path(__file__).parent / "wallets.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Wallet])


WALLETS = _load()
"""By the name of the method."""


def wallet_name(method: str | None, language: Language) -> str:
    """What the payer calls the app; for a method without an app of its own, general words."""
    wallet = WALLETS.get(method or "")
    return wallet.name[language] if wallet else CATALOGUES[language].say("checkout.any_wallet")


def link_schemes(method: str | None) -> frozenset[str]:
    """Schemes that a link to the method's code may have."""
    wallet = WALLETS.get(method or "")
    return wallet.schemes if wallet else frozenset({"https", "http"})


def agent_of(user_agent: str, method: str | None) -> Agent:
    """Where the page is being read, by the browser's own words."""
    for name, wallet in WALLETS.items():
        if wallet.agent in user_agent:
            return Agent.WALLET if name == method else Agent.OTHER_APP
    return Agent.PHONE if "Mobile" in user_agent or "Android" in user_agent else Agent.DESKTOP
