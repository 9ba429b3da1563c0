"""What may a session or a link ask for, what is a tip, and what becomes of a session?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tael.checkout.errors import CheckoutMalformed, LinkOff, LinkUsedUp
from tael.checkout.model import LineItem, Link, Session, SessionState
from tael.foundation.clock import LATEST
from tael.foundation.money import Money, exponent_of

LARGEST_AMOUNT_MINOR = 10**14
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 86_400
VISIT_SECONDS = 900
"""How long whoever came by a link or a static code has to pay: until then the link counts them as paying."""
TIP_PERCENTS = (10, 15, 20)
"""What a page offers if the merchant wants tips and does not say which."""
LARGEST_TIP_PERCENT = 100


def amount_of(amount_minor: int | None, line_items: Sequence[LineItem], currency: str) -> int:
    """What a session asks for; refuses `CheckoutMalformed` if amount and line items contradict each other."""
    exponent_of(currency)
    total = sum(item.total_minor for item in line_items)
    if amount_minor is None and not line_items:
        raise CheckoutMalformed("Say what is to be paid.", field="amount_minor", hint="Or send `line_items`.")
    if amount_minor is not None and line_items and amount_minor != total:
        raise CheckoutMalformed(
            f"The line items come to {total}, not {amount_minor}.",
            field="amount_minor",
            hint="Leave it out: it is reckoned from the line items.",
        )
    asked = total if amount_minor is None else amount_minor
    if not 1 <= asked <= LARGEST_AMOUNT_MINOR:
        raise CheckoutMalformed(
            f"An amount is between 1 and {LARGEST_AMOUNT_MINOR} minor units.", field="amount_minor"
        )
    return asked


def check_link(link: Link) -> None:
    """Refuses the particulars of a new link with `CheckoutMalformed`."""
    exponent_of(link.currency)
    if link.least_minor > link.most_minor:
        raise CheckoutMalformed("The least amount is more than the most.", field="least_minor")
    if link.expires_at is not None and link.expires_at <= link.created_at + timedelta(
        seconds=SHORTEST_SECONDS
    ):
        raise CheckoutMalformed("The link would be over before anybody can pay.", field="expires_at")
    if link.expires_at is not None and link.expires_at >= LATEST:
        raise CheckoutMalformed(f"A link is over before {LATEST:%Y}, or never.", field="expires_at")


def check_usable(link: Link, now: datetime) -> None:
    """Refuses `LinkOff`, `LinkUsedUp` if nobody can begin to pay with a link."""
    if not link.active or (link.expires_at is not None and now >= link.expires_at):
        raise LinkOff("This payment link is not in use any more.", hint="Ask the merchant for a new one.")
    if link.limit_count is not None and link.open_count + link.paid_count >= link.limit_count:
        raise LinkUsedUp("This payment link has been used as often as it may be.")


def chosen_amount(link: Link, chosen_minor: int | None) -> int:
    """What one payer pays with a link; refuses `CheckoutMalformed`."""
    if link.amount_minor is not None:
        return link.amount_minor
    if chosen_minor is None or not link.least_minor <= chosen_minor <= link.most_minor:
        least, most = Money(link.least_minor, link.currency), Money(link.most_minor, link.currency)
        raise CheckoutMalformed(f"Choose an amount from {least} to {most}.", field="amount")
    return chosen_minor


def tip_of(amount_minor: int, percent: int, *, offered: Sequence[int]) -> int:
    """The tip in minor units, half a unit rounded up; refuses `CheckoutMalformed` for what was not offered."""
    if percent != 0 and percent not in offered:
        raise CheckoutMalformed("This tip is not offered.", field="tip_percent")
    return (amount_minor * percent + 50) // 100


def asks_for_a_tip(session: Session) -> bool:
    """Whether the payer still has to say what tip they give."""
    return session.state is SessionState.OPEN and session.payment_id is None and bool(session.tip_percents)
