"""Who carries messages to people's telephones, mailboxes and browsers? One carrier for each way that is set up.

A way without settings has none: its deliveries are skipped, and the log says so.
"""

from collections.abc import Mapping

from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.messages.model import Way
from tael.messages.model.carrier import Carrier
from tael.messages.transport.mail import MailServer
from tael.messages.transport.push import PushServices
from tael.messages.transport.sms import RECEIPT_PATH, SmsGateway, secret_in

__all__ = ["RECEIPT_PATH", "carriers", "secret_in"]


def carriers(settings: Settings, clock: Clock) -> Mapping[Way, Carrier]:
    """Those that the settings name; raises `ConfigurationRefused` for what cannot be used."""
    made: dict[Way, Carrier] = {}
    if settings.sms_url is not None:
        made[Way.SMS] = SmsGateway(settings, clock)
    if settings.smtp_url is not None:
        made[Way.EMAIL] = MailServer(settings)
    if settings.push_services:
        made[Way.PUSH] = PushServices(settings)
    return made
