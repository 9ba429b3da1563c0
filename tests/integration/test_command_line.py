"""Does `tael` refuse to start with settings that cannot work, once and in words?"""

from pathlib import Path

import pytest

from tests.integration.commands import run_tael


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"TAEL_INTERNAL_LISTEN": "0.0.0.0:8082"}, "0.0.0.0:8082 is a public address"),
        ({"TAEL_PUBLIC_LISTEN": "localhost"}, "TAEL_PUBLIC_LISTEN=localhost is not an IP address and a port"),
        ({"TAEL_PUBLIC_LISTN": "127.0.0.1:8080"}, "did you mean TAEL_PUBLIC_LISTEN"),
    ],
)
async def test_a_platform_that_cannot_serve_is_not_started(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    home = tmp_path / "home"
    ended = await run_tael("run", "all", environment={"TAEL_HOME": str(home), **settings})
    assert ended.status == 2
    assert said in ended.errors
    assert not home.exists()
