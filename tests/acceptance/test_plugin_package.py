"""Can somebody else's package bring a channel? The example is installed as a package, and certified by the command."""

import asyncio
import json
import os
import sys
import sysconfig
from pathlib import Path

import pytest
from tael_lantern import KIND
from tael_lantern.simulator import MERCHANT

from tael.acceptance.model import Verdict, verify_report
from tael.foundation.signing import trusted_keys_in
from tests.acceptance.conftest import lantern_with
from tests.integration.commands import run_tael

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "connector-plugin"
SCRIPTS = Path(sysconfig.get_path("scripts"))


async def _run(*command: str | Path, **environment: str) -> tuple[int, str]:
    """What a command ends with, and all that it says."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        env=os.environ | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.fixture(scope="module")
async def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plug-in as `pip` would lay it out; nothing is fetched from anywhere."""
    folder = tmp_path_factory.mktemp("site")
    options = ("--quiet", "--offline", "--no-deps", "--no-build-isolation", "--python", sys.executable)
    status, said = await _run(SCRIPTS / "uv", "pip", "install", *options, "--target", folder, PLUGIN)
    assert status == 0, said
    return folder


async def _tael(installed: Path, home: Path, *arguments: str | Path) -> tuple[int, str]:
    return await _run(
        SCRIPTS / "tael",
        "channels",
        *arguments,
        PYTHONPATH=str(installed),
        TAEL_HOME=str(home),
        COLUMNS="200",
    )


async def _verified(home: Path, report: Path) -> tuple[int, str]:
    """What somebody is told about a report who does not have the plug-in."""
    told = await run_tael("channels", "verify-report", str(report), environment={"TAEL_HOME": str(home)})
    return told.status, told.output + told.errors


async def test_an_installed_plugin_is_certified_and_its_report_is_believed(
    installed: Path, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    some = ("--only", "pay.code,refund.part,notice.paid,probe")
    status, said = await _tael(installed, tmp_path / "home", "accept", "lantern", "--report", reports, *some)
    assert status == 0, said
    assert "0 double effects, 0 outcomes guessed" in said
    (file,) = reports.glob("*.json")
    assert len(list(reports.glob("*.html"))) == 1

    report = verify_report(
        file.read_bytes(), trusted=trusted_keys_in(tmp_path / "home" / "keys", "acceptance")
    )
    assert (report.channel, report.connector_version, report.against) == ("lantern", "1.0.0", "simulator")
    assert report.count(Verdict.PASSED) > 50

    status, said = await _verified(tmp_path / "home", file)
    assert status == 0, said
    assert report.key in said

    content = json.loads(file.read_bytes())
    content["connector_version"] = "2.0.0"
    file.write_text(json.dumps(content), encoding="utf-8")
    status, said = await _verified(tmp_path / "home", file)
    assert status == 2
    assert "changed after it was signed" in said


def _write_settings(folder: Path, url: str) -> Path:
    """A file as somebody writes it for a sandbox: the secret lies beside it."""
    (folder / "secret.txt").write_text((folder / "lantern" / "secret").read_text(), "utf-8")
    file = folder / "lantern.toml"
    file.write_text(
        f"[settings]\nbase_url = '{url}'\nmerchant = '{MERCHANT}'\n"
        "[credentials]\nsecrets = '@secret.txt'\n[props]\namount_minor = 1\n",
        "utf-8",
    )
    return file


async def _tael_there_already(installed: Path, home: Path, *arguments: str | Path) -> tuple[int, str]:
    """The same without starting Python anew."""
    environment = {"PYTHONPATH": str(installed), "TAEL_HOME": str(home)}
    told = await run_tael("channels", *map(str, arguments), environment=environment)
    return told.status, told.output + told.errors


async def test_a_sandbox_named_by_a_file_is_tried_without_anybody_paying(
    installed: Path, tmp_path: Path
) -> None:
    async with lantern_with(KIND.make, tmp_path / "lantern") as (url, _):
        file = _write_settings(tmp_path, url)
        live = ("accept", "lantern", "--live", "--settings", file)
        status, said = await _tael_there_already(installed, tmp_path / "home", *live)
        assert status == 0, said
        (report,) = (tmp_path / "home" / "acceptance").glob("*.json")
        assert json.loads(report.read_bytes())["against"] == "sandbox"

        there = ("accept", "lantern", "--simulator-url", url, "--settings", file, "--only", "refund.part")
        status, said = await _tael_there_already(installed, tmp_path / "home", *there)
        assert status == 0, said
        assert "refund.part" in said

    status, said = await _tael_there_already(installed, tmp_path / "home", "accept", "lantern", "--live")
    assert status == 2
    assert "--settings" in said


async def test_a_channel_that_nobody_knows_is_named_with_those_that_there_are(
    installed: Path, tmp_path: Path
) -> None:
    status, said = await _tael_there_already(installed, tmp_path / "home", "accept", "latern")
    assert status == 2
    assert "There is no connector latern." in said
    assert "lantern" in said
