"""Can a merchant be brought in at the terminal, and a signed agreement be checked by whoever kept it?"""

from pathlib import Path

import msgspec

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.testing.merchants import MerchantsDesk
from tests.integration.test_cli import tael


async def test_a_kept_agreement_is_verified_at_the_terminal_and_a_forged_one_refused(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    database = Database(urls.application, role="tael_app")
    await database.open()
    desk = MerchantsDesk(database, tmp_path)
    merchant = await desk.applicant()
    signed = await desk.do(merchant.id, desk.signature("en"))
    await database.close()
    kept, forged = tmp_path / "kept.json", tmp_path / "forged.json"
    kept.write_bytes(msgspec.json.encode(signed))
    forged.write_bytes(msgspec.json.encode(msgspec.structs.replace(signed, text=signed.text + "!")))

    verify = ("merchants", "agreement", "verify")
    status, told, errors = await tael(*verify, str(kept), "--key", desk.key.name)
    assert (status, "Blue Teapot" in told) == (0, True), errors
    status, _, errors = await tael(*verify, str(forged), "--key", desk.key.name)
    assert (status, "The text is not the one that was signed." in errors) == (1, True)
    status, _, errors = await tael(*verify, str(kept), TAEL_HOME=str(tmp_path / "elsewhere"))
    assert (status, "none of the trusted keys" in errors) == (1, True)


async def test_a_merchant_is_let_in_at_the_terminal_step_by_step(urls: DatabaseUrls, tmp_path: Path) -> None:
    where = {"TAEL_DATABASE_URL": urls.application}
    status, merchant_id, errors = await tael("merchants", "apply", "--name", "Blue Teapot", **where)
    assert (status, merchant_id.startswith("mer_")) == (0, True), errors
    status, listed, _ = await tael("merchants", "list", "--application", "draft", **where)
    assert merchant_id.strip() in listed
    change = tmp_path / "change.json"
    change.write_text('{"change": "resume"}', "utf-8")
    status, _, errors = await tael(
        "merchants", "propose", merchant_id.strip(), str(change), "--note", "please", **where
    )
    assert (status != 0, "once its application is approved" in errors) == (True, True), errors
    status, shown, _ = await tael("merchants", "show", merchant_id.strip(), **where)
    assert '"missing": [' in shown
