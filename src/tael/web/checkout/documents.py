"""What does the page's script need to show a new state? One small document, words included."""

import msgspec

from tael.web.checkout.views import CheckoutView, safe_link
from tael.web.checkout.wallets import link_schemes
from tael.web.ui import formats
from tael.web.ui.i18n import Language


class StateDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A view as the script wants it; texts are in the reader's language."""

    state: str
    ended: bool
    seconds_left: int
    code_version: str
    code_src: str | None
    """The address of the code's image."""
    pay_link: str | None
    """What opens the wallet's app on the same device."""
    begun: bool
    """Whether the payer may be paying on a page of the channel."""
    paid: str
    refunded: str
    ended_at: str


def state_document(view: CheckoutView, language: Language, *, root: str = "") -> StateDocument:
    """The document for one view."""
    return StateDocument(
        state=view.state,
        ended=view.ended,
        seconds_left=view.seconds_left,
        code_version=view.code_version,
        code_src=code_address(view, root=root),
        pay_link=pay_link(view),
        begun=view.begun,
        paid=formats.amount_text(view.to_pay, language),
        refunded=formats.amount_text(view.refunded, language),
        ended_at=formats.moment_text(view.ended_at, language) if view.ended_at else "",
    )


def code_address(view: CheckoutView, *, root: str = "") -> str | None:
    """The address of the code's image; a new code has a new address. `root`: where our pages are mounted."""
    if not view.code_url:
        return None
    return f"{root}/pay/{view.payment_id}/code.svg?v={view.code_version}&method={view.method}"


def pay_link(view: CheckoutView) -> str | None:
    """The code's content as a link, if it is one that the page may offer."""
    return safe_link(view.code_url, schemes=link_schemes(view.method))
