"""What must a platform enter to use WeChat Pay? Where each thing is found: docs/guides/channels-wechatpay.md."""

from collections.abc import Sequence

import msgspec


class WechatPaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown."""

    app_id: str
    """The AppID of the official account, mini-program or app that payers use (`wx…`)."""
    merchant_id: str
    """Ours (`mchid`): notices for another are refused."""
    merchant_serial: str
    """The serial number of our API certificate, as its console shows it."""
    api_url: str = "https://api.mch.weixin.qq.com"
    store_id: str = "0001"
    """The shop where payers show their codes, for payer-presented codes."""
    receiver_relation: str = "PARTNER"
    """What those are to us who get a part of an order: `STORE`, `SUPPLIER`, `PARTNER`, …"""
    payout_scene: str = ""
    """The id of the transfer scene that we were granted (`1000`); without it nothing is paid out."""
    payout_report: tuple[str, ...] = ()
    """What the scene asks us to report of every transfer, by WeChat Pay's names (`活动名称=新会员有礼`)."""

    def __post_init__(self) -> None:
        """Refuse what WeChat Pay would refuse each time."""
        if not all(name and said for name, _, said in map(_parts_of, self.payout_report)):
            raise ValueError("each payout_report is a name, =, and words")

    def reported(self) -> Sequence[tuple[str, str]]:
        """Names and words of `payout_report`."""
        return [(name, said) for name, _, said in map(_parts_of, self.payout_report)]


def _parts_of(report: str) -> tuple[str, str, str]:
    return report.partition("=")


class WechatPayCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed at rest."""

    merchant_private_key_pem: str
    """Ours, to sign requests (`apiclient_key.pem`)."""
    apiv3_key: str
    """The 32 characters with which notices and platform certificates are sealed."""
    wechatpay_keys_pem: str
    """WeChat Pay's, to check answers and notices: as many as are valid now, old and new.

    Platform certificates as they are. A public key follows a line with its id:

        PUB_KEY_ID_0114232134912410000000000000
        -----BEGIN PUBLIC KEY-----
        …
    """

    def __repr__(self) -> str:
        """Without the keys: credentials must not end up in logs and tracebacks."""
        return "WechatPayCredentials(hidden)"
