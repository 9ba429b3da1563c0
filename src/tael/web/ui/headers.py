"""What may a browser do with our pages? As little as they need, said in headers.

The page's one script carries a nonce; there is no inline style, no third party, no HTML sink
(Trusted Types with no policy at all), no frame, no plug-in.
"""

import secrets

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

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def new_nonce() -> str:
    """128 random bits for one response."""
    return secrets.token_urlsafe(16)


def content_security_policy(nonce: str) -> str:
    """The policy of a page whose script elements carry `nonce`."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def page_headers(nonce: str) -> dict[str, str]:
    """The headers of an HTML page; `no-store`, because a page shows the state of somebody's money."""
    return {
        **_ALWAYS,
        "Content-Security-Policy": content_security_policy(nonce),
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FORBIDDEN_FEATURES),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def file_headers(cache_control: str) -> dict[str, str]:
    """The headers of everything that is not a page: a file, a code, a state document."""
    return {
        **_ALWAYS,
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cache-Control": cache_control,
    }
