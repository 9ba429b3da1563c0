"""Which channels are there? One line each; a channel is offered if its settings are there."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tael.channels.connectors.alipay import AlipayConnector, AlipaySettings
from tael.channels.port import Connector
from tael.foundation.config import ConfigurationRefused, Settings


def configured_connectors(settings: Settings) -> Mapping[str, Connector]:
    """The connectors whose settings are complete; refuses settings that are there in part."""
    makers: list[Callable[[Settings], Connector | None]] = [_alipay]
    return {connector.name: connector for maker in makers if (connector := maker(settings)) is not None}


def _alipay(settings: Settings) -> Connector | None:
    if settings.alipay_gateway_url is None:
        return None
    return AlipayConnector(
        AlipaySettings(
            gateway_url=settings.alipay_gateway_url,
            app_id=_needed(settings.alipay_app_id, "TAEL_ALIPAY_APP_ID"),
            seller_id=_needed(settings.alipay_seller_id, "TAEL_ALIPAY_SELLER_ID"),
            app_private_key_pem=_read(
                settings.alipay_app_private_key_file, "TAEL_ALIPAY_APP_PRIVATE_KEY_FILE"
            ),
            alipay_public_key_pem=_read(settings.alipay_public_key_file, "TAEL_ALIPAY_PUBLIC_KEY_FILE"),
            code_lifetime_seconds=settings.alipay_code_seconds,
        )
    )


def _needed(value: str | None, name: str) -> str:
    if value is None:
        raise ConfigurationRefused(f"{name} is not set, although TAEL_ALIPAY_GATEWAY_URL is.")
    return value


def _read(file: Path | None, name: str) -> str:
    path = _needed(str(file) if file else None, name)
    try:
        return Path(path).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationRefused(f"{name}: {path} cannot be read: {error}.") from error
