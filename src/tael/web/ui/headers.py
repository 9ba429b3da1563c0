"""What may a browser do with our pages? As little as they need, said in headers.

The page's one script carries a nonce; there is no inline style, no third party, no HTML sink
(Trusted Types with no policy at all), no frame, no plug-in. A surface that people install beside their apps has a manifest
and a worker, too, and one policy that makes the address of that worker and of nothing else.
"""

import secrets
from collections.abc import Collection

_FORBIDDEN_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)

_NOBODY = "'none'"
WORKER_POLICY = "tael-worker"
"""The Trusted Types policy by which an installable page names its worker."""
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def new_nonce() -> str:
    """128 random bits for one response."""
    return secrets.token_urlsafe(16)


def content_security_policy(
    nonce: str, *, framed_by: str = "", frames: str = "", leads_to: str = "", installable: bool = False
) -> str:
    """The policy of a page whose script elements carry `nonce`.

    framed_by     the one origin whose pages may embed it
    frames        the one origin that it embeds pages of
    leads_to      the one origin, beside our own, to which the answer of its form may lead
    installable   whether it has a manifest and a worker
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            f"form-action 'self' {leads_to}".rstrip(),
            *([f"frame-src {frames}"] if frames else []),
            *(["manifest-src 'self'", "worker-src 'self'"] if installable else []),
            "base-uri 'none'",
            f"frame-ancestors {framed_by or _NOBODY}",
            "require-trusted-types-for 'script'",
            f"trusted-types {WORKER_POLICY if installable else _NOBODY}",
        )
    )


def page_headers(
    nonce: str,
    *,
    framed_by: str = "",
    frames: str = "",
    leads_to: str = "",
    installable: bool = False,
    uses: Collection[str] = (),
) -> dict[str, str]:
    """The headers of an HTML page; `no-store`, because a page shows the state of somebody's money.

    uses   what of a device it may use itself: `camera`
    """
    allowed = {feature: "(self)" if feature in uses else "()" for feature in _FORBIDDEN_FEATURES}
    return {
        **_ALWAYS,
        "Content-Security-Policy": content_security_policy(
            nonce, framed_by=framed_by, frames=frames, leads_to=leads_to, installable=installable
        ),
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}={whom}" for feature, whom in allowed.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def file_headers(cache_control: str, *, connects: bool = False) -> dict[str, str]:
    """The headers of everything that is not a page: a file, a code, a state document. connects: a worker, which fetches from us."""
    policy = ["default-src 'none'", *(["connect-src 'self'"] if connects else []), "frame-ancestors 'none'"]
    return {
        **_ALWAYS,
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": cache_control,
    }
