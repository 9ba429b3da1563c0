"""Which house answers a request: that of live, or that of test mode?"""

from typing import Any

import pytest

from tael.app.modes import TwoHouses


class Heard:
    """A house that remembers where it was asked."""

    def __init__(self) -> None:
        self.places: list[tuple[str, str]] = []

    async def __call__(self, scope: Any, _receive: Any, _send: Any) -> None:
        self.places.append((scope.get("root_path", ""), scope["path"]))


@pytest.mark.parametrize(
    ("path", "key", "answers", "place"),
    [
        ("/v1/payments", "tael_k3vqm2x7ab_secret", "live", ("", "/v1/payments")),
        ("/v1/payments", "tael_test_k3vqm2x7ab_secret", "test", ("", "/v1/payments")),
        ("/test/v1/payments", "tael_k3vqm2x7ab_secret", "test", ("/test", "/v1/payments")),
        ("/test/pay/pay_1/test/x", None, "test", ("/test", "/pay/pay_1/test/x")),
        ("/test", None, "test", ("/test", "/")),
        ("/testing", None, "live", ("", "/testing")),
        ("/pay/pay_1", None, "live", ("", "/pay/pay_1")),
    ],
)
async def test_the_address_or_the_key_says_which_house_answers(
    path: str, key: str | None, answers: str, place: tuple[str, str]
) -> None:
    live, test = Heard(), Heard()
    headers = [] if key is None else [(b"authorization", f"Bearer {key}".encode())]
    scope: Any = {"type": "http", "path": path, "root_path": "", "headers": headers}

    await TwoHouses(live, test)(scope, None, None)  # type: ignore[arg-type]

    heard = {"live": live, "test": test}
    assert heard.pop(answers).places == [place]
    assert not next(iter(heard.values())).places
