"""How does Tael speak with Lantern, a wallet that we have invented? A whole connector, as a package of its own.

signatures  who says what: HMAC over everything that matters
answers     what Lantern's answers and notices mean: the tables, and the checks before anything is believed
connector   the port's verbs, and what the channel can do
simulator   a stand-in for Lantern, on the base that Tael's own simulators stand on
"""

from tael.channels.port import ConnectorKind
from tael_lantern.connector import LanternConnector, LanternCredentials, LanternSettings

KIND = ConnectorKind(
    name="lantern",
    title="Lantern",
    title_zh="灯笼钱包",
    settings=LanternSettings,
    credentials=LanternCredentials,
    make=LanternConnector,
    addresses=lambda settings, _: (settings.base_url,),
)

__all__ = ["KIND"]
