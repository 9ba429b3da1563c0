"""How is a message to WeChat Pay signed, and which answer is its own?"""

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from tael.channels.connectors.wechatpay.settings import WechatPayCredentials, WechatPaySettings
from tael.channels.connectors.wechatpay.signing import ChannelKeys, Signer, Unsealer
from tael.channels.connectors.wechatpay.values import read_json
from tael.channels.port import HttpRequest, HttpResponse

T = TypeVar("T")
USUAL_ANSWER = 1_000_000


class Correspondence:
    """The keys of both sides, and what is done with them."""

    def __init__(self, settings: WechatPaySettings, credentials: WechatPayCredentials) -> None:
        """Load the keys; raises `ValueError` with words for people if they cannot be used."""
        self._api_url = settings.api_url.rstrip("/")
        self.signer = Signer(
            credentials.merchant_private_key_pem,
            merchant_id=settings.merchant_id,
            serial=settings.merchant_serial,
        )
        self.unsealer = Unsealer(credentials.apiv3_key)
        self.keys = ChannelKeys(credentials.wechatpay_keys_pem)

    def get(self, target: str, now: datetime, *, largest_answer: int = USUAL_ANSWER) -> HttpRequest:
        """A question; `target` is its path and query."""
        return self._signed("GET", target, b"", now, largest_answer)

    def post(self, target: str, content: dict[str, Any], now: datetime) -> HttpRequest:
        """An order to do something."""
        return self._signed("POST", target, msgspec.json.encode(content), now, USUAL_ANSWER)

    def _signed(self, method: str, target: str, body: bytes, now: datetime, largest: int) -> HttpRequest:
        return HttpRequest(
            method=method,
            url=self._api_url + target,
            headers={
                "authorization": self.signer.authorization(method, target, body, now=now),
                "accept": "application/json",
                "user-agent": "tael",
                "wechatpay-serial": self.keys.newest(now).serial,
            }
            | ({"content-type": "application/json"} if body else {}),
            body=body,
            largest_answer=largest,
        )

    def check(self, response: HttpResponse, now: datetime) -> None:
        """Raise `Disbelieved` unless the answer is WeChat Pay's, of now."""
        self.keys.check(response.headers, response.body, now=now)

    def believed(self, response: HttpResponse, kind: type[T], now: datetime) -> T:
        """The content of an answer that is WeChat Pay's; raises `Disbelieved` or `Unreadable`."""
        self.check(response, now)
        return read_json(response.body, kind)


def succeeded(response: HttpResponse) -> bool:
    """Whether it is an answer that has to be signed; all others are errors, which are not."""
    return 200 <= response.status < 300
