"""Which code is in what somebody scanned or typed, and does it still say anything?"""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tael.wallets.model.codes import PersonalCode, PersonalCodeKind
from tael.wallets.rules.codes import address_of, personal_code_in, why_not_good

CODE = "mfrggzdfmztwq2lk"
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", [CODE, address_of(CODE, public_url="https://pay.example/tael/"), f"/wallet/to/{CODE}?from=qr#top"]
)
def test_a_code_is_found_in_its_address(text: str) -> None:
    assert personal_code_in(text) == CODE


@pytest.mark.parametrize(
    "text",
    [
        *("", CODE + "\n", CODE.upper(), CODE[:-1], "13812341234", f"https://pay.example/?to={CODE}"),
        *(
            f"http://[/{CODE[:4]}",
            "http://[::1/x",
            "//[/",
            "http://℀.example/",
            "http://x:99999999/\x00",
            "\u202e",
        ),
    ],
)
def test_what_is_none_is_none_whatever_it_is(text: str) -> None:
    assert personal_code_in(text) is None


def test_a_code_is_good_until_its_time_is_over_or_it_is_revoked() -> None:
    printed = PersonalCode(
        code=CODE,
        user_id="usr_01h455vb4pex5vsknk084sn02q",
        kind=PersonalCodeKind.STATIC,
        amount_minor=None,
        currency="CNY",
        note="",
        created_at=NOW,
        expires_at=None,
        revoked_at=None,
    )
    assert why_not_good(printed, NOW + timedelta(days=900)) is None
    assert why_not_good(msgspec.structs.replace(printed, revoked_at=NOW), NOW) is not None
    shown = msgspec.structs.replace(
        printed, kind=PersonalCodeKind.DYNAMIC, expires_at=NOW + timedelta(minutes=1)
    )
    assert why_not_good(shown, NOW + timedelta(seconds=59)) is None
    assert why_not_good(shown, NOW + timedelta(minutes=1)) is not None
