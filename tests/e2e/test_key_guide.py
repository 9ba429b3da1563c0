"""Do the examples of the guide on keys run as they stand?"""

import asyncio
import os
import re
import sys
from pathlib import Path

from tael.app.versions import VERSIONS
from tael.testing.platform import Platform

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "keys.md"


def test_the_guide_lists_every_version() -> None:
    listed = re.findall(r"^\| `(\d{4}-\d\d-\d\d)` \|", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(VERSIONS.known)


async def test_the_examples_of_the_guide_run_from_the_first_to_the_last(
    shop: Platform, tmp_path: Path
) -> None:
    blocks = re.findall(r"^```(bash|python)\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert [kind for kind, _ in blocks] == ["bash", "bash", "bash", "bash", "python", "bash"]
    parts = ["set -euo pipefail"]
    for number, (kind, text) in enumerate(blocks):
        parts.append(f"echo; echo block {number}")
        if kind == "python":
            (tmp_path / "example.py").write_text(text, "utf-8")
            parts.append(f"export KEYID SECRET; {sys.executable} example.py")
        else:
            parts.append(text)
            parts.append("sleep 2.1" if "signing_keys" in text or "must_sign" in text else "true")
    script = tmp_path / "guide.sh"
    script.write_text("\n".join(parts), "utf-8")
    environment = os.environ | {"TAEL": shop.public_url, "KEY": shop.merchant.secret}
    running = await asyncio.create_subprocess_exec(
        "bash",
        str(script),
        cwd=tmp_path,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await running.communicate())[0].decode()
    assert running.returncode == 0, said
    by_block = re.split(r"\nblock \d\n", said)[1:]
    assert '"preset"' not in by_block[0]
    assert '"secret":"tael_' in by_block[0]
    assert '"permission":"keys.write"' in by_block[1]
    assert '"old_secret_until":"20' in by_block[1]
    assert '"sgk_' in by_block[2]
    assert '"state":"created"' in by_block[3]
    assert by_block[4].strip() == "created"
    assert by_block[5].strip() == "tael-version: 2026-11-01"
