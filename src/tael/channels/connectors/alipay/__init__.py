"""How do we speak with Alipay? Over its v2 gateway, signed with RSA2, for codes that a payer scans.

connector   the port's verbs: requests out, answers and notices in
answers     what an answer of the gateway means for one operation
notices     what a notice says, and whether to believe it
meanings    the tables: which of Alipay's codes is a definite answer, and to what
signing     RSA2, and the raw bytes that a signature covers
values      how Alipay writes times, amounts and names
"""

from tael.channels.connectors.alipay.connector import AlipayConnector, AlipaySettings

__all__ = ["AlipayConnector", "AlipaySettings"]
