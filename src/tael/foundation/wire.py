"""What goes over the wire to somebody outside, and how is a card written into it without being known?

Whoever writes a message sends nothing; whoever sends it knows nothing of what it says. A message about a card of our vault
has placeholders: a field of the body whose whole value is one gets the card's own, and if the card has none (a security
code that was used already), the field is left out. Only forms and JSON can be filled in. Such a message goes by the vault,
so that no number ever enters the process that wrote it.
"""

import re
from collections.abc import Mapping

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

SEAL_FOR = "vault:seal"
"""The address of the vault itself: a message to it holds a public key (PEM, alone or in a certificate) and a card, and is
answered with the card's number in base64, encrypted for whoever has the private key (RSA, PKCS #1 v1.5). That is for channels
that want the number in a field of a message that we sign: the number is known to them and to the vault, and to nobody between."""

KEPT_OPEN_SECONDS = 4.0
"""So long a connection is kept that nobody uses. Many servers hang up after five seconds (uvicorn, Node, Apache), and what is
written at that very moment gets no answer: nobody could say whether it was heard."""

_OURS = re.compile(r"tok_[0-7][0-9a-hjkmnp-tv-z]{25}")


class CardOfVault(msgspec.Struct, frozen=True, kw_only=True):
    """Whose card fills in the placeholders, and why it is taken out of the vault."""

    token: str
    number: str
    """Ours, of the order or the check: it stands in the vault's trail."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A message, ready to send."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    largest_answer: int = 1_000_000
    """In bytes. More than the usual only for files."""
    card: CardOfVault | None = None
    """The body has placeholders for this card: our vault fills them in and sends the message."""


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A message that came back, as it came. Names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_of_our_vault(card_token: str) -> bool:
    """Whether a card's token is one of our own vault, not one that somebody else gave out."""
    return _OURS.fullmatch(card_token) is not None
