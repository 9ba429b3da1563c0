"""Which passwords are too easy, how long is the pause after wrong tries, and when is a session over?"""

from datetime import UTC, datetime, timedelta

import pytest

from tael.foundation.networks import network_of
from tael.identity import proofs, rules
from tael.identity.errors import LoginMalformed, PasswordWeak
from tael.identity.model import Session

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
RFC_6238_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def session(**changed: object) -> Session:
    told: dict[str, object] = {
        "id": "ses_1",
        "login_id": "lgn_1",
        "device": "",
        "address": "",
        "acts_for": None,
        "created_at": NOON,
        "last_seen_at": NOON,
        "proven_at": NOON,
    }
    return Session(**(told | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "password1234",
        "P@ssw0rd2026!",
        "aaaaaaaaaaaaaa",
        "abcdefghijklmnop",
        "123456789012",
        "qwertyuiop12",
        "1qaz2wsx-password",
        "ann-teapot-2026",
        "x" * 129,
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordWeak) as refused:
        rules.check_password(password, about=("ann@teapot.example", "Ann"))
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "password", ["violet-otter-umbrella", "kX9#mQ2$vL7!", "茶壶里的风暴今天不刮大风", "seven wet bricks"]
)
def test_words_that_have_nothing_to_do_with_one_another_will_do(password: str) -> None:
    rules.check_password(password, about=("ann@teapot.example", "Ann"))


def test_the_pause_doubles_with_each_wrong_try_and_has_an_end() -> None:
    pauses = [rules.pause_after(tries, rules.OF_LOGIN) for tries in (4, 5, 6, 7, 60)]
    minute = timedelta(minutes=1)
    assert pauses == [None, minute, 2 * minute, 4 * minute, timedelta(hours=1)]
    for limit in (rules.OF_LOGIN, rules.OF_ADDRESS):
        assert 5 <= limit.tries <= 10


def test_a_session_ends_after_eight_hours_or_fifteen_idle_minutes() -> None:
    assert not rules.has_ended(session(), NOON + timedelta(minutes=14))
    assert rules.has_ended(session(), NOON + timedelta(minutes=15))
    busy = session(last_seen_at=NOON + timedelta(hours=8))
    assert rules.has_ended(busy, NOON + timedelta(hours=8))
    half = session(proven_at=None)
    assert rules.has_ended(half, NOON + rules.HALF_LIFETIME)


def test_a_proof_is_fresh_for_five_minutes() -> None:
    assert rules.is_fresh(session(), NOON + timedelta(minutes=4))
    assert not rules.is_fresh(session(), NOON + timedelta(minutes=5))
    assert not rules.is_fresh(session(proven_at=None), NOON)


def test_codes_are_those_of_the_standard_and_one_half_minute_beside_counts() -> None:
    assert proofs.matching_step(RFC_6238_SECRET, "287082", step=59 // 30) == 1
    assert proofs.matching_step(RFC_6238_SECRET, "081804", step=1111111109 // 30) == 37037036
    for step in (1, 2):
        assert proofs.matching_step(RFC_6238_SECRET, "287082", step=step) == 1
    assert proofs.matching_step(RFC_6238_SECRET, "287082", step=3) is None


def test_a_recovery_code_is_read_however_it_is_written() -> None:
    assert rules.recovery_code_as_kept(" abcd-efgh ijkl-mnop ") == "ABCDEFGHIJKLMNOP"
    assert rules.readable("ABCDEFGHIJKLMNOP") == "ABCD-EFGH-IJKL-MNOP"


@pytest.mark.parametrize(
    "email", ["ann", "ann@", "ann@teapot", "a b@teapot.example", "ann@teapot.example\n.x"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(LoginMalformed):
        rules.check_particulars("Ann", email)


def test_an_address_is_kept_in_small_letters() -> None:
    assert rules.check_particulars(" Ann ", " Ann@Teapot.Example ") == ("Ann", "ann@teapot.example")


def test_whoever_has_many_addresses_of_one_network_is_one() -> None:
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:3::4") != network_of("2001:db8:1:2::4")
    assert network_of("203.0.113.7") != network_of("203.0.113.8")
    assert network_of("::ffff:203.0.113.7") == network_of("203.0.113.7")
    assert network_of("") == ""
