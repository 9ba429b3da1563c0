"""How do we speak with UnionPay? Over its ACP gateway, version 5.1.0, each message signed with a certificate.

connector   the port's verbs
asking      the fields of each message of ours
answers     what an answer means for what was asked
notices     what a notice says, and whether to believe it
clearing    the file of a day
meanings    the table: which of UnionPay's codes is a definite answer, and to what
forms       how messages are taken apart
signing     what is signed, by whom, and whose certificate counts
offers      settings, credentials, capabilities
values      how UnionPay writes times, amounts and numbers
"""

from tael.channels.connectors.unionpay.connector import UnionPayConnector
from tael.channels.connectors.unionpay.offers import UnionPayCredentials, UnionPaySettings
from tael.channels.port import ConnectorKind

KIND = ConnectorKind(
    name="unionpay",
    title="UnionPay",
    title_zh="银联",
    settings=UnionPaySettings,
    credentials=UnionPayCredentials,
    make=UnionPayConnector,
    addresses=lambda settings, _: (settings.gateway_url, settings.files_url),
)

__all__ = ["KIND", "UnionPayConnector", "UnionPayCredentials", "UnionPaySettings"]
