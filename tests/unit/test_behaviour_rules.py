"""Do the rules find what is not like a user, and leave alone what is?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.behaviour.model import (
    SEVERITY,
    ActKind,
    ActResult,
    BehaviourRules,
    Follows,
    Reason,
    RecordedAct,
    ScoreStep,
    Seen,
    Unusual,
)
from tael.behaviour.rules import (
    act_in_words,
    browser_and_system,
    find_unusual,
    masked_address,
    place_of,
    reasons_in_words,
    without_known,
)
from tael.foundation.dated_rules import shipped_rules

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
"""In China."""
[_SHIPPED] = [each for each in shipped_rules("behaviour").versions if each.name == "behaviour.rules"]
RULES = msgspec.convert(_SHIPPED.value, BehaviourRules)
AWAKE_BY_DAY = tuple(10 if hour >= 8 else 0 for hour in range(24))


def act(**given_fields: Any) -> RecordedAct:
    plain = {
        "id": "act_1",
        "user_id": "usr_1",
        "kind": "sign_in",
        "result": "done",
        "at": NOON,
        "place": "CN",
    }
    return msgspec.convert({**plain, "device_id": "dev_1", **given_fields}, RecordedAct)


def seen(**given_fields: Any) -> Seen:
    """Somebody who is known: in China, on one device."""
    plain = Seen(id="act_1", any_place=True, place_known=True, any_device=True, device_known=True)
    return msgspec.structs.replace(plain, **given_fields)


def spending(yuan: int, **given_fields: Any) -> RecordedAct:
    return act(kind="transfer", amount_minor=yuan * 100, currency="CNY", **given_fields)


_ABROAD = {"place_known": False, "last_place": "CN", "last_place_at": NOON - timedelta(hours=2)}
_CASES: list[tuple[RecordedAct, Seen, set[Reason]]] = [
    (act(), seen(), set()),
    (act(), Seen(id="act_1"), set()),
    (act(place="FR"), seen(place_known=False), {Reason.NEW_PLACE}),
    (act(place="FR"), seen(place_known=False, any_place=False), set()),
    (act(place="local"), seen(place_known=False), set()),
    (act(place=None), seen(place_known=False), set()),
    (act(place="FR", kind="top_up"), seen(place_known=False), set()),
    (act(place="FR", result="failed"), seen(place_known=False), set()),
    (act(), seen(device_known=False), {Reason.NEW_DEVICE}),
    (act(), seen(device_known=False, any_device=False), set()),
    (act(device_id=None), seen(device_known=False), set()),
    (spending(1), seen(device_known=False), set()),
    (act(place="FR"), seen(**_ABROAD), {Reason.NEW_PLACE, Reason.IMPOSSIBLE_TRAVEL}),
    (act(place="FR"), seen(**{**_ABROAD, "place_known": True}), {Reason.IMPOSSIBLE_TRAVEL}),
    (act(place="HK"), seen(**{**_ABROAD, "place_known": True}), set()),
    (act(place="FR", at=NOON + timedelta(hours=1)), seen(**_ABROAD), {Reason.NEW_PLACE}),
    (spending(1, at=NOON + timedelta(hours=14)), seen(hours=AWAKE_BY_DAY), {Reason.UNUSUAL_HOUR}),
    (spending(1, at=NOON + timedelta(hours=18)), seen(hours=AWAKE_BY_DAY), set()),
    (spending(1, at=NOON + timedelta(hours=12)), seen(hours=AWAKE_BY_DAY), set()),
    (spending(1, at=NOON + timedelta(hours=14)), seen(hours=(1,) * 24), set()),
    (spending(1, at=NOON + timedelta(hours=14)), seen(), set()),
    (
        spending(5_000),
        seen(amount_count=10, amount_high_minor=100_000),
        {Reason.AMOUNT_FAR_ABOVE_HABIT},
    ),
    (spending(4_999), seen(amount_count=10, amount_high_minor=100_000), set()),
    (spending(5_000), seen(amount_count=9, amount_high_minor=100_000), set()),
    (spending(1_999), seen(amount_count=10, amount_high_minor=100), set()),
    (act(kind="top_up", amount_minor=10**9, currency="CNY"), seen(amount_count=10), set()),
    (act(kind="transfer", amount_minor=10**9, currency="USD"), seen(amount_count=10), set()),
    (spending(1), seen(in_short_time=9), {Reason.MANY_IN_SHORT_TIME}),
    (spending(1), seen(in_short_time=8), set()),
    (spending(1), seen(new_payees=6), {Reason.MANY_NEW_PAYEES}),
    (spending(1), seen(new_payees=5), set()),
    (act(result="failed"), seen(failures=4), {Reason.MANY_FAILURES}),
    (act(), seen(failures=4), set()),
    (act(), seen(last_sign_in_at=NOON - timedelta(days=180)), {Reason.SIGN_IN_AFTER_LONG_SILENCE}),
    (act(), seen(last_sign_in_at=NOON - timedelta(days=179)), set()),
    (spending(1), seen(last_sign_in_at=NOON - timedelta(days=400)), set()),
]


@pytest.mark.parametrize(("act", "seen", "reasons"), _CASES)
def test_each_rule_finds_what_it_says_and_nothing_else(
    act: RecordedAct, seen: Seen, reasons: set[Reason]
) -> None:
    assert set(find_unusual(act, seen, RULES).reasons) == reasons


def test_every_reason_has_a_case_that_finds_it() -> None:
    assert set().union(*(reasons for _, _, reasons in _CASES)) == set(Reason)


def test_what_follows_is_the_gravest_of_the_rules_and_of_the_score() -> None:
    device = find_unusual(act(), seen(device_known=False), RULES)
    both = find_unusual(act(place="FR"), seen(device_known=False, place_known=False), RULES)
    three = find_unusual(act(place="FR"), seen(device_known=False, **_ABROAD), RULES)
    assert [(each.score, each.follows) for each in (device, both, three)] == [
        (30, Follows.WARN),
        (60, Follows.ASK_MORE),
        (100, Follows.RESTRICT),
    ]
    milder = msgspec.structs.replace(RULES, steps=(ScoreStep(score=100, follows=Follows.WARN),))
    assert (
        find_unusual(act(place="FR"), seen(device_known=False, **_ABROAD), milder).follows is Follows.ASK_MORE
    )


def test_nobody_is_warned_twice_of_the_same_unless_it_is_graver() -> None:
    unusual = Unusual(reasons=(Reason.NEW_PLACE, Reason.NEW_DEVICE), score=60, follows=Follows.ASK_MORE)
    known = ["new_place", "new_device", "many_failures"]
    assert without_known(unusual, reasons=known, follows=["ask_more"]).follows is Follows.NOTHING
    assert without_known(unusual, reasons=known, follows=["warn"]) == unusual
    assert without_known(unusual, reasons=["new_place"], follows=["restrict"]) == unusual


_FEATURES = st.builds(
    Seen,
    id=st.just("act_1"),
    any_place=st.booleans(),
    place_known=st.booleans(),
    any_device=st.booleans(),
    device_known=st.booleans(),
    last_place=st.sampled_from([None, "CN", "HK", "US"]),
    last_place_at=st.integers(0, 48).map(lambda hours: NOON - timedelta(hours=hours)),
    hours=st.sampled_from([(), AWAKE_BY_DAY, (1,) * 24]),
    amount_count=st.integers(0, 50),
    amount_high_minor=st.integers(0, 10**7),
    in_short_time=st.integers(0, 30),
    failures=st.integers(0, 30),
    new_payees=st.integers(0, 30),
)
_ACTS = st.builds(
    act,
    kind=st.sampled_from(ActKind),
    result=st.sampled_from(ActResult),
    place=st.sampled_from([None, "local", "CN", "HK", "US"]),
    amount_minor=st.integers(1, 10**9),
    currency=st.sampled_from(["CNY", "USD"]),
)


@given(_ACTS, _FEATURES)
def test_nothing_follows_without_a_reason_and_more_reasons_never_weigh_less(
    it: RecordedAct, was: Seen
) -> None:
    found = find_unusual(it, was, RULES)
    assert (found == Unusual()) is (found.reasons == ())
    assert 0 <= found.score <= 100
    worse = find_unusual(
        it, msgspec.structs.replace(was, new_payees=30, failures=30, in_short_time=30), RULES
    )
    assert set(found.reasons) <= set(worse.reasons)
    assert found.score <= worse.score
    assert SEVERITY[found.follows] <= SEVERITY[worse.follows]


@pytest.mark.parametrize(
    ("address", "place", "masked"),
    [
        ("114.114.114.114", "CN", "114.114.0.0/16"),
        ("::ffff:114.114.114.114", "CN", "114.114.0.0/16"),
        ("2001:4860:4860::8888", "US", "2001:4860::/32"),
        ("127.0.0.1", "local", "127.0.0.0/16"),
        ("::1", "local", "::/32"),
        ("10.1.2.3", "local", "10.1.0.0/16"),
        ("100.64.0.1", None, "100.64.0.0/16"),
        ("elsewhere", None, None),
        (None, None, None),
    ],
)
def test_an_address_tells_its_country_and_is_shown_without_its_house(
    address: str | None, place: str | None, masked: str | None
) -> None:
    assert place_of(address) == place
    assert masked_address(address) == masked


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/131.0 Safari/537.36 Edg/131.0",
            ("Edge 131", "Windows"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1",
            ("Safari 18", "iOS"),
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Firefox/132.0", ("Firefox 132", "macOS")),
        (
            "Mozilla/5.0 (Linux; Android 15) Chrome/131.0 Mobile MicroMessenger/8.0",
            ("in another app", "Android"),
        ),
        ("curl/8.5.0", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_a_browser_is_read_as_far_as_it_says_what_it_is(
    said: str | None, read: tuple[str | None, str | None]
) -> None:
    assert browser_and_system(said) == read


def test_every_act_and_reason_has_words_in_both_languages() -> None:
    for chinese in (True, False):
        assert all(act_in_words(kind, chinese=chinese) for kind in ActKind)
        assert reasons_in_words(tuple(Reason), chinese=chinese)
    assert (
        reasons_in_words((Reason.NEW_PLACE, Reason.NEW_DEVICE), chinese=True)
        == "来自新的国家或地区、来自新的设备"
    )
