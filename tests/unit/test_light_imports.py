"""Does a process import what it does, and no more?"""

import subprocess
import sys

import pytest

HEAVY = ("litestar", "tael.app.house", "tael.payments.api", "tael.web.ui", "tael.simulators.base")
"""What takes a second to import between them."""


@pytest.mark.parametrize("light", ["tael.app.cli", "tael.app.supervisor", "tael.app.process"])
def test_the_command_line_and_the_supervisor_import_nothing_of_what_their_children_do(light: str) -> None:
    assert _imported_with(light) & set(HEAVY) == set()


def test_the_vault_s_process_holds_no_house() -> None:
    assert _imported_with("tael.app.vault_process") & {"tael.app.house", "tael.payments.api"} == set()


@pytest.mark.parametrize("played", ["tael.app.stand_ins", "tael.app.simulated"])
def test_those_who_play_channels_hold_no_house(played: str) -> None:
    assert _imported_with(played) & {"tael.app.house", "tael.payments.api"} == set()


def _imported_with(module: str) -> set[str]:
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(told.stdout.split())
