"""Where do messages of test mode go? To a stand-in for gateway, mail server and push service: nobody real is ever written to."""

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tael.app.stand_in_places import other_stand_ins
from tael.foundation.config import TEST, Settings
from tael.simulators.registry import PROVIDERS

POST_OFFICE = "messages"


def with_post_office(settings: Settings) -> Settings:
    """The settings of a house; that of test mode writes to the stand-in alone."""
    if settings.mode != TEST:
        return settings
    stand_in = other_stand_ins(settings)[POST_OFFICE]
    return leading_to(settings, stand_in.url, stand_in.home)


def leading_to(settings: Settings, url: str, home: Path) -> Settings:
    """The settings of a house that writes to a stand-in at this address."""
    [files] = PROVIDERS[POST_OFFICE].files(home, url).values()
    return msgspec.structs.replace(
        settings,
        sms_url=files["TAEL_SMS_URL"],
        sms_key_file=Path(files["TAEL_SMS_KEY_FILE"]),
        smtp_url=files["TAEL_SMTP_URL"],
        push_services=files["TAEL_PUSH_SERVICES"],
        push_contact=f"mailto:operator@{urlsplit(url).hostname}.invalid",
    )
