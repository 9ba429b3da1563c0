"""How does WeChat Pay behave? A stand-in that speaks APIv3, signs and seals as it does, and can be made to fail.

It exists to be disbelieved: nothing here imports our connector, and an independent client drives it in our tests.
Answers that say yes are signed, errors are not. A refund is on its way before it has arrived. A code that a payer
shows is good for one minute and one order. Records are ready at ten the next morning. It departs from the real one
in a single point: codes lead to a page of ours, because no phone would open the real one's without its app.

keys       who signs and seals what
gateway    a signed request in, a signed answer out
routes     which address does what
orders     what each verb does to an order
shares     how an order's money is shared
transfers  how money reaches somebody's balance
bills      the records of a day
messages   the fields of answers and notices
notices    how a notice is sealed, signed and repeated
refusals   how it says no
nouns      what it keeps
payers     what payers do, and what the merchant is told
simulator  all of it put together

It is no payment service and moves no money.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tael.simulators.wechatpay.keys import (
    APP_ID,
    MERCHANT_ID,
    MERCHANT_SERIAL,
    PUBLIC_KEY_ID,
    SimulatorKeys,
    prepare_keys,
)
from tael.simulators.wechatpay.simulator import WechatPaySimulator

__all__ = [
    "APP_ID",
    "MERCHANT_ID",
    "MERCHANT_SERIAL",
    "PUBLIC_KEY_ID",
    "SimulatorKeys",
    "WechatPaySimulator",
    "credentials",
    "prepare_keys",
    "settings",
]


def settings(_home: Path, url: str) -> Mapping[str, Any]:
    """What a platform enters as the channel's settings."""
    return {
        "app_id": APP_ID,
        "merchant_id": MERCHANT_ID,
        "merchant_serial": MERCHANT_SERIAL,
        "api_url": url,
        "payout_scene": "1000",
        "payout_report": ["活动名称=模拟转账", "奖励说明=模拟转账"],
    }


def credentials(home: Path, _url: str) -> Mapping[str, str]:
    """What a platform enters as the channel's credentials."""
    keys = prepare_keys(home)
    public_key = f"{PUBLIC_KEY_ID}\n{keys.public_key_pem}"
    return {
        "merchant_private_key_pem": keys.merchant_private_pem,
        "apiv3_key": keys.apiv3_key,
        "wechatpay_keys_pem": "\n".join((public_key, *keys.certificate_pems)),
    }
