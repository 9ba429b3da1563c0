"""Has the wallet a word for everything that there is? Both languages say the same things (`test_web_ui`)."""

from collections.abc import Collection
from typing import Any, cast

import pytest
from litestar import Request

from tael.behaviour.model import ActKind
from tael.behaviour.model import Reason as Unlike
from tael.foundation.identity_documents import DocumentKind
from tael.messages.api import CAN_BE_OFF
from tael.messages.model import Urgency, Way
from tael.standing import errors as standing
from tael.standing.model import (
    AccountClass,
    Kind,
    LimitPeriod,
    ObjectionState,
    Permission,
    PersonalLimit,
    Reason,
    RequestState,
)
from tael.users.model import (
    AgreementName,
    DataRequestState,
    PersonState,
    Purpose,
    ReviewReason,
    VerificationState,
)
from tael.verification.model import Element, SourceName
from tael.verification.model import Reason as Why
from tael.verification.port import UNKNOWN_REASONS
from tael.web.ui.headers import content_security_policy, page_headers
from tael.web.ui.i18n import CATALOGUES, Language
from tael.web.wallet.door import next_of
from tael.web.wallet.inbox import OPTIONAL
from tael.web.wallet.places import BAR, BEHIND_ME, IN_BAR, UNDER, in_bar
from tael.web.wallet.registering import parts_of
from tael.web.wallet.session import DEVICE, in_mode

SAID = CATALOGUES[Language.CHINESE].messages
WHY = {
    *(str(each) for each in Why if each and each not in UNKNOWN_REASONS),
    VerificationState.MISMATCHED,
    VerificationState.PARTIAL,
    VerificationState.GIVEN_UP,
}
REFUSED = (
    standing.NotPermitted,
    standing.Restricted,
    standing.VerificationNeeded,
    standing.NotGranted,
    standing.StandingClosed,
)


@pytest.mark.parametrize(
    ("table", "things"),
    [
        ("agreement_of", AgreementName),
        ("permission_of", Permission),
        ("act_of", ActKind),
        ("unlike_of", Unlike),
        ("urgency_of", Urgency),
        ("way_of", Way),
        ("person_of", {*PersonState, "unknown"}),
        ("verification.class_of", AccountClass),
        ("verification.limit_of", LimitPeriod),
        ("verification.kind_of", DocumentKind),
        ("verification.source_of", SourceName),
        ("verification.source_about", SourceName),
        ("verification.source_lead", SourceName),
        ("verification.element_of", Element),
        ("verification.why_of", WHY),
        ("verification.next_of", WHY),
        ("review.reason_of", ReviewReason),
        ("restrictions.kind_of", Kind),
        ("restrictions.reason_of", Reason),
        ("restrictions.why_of", [each.code.replace(".", "_") for each in REFUSED]),
        ("restrictions.objection_of", ObjectionState),
        ("restrictions.request_of", RequestState),
        ("privacy.purpose", Purpose),
        ("privacy.state_of", DataRequestState),
    ],
)
def test_the_wallet_has_a_word_for_everything_that_there_is(table: str, things: Collection[str]) -> None:
    begin = f"wallet.{table}."
    named = {key.removeprefix(begin) for key in SAID if key.startswith(begin)}
    assert named == {str(each) for each in things}


def test_each_personal_limit_has_its_words() -> None:
    assert {f"wallet.limit_of.{each}" for each in PersonalLimit} <= SAID.keys()


def test_each_place_has_its_words_and_lights_an_entry_of_the_bar() -> None:
    names = {place.name for place in BAR}
    assert {f"wallet.bar.{name}" for name in names} <= SAID.keys()
    for group, places in BEHIND_ME.items():
        assert f"wallet.me.group_of.{group}" in SAID
        for place in places:
            assert {f"wallet.{place.name}.title", f"wallet.{place.name}.about"} <= SAID.keys()
            assert in_bar(place.name) in IN_BAR
    assert in_bar("home") == in_bar("transfer") == "home"


def test_what_unfolds_below_an_entry_of_the_bar_has_a_title_and_lights_that_entry() -> None:
    assert set(UNDER) == {place.name for place in BAR}
    for entry, places in UNDER.items():
        assert {f"wallet.{place.name}.title" for place in places} <= SAID.keys()
        assert {in_bar(place.name) for place in places} == {entry}


def test_what_can_be_switched_off_is_what_the_rules_let_somebody_switch_off() -> None:
    assert {f"{kind}:{way}" for kind in OPTIONAL for way in ("sms", "email", "push")} == CAN_BE_OFF


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/wallet/home", "/wallet/home"),
        ("/wallet/bills?kind=transfer", "/wallet/bills?kind=transfer"),
        ("/wallet", "/wallet"),
        ("/walletx", ""),
        ("//wallet", ""),
        ("/wallet/../portal", ""),
        ("/wallet\\@evil.example", ""),
        ("https://evil.example/wallet", ""),
        ("/portal/home", ""),
    ],
)
def test_a_wish_leads_to_a_page_of_the_wallet_or_nowhere(wanted: str, leads_to: str) -> None:
    assert next_of(wanted) == leads_to


def test_an_installable_page_may_name_its_worker_and_nothing_else() -> None:
    policy = content_security_policy("abc", installable=True).split("; ")
    assert {"manifest-src 'self'", "worker-src 'self'", "trusted-types tael-worker"} <= set(policy)
    assert "require-trusted-types-for 'script'" in policy
    features = page_headers("abc", uses=("camera",))["Permissions-Policy"].split(", ")
    assert {"camera=(self)", "microphone=()"} <= set(features)


def test_a_text_is_read_point_by_point_with_lines_joined_as_each_language_wants() -> None:
    parts = parts_of(
        "# Title\n\nFirst line\n  second.\n\n1. **What.** It is\n   this.\n2. 余额不是\n   存款。"
    )
    assert [(each.kind, each.strong, each.text) for each in parts] == [
        ("head", "", "Title"),
        ("words", "", "First line second."),
        ("point", "What.", "It is this."),
        ("point", "", "余额不是存款。"),
    ]


def test_each_mode_has_cookies_of_its_own() -> None:
    scopes = [cast(Any, {"type": "http", "root_path": root}) for root in ("", "/test")]
    live, test = (Request[Any, Any, Any](scope) for scope in scopes)
    assert [in_mode(live).name, in_mode(live, DEVICE).name] == ["tael_wallet", "tael_wallet_device"]
    assert [in_mode(test).name, in_mode(test, DEVICE).name] == ["tael_wallet_test", "tael_wallet_device_test"]
