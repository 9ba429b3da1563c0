"""How do we speak with Alipay? Over its v2 gateway, signed with RSA2, in every scene that it offers.

connector   the port's verbs: conversations out, notices in, records of a day
terms       what has to be entered for it, and what it can do
contents    what we ask: the content of each method
answers     what an answer of the gateway means for one operation
movements   the same for splits and transfers
notices     what a notice says, and whether to believe it
bills       what stands in a record of a day
meanings    the tables: which of Alipay's codes is a definite answer, to what, and of which kind
signing     RSA2, the raw bytes that a signature covers, and the names of certificates
values      how Alipay writes times, amounts and names
"""

from tael.channels.connectors.alipay.connector import AlipayConnector
from tael.channels.connectors.alipay.signing import fingerprints
from tael.channels.connectors.alipay.terms import AlipayCredentials, AlipaySettings
from tael.channels.port import ConnectorKind

KIND = ConnectorKind(
    name="alipay",
    title="Alipay",
    title_zh="支付宝",
    settings=AlipaySettings,
    credentials=AlipayCredentials,
    make=AlipayConnector,
    addresses=lambda settings, _: (settings.gateway_url,),
    known_of=lambda credentials: {"alipay_public_keys": fingerprints(credentials.alipay_public_keys)},
)

__all__ = ["KIND", "AlipayConnector", "AlipayCredentials", "AlipaySettings"]
