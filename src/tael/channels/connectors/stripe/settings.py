"""What must we be told to speak with Stripe? Where it is, who we are there, and the secrets of both directions."""

import re

import msgspec

API_VERSION = "2026-10-28.endive"
"""The shape of every message, pinned: Stripe changes it only when we ask for another."""

_KEY = re.compile(r"(?:sk|rk)_(live|test)_[0-9A-Za-z_]{8,250}")
_WEBHOOK_SECRET = re.compile(r"whsec_[0-9A-Za-z+/=_-]{16,250}")
_URL = re.compile(r"https?://[0-9A-Za-z.\-\[\]:]{1,200}(?:/[0-9A-Za-z._~/-]{0,100})?")
_LOCAL = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?(?:/.*)?")


_API_URL, _FILES_URL = "https://api.stripe.com", "https://files.stripe.com"


class StripeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where Stripe is and who we are there."""

    api_url: str = _API_URL
    account_id: str = ""
    """`acct_…`: events that name another account are refused. Empty: only events that name none are taken."""
    return_url: str = ""
    """Where payers come back to, for orders that do not say."""


class StripeCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets of both directions."""

    secret_key: str
    """`sk_live_…`, or a restricted key `rk_live_…`: says who we are to Stripe."""
    webhook_secrets: str
    """`whsec_…`: proves that an event is Stripe's. Several, apart by spaces or lines, while they are being changed."""

    def __repr__(self) -> str:
        """Without the secrets: credentials end up in tracebacks."""
        return "StripeCredentials(hidden)"


class Access(msgspec.Struct, frozen=True):
    """Settings and credentials that have been looked at and can be used."""

    api_url: str
    account_id: str
    return_url: str
    secret_key: str
    live: bool
    """Whether real money moves; every object of Stripe's says the same of itself."""
    webhook_secrets: tuple[bytes, ...]

    @property
    def files_url(self) -> str:
        """Where files go: Stripe takes them at a place of their own."""
        return files_url_of(self.api_url)

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"Access(api_url={self.api_url!r}, live={self.live}, secrets hidden)"


def files_url_of(api_url: str) -> str:
    """Where files go, by where the API is."""
    return _FILES_URL if api_url.rstrip("/") == _API_URL else api_url


def look_at(settings: StripeSettings, credentials: StripeCredentials) -> Access:
    """What both say together; raises `ValueError` with words for people if that cannot be used."""
    key = _KEY.fullmatch(credentials.secret_key.strip())
    if key is None:
        raise ValueError("The secret key must look like sk_live_…, sk_test_…, rk_live_… or rk_test_….")
    secrets = credentials.webhook_secrets.replace(",", " ").split()
    if not secrets or not all(_WEBHOOK_SECRET.fullmatch(secret) for secret in secrets):
        raise ValueError(
            "The webhook secrets must look like whsec_…, apart by spaces; there must be at least one."
        )
    url = settings.api_url.rstrip("/")
    if not _URL.fullmatch(url):
        raise ValueError("The address of Stripe's API must look like https://api.stripe.com.")
    live = key[1] == "live"
    if live and url.startswith("http:") and not _LOCAL.fullmatch(url):
        raise ValueError("Answers carry no signature, so with a live key the address must begin with https.")
    return Access(
        api_url=url,
        account_id=settings.account_id,
        return_url=settings.return_url,
        secret_key=credentials.secret_key.strip(),
        live=live,
        webhook_secrets=tuple(secret.encode() for secret in secrets),
    )
