"""Does `tael webhooks` make an endpoint, show it, test it, and say no in a sentence?"""

from pathlib import Path

from tael.app.supervisor import DatabaseUrls
from tests.integration.test_cli import tael
from tests.integration.webhook_scene import open_scene


async def test_an_endpoint_is_looked_after_at_the_terminal(urls: DatabaseUrls, tmp_path: Path) -> None:
    async with open_scene(urls, tmp_path) as scene:
        where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path)}
        status, made, errors = await tael(
            "webhooks", "create", scene.merchant_id, "https://shop.example/x", "--event", "payment.*", **where
        )
        assert status == 0, errors
        endpoint_id, secret = made.split()
        assert secret.startswith("whsec_")
        status, delivery_id, _ = await tael("webhooks", "test", scene.merchant_id, endpoint_id, **where)
        assert (status, delivery_id.startswith("whd_")) == (0, True)
        _, deliveries, _ = await tael("webhooks", "deliveries", scene.merchant_id, endpoint_id, **where)
        assert delivery_id.strip() in deliveries
        assert "pending" in deliveries
        status, _, errors = await tael("webhooks", "create", scene.merchant_id, "https://10.0.0.1/", **where)
        assert status != 0
        assert "public internet" in errors
        assert "Traceback" not in errors
