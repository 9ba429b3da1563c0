"""Does `tael partners` lead a partner on, and keep one person from deciding alone?"""

import json
from pathlib import Path

from tael.app.supervisor import DatabaseUrls
from tests.integration.test_cli import tael


async def test_a_partner_is_opened_and_looked_at_from_the_terminal(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    where = {"TAEL_DATABASE_URL": urls.application}
    status, output, errors = await tael(
        "partners", "open", "alpha", "--title", "Alpha Pay Ltd.", "--owner", "ann", **where
    )
    assert (status, output.strip()) == (0, "research"), errors
    await tael("partners", "tick", "alpha", "research", "licence_verified", **where)
    paper = tmp_path / "licence.pdf"
    paper.write_bytes(b"%PDF-1.7")
    status, document, errors = await tael(
        "partners", "upload", "alpha", str(paper), "--kind", "licence", "--valid-until", "2199-12-31", **where
    )
    assert document.startswith("doc_"), errors
    status, output, errors = await tael("partners", "advance", "alpha", "--owner", "ann", **where)
    assert status != 0
    assert "products_fit, risks_named" in errors
    assert "Traceback" not in errors
    _, shown, _ = await tael("partners", "show", "alpha", **where)
    assert "alpha (Alpha Pay Ltd.) is in research" in shown
    assert "operator:" in shown
    _, listed, _ = await tael("partners", "scores", **where)
    assert "alpha" in listed


async def test_s11_who_sits_at_the_terminal_does_not_approve_what_they_proposed(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    where = {"TAEL_DATABASE_URL": urls.application}
    await tael("partners", "open", "alpha", "--title", "Alpha", "--owner", "ann", **where)
    change = tmp_path / "change.json"
    change.write_text(json.dumps({"change": "retire", "reason": "too dear"}), "utf-8")
    _, proposal, errors = await tael(
        "partners", "propose", "alpha", str(change), "--note", "see letter", **where
    )
    assert proposal.startswith("prop_"), errors
    status, _, errors = await tael("partners", "decide", proposal.strip(), "--approve", **where)
    assert status != 0
    assert "may not decide" in errors
    change.write_text('{"change": "give_me_money"}', "utf-8")
    status, _, errors = await tael("partners", "propose", "alpha", str(change), "--note", "x", **where)
    assert status != 0
    assert "holds no change" in errors
    assert "Traceback" not in errors
