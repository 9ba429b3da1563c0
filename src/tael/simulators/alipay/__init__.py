"""How does Alipay behave? A stand-in that speaks its v2 gateway, signs as it does, and can be made to fail.

It exists to be disbelieved: nothing here imports our connector, an independent client drives it in our
tests, and where the real one is harder to live with than it need be, so is this one. A code that nobody has
scanned is unknown to inquiries and cannot be closed. A reply can be lost after the work is done. A notice can
come twice, late, out of order, with a wrong amount or a wrong signature.

keys       who signs what: the application's keys, Alipay's keys, and the certificates around them
contents   what can stand in `biz_content`
trades     the book: what each verb does to a trade, as Alipay documents it
transfers  the other book: money of the merchant's own that goes to somebody
gateway    a request's parameters in, a signed answer out
methods    what each method does
messages   the fields of answers and notices
notices    how a notice is written, and repeated until somebody says `success`
cashier    what a payer can do, and what the merchant hears of it
bills      the record of a day
refusals   Alipay's codes and words
channel    all of it, seen through the base's nouns

It is no payment service and moves no money.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tael.simulators.alipay.channel import GATEWAY, AlipaySimulator
from tael.simulators.alipay.keys import SimulatorKeys, prepare_keys


def settings(home: Path, url: str) -> Mapping[str, Any]:
    """What a platform enters as the channel's settings."""
    keys = prepare_keys(home)
    return {"gateway_url": url + GATEWAY, "app_id": keys.app_id, "seller_id": keys.seller_id}


def credentials(home: Path, _url: str) -> Mapping[str, str]:
    """What a platform enters as the channel's credentials: certificate mode, so that it can send transfers."""
    keys = prepare_keys(home)
    return {
        "app_private_key": keys.app_private_pem,
        "alipay_public_keys": keys.alipay_certificate_pem,
        "app_certificate": keys.app_certificate_pem,
        "root_certificates": keys.root_certificate_pem,
    }


__all__ = ["AlipaySimulator", "SimulatorKeys", "credentials", "prepare_keys", "settings"]
