"""Has the portal a word for everything that there is, in both languages?"""

from collections.abc import Collection

import pytest

from tael.exports.model import ExportState
from tael.foundation.proposals import ProposalState
from tael.merchants.api import PRESETS
from tael.merchants.model import (
    ApplicationState,
    BusinessKind,
    Cycle,
    IdKind,
    MerchantDocumentKind,
    MerchantState,
    TerminalKind,
)
from tael.simulators.base.habits import HABITS
from tael.web.portal.application import SECTIONS
from tael.web.portal.exports import KINDS
from tael.web.portal.key import OVERLAPS
from tael.web.portal.keys import CHOSEN, PUBLISHABLE, KeyState
from tael.web.portal.places import GROUPS, PLACES
from tael.web.portal.saved_views import kept_of
from tael.web.portal.try_out import CARDS
from tael.web.portal.webhooks import events_to_choose
from tael.web.ui.i18n import CATALOGUES, Language
from tael.webhooks.model import DeliveryState, DisabledBecause, EndpointState

SAID = CATALOGUES[Language.CHINESE].messages


@pytest.mark.parametrize(
    ("table", "things"),
    [
        ("application_state_of", ApplicationState),
        ("application_text_of", ApplicationState),
        ("business_of", BusinessKind),
        ("id_of", IdKind),
        ("merchant_document_of", MerchantDocumentKind),
        ("cycle_of", Cycle),
        ("terminal_of", TerminalKind),
        ("proposal_of", ProposalState),
        ("export_state_of", ExportState),
        ("export_kind_of", KINDS),
        ("endpoint_state_of", set(EndpointState) - {EndpointState.REMOVED}),
        ("disabled_of", DisabledBecause),
        ("delivery_state_of", DeliveryState),
        ("key_state_of", KeyState),
        ("key_may_of", {*PRESETS, CHOSEN, PUBLISHABLE}),
        ("overlap_of", [f"s{each}" for each in OVERLAPS]),
        ("magic_of", [f"a{amount}" for amount in HABITS]),
        ("test_card_of", [what for _, what in CARDS]),
        ("group_of", GROUPS),
        ("standing_of", {MerchantState.SUSPENDED, MerchantState.CLOSING, MerchantState.CLOSED}),
    ],
)
def test_the_portal_has_a_word_for_everything_that_there_is(table: str, things: Collection[str]) -> None:
    named = {key.rpartition(".")[2] for key in SAID if key.startswith(f"portal.{table}.")}
    assert named == set(things)


def test_each_place_has_its_words_and_stands_under_a_heading() -> None:
    for place in PLACES:
        assert {f"portal.{place.name}.title", f"portal.{place.name}.lead"} <= SAID.keys() or (
            place.name == "counter"
        )
        assert place.group in GROUPS


def test_whatever_an_application_may_lack_has_a_name() -> None:
    documents = [f"documents_{kind}" for kind in MerchantDocumentKind]
    for name in (*SECTIONS, *documents, "documents", "agreement", "application"):
        assert f"portal.application_field_of.{name}" in SAID, name


def test_an_endpoint_can_choose_everything_an_object_or_a_single_type() -> None:
    choices = events_to_choose()
    assert choices[0] == "*"
    assert choices.index("payment.*") < choices.index("payment.captured")
    assert len(choices) == len(set(choices))


def test_of_an_address_only_filters_and_columns_are_kept() -> None:
    assert kept_of("?before=pay_1&state=captured&lang=en&q=a%26b&since=") == "state=captured&q=a%26b"
    assert kept_of("") == ""
