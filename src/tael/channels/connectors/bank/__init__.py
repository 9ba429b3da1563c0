"""How do we speak with a bank? By files of ISO 20022, over HTTPS.

connector   the port's verbs
transfers   pain.001: a transfer of ours
news        pain.002, camt.054, pacs.004: what arrived, and how our transfers fare
outcomes    what follows from the news, taken together
statements  camt.053: the record of a day
mailbox     how the bank's messages are listed
accounts    virtual account numbers, and other people's accounts
meanings    the tables: states, reasons of refusals and returns
xml         reading what may come from an enemy
offers      settings, credentials, capabilities
"""

from tael.channels.connectors.bank.connector import BankConnector
from tael.channels.connectors.bank.offers import BankCredentials, BankSettings
from tael.channels.port import ConnectorKind

KIND = ConnectorKind(
    name="bank",
    title="Bank transfer (ISO 20022)",
    title_zh="银行转账（ISO 20022）",
    settings=BankSettings,
    credentials=BankCredentials,
    make=BankConnector,
    addresses=lambda settings, _: (settings.payments_url, settings.mailbox_url),
)

__all__ = ["KIND", "BankConnector", "BankCredentials", "BankSettings"]
