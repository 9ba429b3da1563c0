"""Which words has the command line beside its own? One for each part, whose commands are imported when they are wanted.

So `tael --help` takes a fraction of a second, and a supervisor does not hold in memory what only its children do.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperGroup

_PARTS = {
    "behaviour": "What users do, and what is not like them.",
    "channels": "The channels over which money moves.",
    "keys": "The keys under which personal data is sealed.",
    "ledger": "Look at the books, and have them checked.",
    "logins": "The logins of people, and help for those who cannot sign in.",
    "merchants": "Merchants that apply or are registered, what is decided about them, and what they signed.",
    "messages": "What people are told, and what they are taught.",
    "partners": "Who is behind each channel, how far they have come, what is due, and how they compare.",
    "payouts": "Money on its way to somebody's account.",
    "routing": "Which channel: rules, decisions, and policies judged on the past.",
    "rules": "Limits, thresholds and terms with dates.",
    "staff": "Who operates this platform, in which roles, and with which keys.",
    "standing": "What users may do, and what is taken from them.",
    "surpluses": "Money of payers that no channel gave back.",
    "verification": "Whether people are who they say: sources, and what they were asked.",
    "wallets": "Money that is not where it belongs.",
    "webhooks": "Where merchants' events go, how it went, and sending them again.",
    "vault": "Where card numbers live, and nowhere else.",
}
"""What each word is about; its commands are in `cli_<word>.py`."""


def parts() -> list[TyperGroup]:
    """Each word of a part, as something to be typed after `tael`."""
    return [
        TyperGroup(name=word, help=meaning, no_args_is_help=True, commands=cast("Any", _CommandsOf(word)))
        for word, meaning in _PARTS.items()
    ]


class _CommandsOf(Mapping[str, Any]):
    """The commands of a part by their names; the first look at them imports its module."""

    def __init__(self, word: str) -> None:
        self._word = word

    @cached_property
    def _read(self) -> Mapping[str, Any]:
        return typer.main.get_group(import_module(f"tael.app.cli_{self._word}").app).commands

    def __getitem__(self, name: str) -> Any:
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)
