"""How does a connector write a card into a message without knowing it? With placeholders, which our vault fills in.

A field of the body whose whole value is a placeholder gets the card's own; if the card has none (a security code that
was used already), the field is left out. Only forms and JSON can be filled in. The message then goes by the vault, so
that no number ever enters the process that wrote it.
"""

import re

import msgspec

CARD_NUMBER = "{{card:number}}"
CARD_EXPIRY_MONTH = "{{card:exp_month}}"
"""Two digits."""
CARD_EXPIRY_YEAR = "{{card:exp_year}}"
"""Four digits."""
CARD_SECURITY_CODE = "{{card:security_code}}"
"""For one authorisation, soon after the payer has typed it in."""
CARD_HOLDER = "{{card:holder}}"
CARD_CRYPTOGRAM = "{{card:cryptogram}}"
"""Of a network's token, whose number then stands for the card's."""
CARD_ECI = "{{card:eci}}"
"""How sure the network is of the payer (electronic commerce indicator)."""

_OURS = re.compile(r"tok_[0-7][0-9a-hjkmnp-tv-z]{25}")


class CardOfVault(msgspec.Struct, frozen=True, kw_only=True):
    """Whose card fills in the placeholders, and why it is taken out of the vault."""

    token: str
    number: str
    """Ours, of the order: it stands in the vault's trail."""


def is_of_our_vault(card_token: str) -> bool:
    """Whether a card's token is one of our own vault, not one that the channel gave out."""
    return _OURS.fullmatch(card_token) is not None
