"""Can an operator give out, bind, rotate and take back keys at the terminal?"""

from pathlib import Path

from tael.app.supervisor import DatabaseUrls
from tests.integration.test_cli import tael
from tests.unit.signing_desk import make_signer


async def test_keys_of_a_merchant_are_looked_after_at_the_terminal(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    where = {"TAEL_DATABASE_URL": urls.application}

    async def keys(*words: str) -> tuple[int, str, str]:
        status, said, errors = await tael("merchants", "keys", *words, **where)
        return status, said.strip(), errors

    _, merchant, _ = await tael("merchants", "create", "--name", "Teapot", **where)
    status, secret, errors = await keys(
        "create", merchant.strip(), "--name", "Shop", "--scope", "payments.read", "--days", "30"
    )
    assert (status, secret.startswith("tael_")) == (0, True), errors
    prefix = secret.rpartition("_")[0]
    status, turned, _ = await keys("rotate", prefix, "--overlap-hours", "1")
    assert (status, turned.rpartition("_")[0], turned == secret) == (0, prefix, False)

    public = tmp_path / "public.pem"
    public.write_text(make_signer("ed25519").public_pem)
    status, key_id, errors = await keys("signing", "add", prefix, str(public))
    assert (status, key_id.startswith("sgk_")) == (0, True), errors
    assert (await keys("change", prefix, "--must-sign", "--address", "203.0.113.0/24"))[0] == 0
    assert (await keys("signing", "revoke", prefix, key_id))[0] == 0

    _, listed, _ = await keys("list", merchant.strip())
    for shown in (prefix, "Shop", "payments.read"):
        assert shown in listed
    assert (await keys("revoke", prefix))[0] == 0
    for wrong, says in (
        (("create", merchant.strip(), "--preset", "everything"), "Presets are"),
        (("create", merchant.strip(), "--address", "here"), "is not a network"),
        (("rotate", prefix), "was revoked"),
        (("signing", "add", prefix, str(public), "--algorithm", "none"), "Algorithms are"),
    ):
        status, _, errors = await keys(*wrong)
        assert status != 0
        assert says in " ".join(errors.split())
        assert "Traceback" not in errors
