"""Does a session end when nobody is there, and go on while somebody is?"""

from datetime import timedelta
from pathlib import Path

import pytest
from litestar.datastructures import Cookie
from litestar.testing import RequestFactory

from tael.foundation.sealing import Sealer
from tael.testing.clocks import ManualClock
from tael.web.console.session import COOKIE, IDLE, LIFETIME, RENEWED, Sessions
from tael.web.ui.pages import PageRequest

KEY = "tael_staff_key"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sessions(tmp_path: Path, clock: ManualClock) -> Sessions:
    return Sessions(Sealer(tmp_path), clock)


def asked(cookie: Cookie, query: dict[str, str | list[str]] | None = None) -> PageRequest:
    """A browser that asks for a page."""
    request: PageRequest = RequestFactory().get(
        "/console/health", query_params=query, headers={"cookie": f"{COOKIE}={cookie.value}"}
    )
    request.scope["state"] = {}
    return request


def holds(sessions: Sessions, request: PageRequest) -> bool:
    """Whether whoever sends it is the holder of the key."""
    said = sessions.secret_of(request) or ""
    return said != KEY and said.endswith(KEY) and sessions.key_of(request) == KEY


def test_a_session_ends_when_nobody_asks_for_a_quarter_of_an_hour(
    sessions: Sessions, clock: ManualClock
) -> None:
    cookie = sessions.begin(KEY, secure=False)
    clock.move(minutes=14)
    assert holds(sessions, asked(cookie))
    clock.move(minutes=1)
    assert sessions.secret_of(asked(cookie)) is None


def test_whoever_works_stays_signed_in_until_the_day_is_over(sessions: Sessions, clock: ManualClock) -> None:
    cookie, spent = sessions.begin(KEY, secure=False), timedelta(0)
    while spent + IDLE / 2 < LIFETIME:
        clock.move(seconds=(IDLE / 2).total_seconds())
        spent += IDLE / 2
        request = asked(cookie)
        assert holds(sessions, request), spent
        cookie = request.scope["state"][RENEWED]
        assert cookie.max_age == (LIFETIME - spent).total_seconds()
    clock.move(seconds=(IDLE / 2).total_seconds())
    assert sessions.secret_of(asked(cookie)) is None, "eight hours are over"


def test_a_page_that_renews_itself_keeps_nobody_signed_in(sessions: Sessions, clock: ManualClock) -> None:
    cookie = sessions.begin(KEY, secure=False)
    clock.move(minutes=10)
    by_itself = asked(cookie, {"by_itself": "1"})
    assert holds(sessions, by_itself)
    assert RENEWED not in by_itself.scope["state"]


def test_a_session_with_a_code_is_told_from_one_without_and_stays_it(
    sessions: Sessions, clock: ManualClock
) -> None:
    shown, proven = sessions.begin(KEY, secure=False), sessions.begin(KEY, secure=False, proven=True)
    said = [sessions.secret_of(asked(each)) for each in (shown, proven)]
    assert said[0] != said[1]
    clock.move(minutes=10)
    request = asked(proven)
    assert sessions.secret_of(request) == said[1]
    assert sessions.secret_of(asked(request.scope["state"][RENEWED])) == said[1]
