"""What do a card's first digits tell, and can it be used now? No input, no output."""

import tomllib
from importlib import resources

from tael.foundation.errors import Refusal
from tael.funding.errors import CardNotBound
from tael.funding.model import BankCard, CardState

_ISSUERS: dict[str, str] = tomllib.loads(
    resources.files("tael.funding").joinpath("issuers.toml").read_text("utf-8")
)["issuers"]


def issuer_of(first6: str) -> str:
    """The code of the bank whose cards begin so; empty if the table does not say."""
    return _ISSUERS.get(first6, "")


def why_card_not_usable(card: BankCard) -> Refusal | None:
    """The refusal of a card that money can neither come from nor go to, or `None`."""
    if card.state is CardState.BOUND:
        return None
    if card.state is CardState.CHECKING:
        return CardNotBound("The card's bank has not confirmed it yet.", field="bank_card_id")
    return CardNotBound("The card is not bound.", field="bank_card_id", hint="Bind it, or choose another.")
