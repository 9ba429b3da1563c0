"""How do we speak with WeChat Pay? Over APIv3: JSON, signed both ways with RSA, notices sealed with AES-256-GCM.

connector   the port's verbs: conversations out, notices in
settings    what WeChat Pay and the platform must know of one another
scruples    requests that WeChat Pay could never take
requests    the content of the message for each operation
begin       what the payer must do when an order has begun
correspondence  how messages are signed, and which answers are believed
answers     what a signed answer means for one operation
refusals    what an unsigned error means for one operation
meanings    the tables: which of WeChat Pay's words is a definite answer, and to what
notices     what a notice says, and whether to believe it
records     how a day's record and the certificates are fetched
bills       what a record says: trades, and movements of the account
signing     who signed this: our key, WeChat Pay's keys by their number
matrix      what it can do
values      how WeChat Pay writes JSON, times, amounts and numbers
"""

from tael.channels.connectors.wechatpay.connector import WechatPayConnector
from tael.channels.connectors.wechatpay.settings import WechatPayCredentials, WechatPaySettings
from tael.channels.connectors.wechatpay.signing import fingerprints
from tael.channels.port import ConnectorKind

KIND = ConnectorKind(
    name="wechatpay",
    title="WeChat Pay",
    title_zh="微信支付",
    settings=WechatPaySettings,
    credentials=WechatPayCredentials,
    make=WechatPayConnector,
    addresses=lambda settings, _: (settings.api_url,),
    known_of=lambda credentials: {"wechatpay_keys_pem": fingerprints(credentials.wechatpay_keys_pem)},
)

__all__ = ["KIND", "WechatPayConnector", "WechatPayCredentials", "WechatPaySettings"]
