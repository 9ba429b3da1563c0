"""What does the funding context refuse?"""

from tael.foundation.errors import Conflict, Declined, Forbidden, Malformed, NotFound, Unavailable


class FundingMalformed(Malformed):
    """An amount, a currency or a choice that cannot be."""

    code = "funding.malformed"


class NoSuchBankCard(NotFound):
    """There is no such card, or it is another user's."""

    code = "funding.no_such_bank_card"


class CardBoundAlready(Conflict):
    """The user has this card already."""

    code = "funding.card_bound_already"


class TooManyCards(Declined):
    """The user has as many cards as they may, or tried as many as they may in a day."""

    code = "funding.too_many_cards"


class CardRefused(Declined):
    """The bank says that the card is not this user's, or cannot be used."""

    code = "funding.card_refused"
    title = "The card was not added"


class CardNotBound(Conflict):
    """The card's bank has not said yet whose it is, or the card was removed."""

    code = "funding.card_not_bound"


class CardInUse(Conflict):
    """Money is on its way to the card: it cannot be removed now."""

    code = "funding.card_in_use"


class PersonNotVerified(Forbidden):
    """We do not know yet who the user is: a card of somebody unknown is nobody's own."""

    code = "funding.person_not_verified"
    title = "Please verify yourself first"


class CodeNeeded(Forbidden):
    """The bank knows another telephone for the card than we do for the user: the code that was sent there is needed."""

    code = "funding.code_needed"


class FundingLimit(Declined):
    """More than may be topped up or withdrawn at once, or in a day; says which."""

    code = "funding.limit_reached"
    title = "Above a limit"


class NoWay(Unavailable):
    """No channel can do this now."""

    code = "funding.no_way"
    title = "Not possible now"


class NoSuchTopUp(NotFound):
    """There is no such top-up, or it is another user's."""

    code = "funding.no_such_top_up"


class TopUpNotRefundable(Conflict):
    """The top-up is not in the wallet, or so much of it has gone back already."""

    code = "funding.top_up_not_refundable"


class NoSuchQuote(NotFound):
    """There is no such quote, or it is another user's."""

    code = "funding.no_such_quote"


class QuoteOver(Conflict):
    """The quote is too old, or was used: ask for a new one."""

    code = "funding.quote_over"


class NoSuchDebt(NotFound):
    """Nobody owes this: it has ended, or never was."""

    code = "funding.no_such_debt"


class NoSuchWithdrawal(NotFound):
    """There is no such withdrawal, or it is another user's."""

    code = "funding.no_such_withdrawal"
