"""How does a push service answer, and what does the browser read? RFC 8030, 8291 and 8292, without their libraries.

POST /push/browsers          {"name", "key"?}: a browser subscribes; gives its `PushSubscription`
POST /push/browsers/forget   {"name"}: it unsubscribes; what is sent to it from now on is answered 410
POST /push/{token}           a message for it: 201
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tael.simulators.base.channel import Stage
from tael.simulators.base.faults import Fault
from tael.simulators.base.wire import Answer, Call, plain
from tael.simulators.messages.inbox import PUSH, Inbox

PREFIX, BROWSERS = "/push/", "/push/browsers"
METHOD = "push"
_MOST_BYTES = 4_096
_LONGEST_TRUST = timedelta(hours=24)
_CURVE = ec.SECP256R1()


class Wanted(msgspec.Struct, frozen=True):
    """A browser that subscribes, or no longer does."""

    name: str
    key: str = ""
    """Whose messages alone it takes: `applicationServerKey`."""


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that subscribed."""

    name: str
    token: str
    secret: str
    """Its private number, in hexadecimal digits."""
    auth: str
    key: str
    here: bool = True


class NotRead(Exception):
    """The message is not for this browser, or not from whom it says."""


class PushService:
    """Takes messages for browsers."""

    def __init__(self, stage: Stage, inbox: Inbox) -> None:
        self._stage = stage
        self._inbox = inbox
        self._browsers = stage.journal.drawer("browser", Browser)

    def answer(self, call: Call) -> Answer | None:
        """What the service says to a request of its protocol."""
        if call.method != "POST" or not call.path.startswith(PREFIX):
            return None
        if call.path == BROWSERS:
            return self._subscribe(msgspec.json.decode(call.body, type=Wanted))
        if call.path == f"{BROWSERS}/forget":
            return self._unsubscribe(msgspec.json.decode(call.body, type=Wanted))
        browser = self._browsers.things.get(call.path.removeprefix(PREFIX))
        if browser is None or not browser.here:
            return Answer(status=410, content_type="", method=METHOD)
        return self._take(browser, call)

    def _subscribe(self, wanted: Wanted) -> Answer:
        secret = ec.generate_private_key(_CURVE)
        browser = Browser(
            name=wanted.name,
            token=secrets.token_urlsafe(24),
            secret=f"{secret.private_numbers().private_value:064x}",
            auth=_written(secrets.token_bytes(16)),
            key=wanted.key,
        )
        self._browsers.keep(browser.token, browser)
        keys = {"p256dh": _written(_point(secret.public_key())), "auth": browser.auth}
        body = {"endpoint": f"{self._stage.url}{PREFIX}{browser.token}", "expirationTime": None, "keys": keys}
        return Answer(status=201, body=msgspec.json.encode(body))

    def _unsubscribe(self, wanted: Wanted) -> Answer:
        for token, browser in self._browsers.things.items():
            if browser.name == wanted.name:
                self._browsers.keep(token, msgspec.structs.replace(browser, here=False))
        return Answer(status=204, content_type="")

    def _take(self, browser: Browser, call: Call) -> Answer:
        if self._stage.faults.strikes(Fault.SYSTEM_ERROR_BEFORE, order=browser.name, method=METHOD):
            return Answer(status=503, content_type="", method=METHOD)
        if not call.headers.get("ttl", "").isdecimal() or call.headers.get("content-encoding") != "aes128gcm":
            return plain("TTL or Content-Encoding is missing", status=400)
        if len(call.body) > _MOST_BYTES:
            return plain("too large", status=413)
        try:
            self._check_sender(browser, call.headers.get("authorization", ""))
            content = _decrypted(browser, call.body)
        except (NotRead, InvalidSignature, InvalidTag, ValueError, KeyError, IndexError) as error:
            return plain(f"not read: {type(error).__name__} {error}", status=403)
        said = msgspec.json.decode(content, type=dict[str, str])
        about = {name: call.headers.get(name, "") for name in ("ttl", "urgency", "topic")}
        self._inbox.put(
            PUSH,
            browser.name,
            id=said.get("id", ""),
            title=said.get("title", ""),
            text=said.get("body", ""),
            headers=about,
            at=self._stage.clock.now(),
        )
        location = {"location": f"{self._stage.url}/messages/{secrets.token_urlsafe(12)}"}
        return Answer(status=201, content_type="", headers=location, order=browser.name, method=METHOD)

    def _check_sender(self, browser: Browser, authorization: str) -> None:
        """A signed token for this service, not for long, of the key that the browser subscribed to."""
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme.lower() != "vapid" or (browser.key and parts["k"] != browser.key):
            raise NotRead("another key")
        head, claims, signature = parts["t"].split(".")
        raw = _read(signature)
        key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, _read(parts["k"]))
        r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
        key.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        said = msgspec.json.decode(_read(claims))
        now = self._stage.clock.now().timestamp()
        if msgspec.json.decode(_read(head))["alg"] != "ES256" or said["aud"] != self._stage.url:
            raise NotRead("for another service")
        if not now < said["exp"] <= now + _LONGEST_TRUST.total_seconds():
            raise NotRead("expired, or for too long")
        if not str(said["sub"]).startswith(("mailto:", "https:")):
            raise NotRead("nobody to reach")


def _decrypted(browser: Browser, body: bytes) -> bytes:
    """What the browser reads: one record, as RFC 8291 has it."""
    salt, sender_length = body[:16], body[20]
    sender, sealed = body[21 : 21 + sender_length], body[21 + sender_length :]
    own = ec.derive_private_key(int(browser.secret, 16), _CURVE)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, sender))
    about = b"WebPush: info\x00" + _point(own.public_key()) + sender
    key = _derived(shared, salt=_read(browser.auth), info=about, length=32)
    content_key = _derived(key, salt=salt, info=b"Content-Encoding: aes128gcm\x00", length=16)
    nonce = _derived(key, salt=salt, info=b"Content-Encoding: nonce\x00", length=12)
    padded = AESGCM(content_key).decrypt(nonce, sealed, None).rstrip(b"\x00")
    if padded[-1:] != b"\x02":
        raise NotRead("no last record")
    return padded[:-1]


def _derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
