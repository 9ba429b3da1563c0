"""In which ways does the vault say no?"""

from tael.foundation.errors import Conflict, Forbidden, Malformed, NotFound, Throttled, Unavailable


class CardRefused(Malformed):
    """The card cannot be one: `field` says what of it is wrong, `wrong` how."""

    code = "vault.card_refused"


class NoSuchToken(NotFound):
    """There is no such token, it is another merchant's, or its card was forgotten."""

    code = "vault.no_such_token"


class VaultSealed(Unavailable):
    """The keys are not here: custodians have to unlock the vault, or a key was destroyed."""

    code = "vault.sealed"


class ShareRefused(Malformed):
    """The words are no custodian's share of a master key that is in use here."""

    code = "vault.share_refused"


class DestinationRefused(Forbidden):
    """Cards of that channel may not go to that address."""

    code = "vault.destination_refused"


class MessageRefused(Malformed):
    """The message cannot be filled in with a card."""

    code = "vault.message_refused"


class PageRefused(Malformed):
    """The address is not that of a page that card fields can be embedded in, or can lead back to."""

    code = "vault.page_refused"


class TooManyCards(Throttled):
    """One page has taken as many cards as one payer can have."""

    code = "vault.too_many_cards"


class TicketRefused(Forbidden):
    """The page's ticket is not one of ours, or its time is over."""

    code = "vault.ticket_refused"


class KeyHandoverOpen(Conflict):
    """A new master key waits for its custodians to confirm that they have their shares."""

    code = "vault.key_handover_open"


class NoKeyHandover(Conflict):
    """No new master key waits to be confirmed."""

    code = "vault.no_key_handover"
