"""Does `tael` refuse to start with settings that cannot work, once and in words?"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest


def tael(*arguments: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment: Mapping[str, str] = os.environ | {"TAEL_HOME": str(home)} | settings
    command = [sys.executable, "-m", "tael.app.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"TAEL_INTERNAL_LISTEN": "0.0.0.0:8082"}, "0.0.0.0:8082 is a public address"),
        ({"TAEL_PUBLIC_LISTEN": "localhost"}, "TAEL_PUBLIC_LISTEN=localhost is not an IP address and a port"),
        ({"TAEL_PUBLIC_LISTN": "127.0.0.1:8080"}, "did you mean TAEL_PUBLIC_LISTEN"),
    ],
)
def test_a_platform_that_cannot_serve_is_not_started(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    ended = tael("run", "all", home=tmp_path / "home", **settings)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not (tmp_path / "home").exists()
