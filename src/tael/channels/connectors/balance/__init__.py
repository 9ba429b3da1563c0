"""How do we speak with our own wallets? As with any other channel, but through a door of this process instead of the network.

connector   the port's verbs
answers     what an answer means for what was asked
settings    settings, capabilities

The other side is `tael.wallets`. Paying by balance is a channel like others for one reason: whatever goes wrong between the
two is handled as with others. An order without an answer is unknown and inquired, a refund is idempotent by its number, and
the two sides keep books that have to agree.
"""

from tael.channels.connectors.balance.connector import BalanceConnector
from tael.channels.connectors.balance.settings import DOOR, BalanceCredentials, BalanceSettings
from tael.channels.port import ConnectorKind

KIND = ConnectorKind(
    name="balance",
    title="Balance",
    title_zh="余额",
    settings=BalanceSettings,
    credentials=BalanceCredentials,
    make=BalanceConnector,
    addresses=lambda settings, _: (settings.wallet_url,),
)

__all__ = ["DOOR", "KIND", "BalanceConnector", "BalanceCredentials", "BalanceSettings"]
