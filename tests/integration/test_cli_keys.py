"""Does `tael keys` make a new key, seal everything anew with it, and say so?"""

from pathlib import Path

from tael.app.supervisor import DatabaseUrls
from tael.foundation.sealing import Sealer
from tests.integration.test_cli import tael


async def test_the_terminal_changes_the_keys_and_says_what_was_sealed_anew(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path)}
    status, before, errors = await tael("keys", "state", **where)
    assert (status, before.strip()) == (0, "sealing key 1, index key 1; 0 fields under older keys"), errors
    status, said, errors = await tael("keys", "rotate", "--indexes", **where)
    assert (status, said.strip()) == (0, "0 fields sealed anew"), errors
    assert "made sealing key 2 and index key 2" in errors
    assert Sealer(tmp_path / "keys").newest_key() == 2
    status, said, _ = await tael("keys", "reseal", **where)
    assert (status, said.strip()) == (0, "0 fields sealed anew")
