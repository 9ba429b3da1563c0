"""Which kept cards does the checkout page offer, and what does a payer agree to who lets one be kept?"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from tael.channels.port import Product
from tael.customers.model import SavedMethod, TokenSource
from tael.web.checkout.cards import CONSENT, saved_cards
from tael.web.checkout.wallets import Way, page_of, ways_on
from tael.web.ui.i18n import CATALOGUES, Language

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CARD = SavedMethod(
    id="pm_1",
    merchant_id="mer_1",
    customer_id="cus_1",
    source=TokenSource.VAULT,
    channel=None,
    token="tok_1",
    brand="visa",
    first6="424242",
    last4="4242",
    exp_month=11,
    exp_year=2026,
    consent_text_version=CONSENT,
    consent_given_at=NOW,
    consent_address="203.0.113.7",
    created_at=NOW,
    detached_at=None,
)


def another(**changes: Any) -> SavedMethod:
    return msgspec.structs.replace(CARD, **changes)


def test_a_card_is_offered_to_the_last_day_of_its_last_month() -> None:
    [card] = saved_cards([CARD], now=NOW)
    assert (card.brand, card.last4, card.expires) == ("Visa", "4242", "11/26")
    assert saved_cards([CARD], now=datetime(2026, 12, 1, tzinfo=UTC)) == ()


def test_a_card_that_was_kept_twice_is_offered_once_and_of_many_the_newest() -> None:
    many = [another(id=f"pm_{number}", last4=f"{number:04}") for number in range(9)]
    offered = saved_cards([CARD, another(id="pm_old"), *many], now=NOW)
    assert [each.id for each in offered] == ["pm_1", "pm_0", "pm_1", "pm_2", "pm_3"]


def test_a_card_that_only_its_channel_knows_has_no_day_on_which_it_ends() -> None:
    [card] = saved_cards([another(exp_month=None, exp_year=None, brand="a bank of ours")], now=NOW)
    assert (card.brand, card.expires) == ("a bank of ours", "")


def test_cards_are_typed_in_where_they_are_taken_and_else_paid_on_the_channels_page() -> None:
    offers = {Product.CARD: ["card"], Product.PAGE: ["card"], Product.H5: ["card"]}
    assert ways_on("", lambda product: offers.get(product, [])) == [Way("card", Product.CARD)]
    without = offers | {Product.CARD: []}
    assert ways_on("", lambda product: without.get(product, [])) == [Way("card", Product.PAGE)]
    assert page_of("card", lambda product: offers.get(product, [])) == Way("card", Product.PAGE)
    assert page_of("card", lambda _: []) is None


def test_the_words_of_the_consent_change_only_with_its_version() -> None:
    said = [
        CATALOGUES[language].messages[f"checkout.card.{name}"]
        for language in Language
        for name in ("save", "save_note")
    ]
    digest = hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
    assert {CONSENT: digest} == {"tael-checkout-1": "754804743a27772a"}
