"""What does a browser say that it is, in words for people? Read plainly; what nobody knows is not guessed."""

import re
from functools import lru_cache

_BROWSERS = (
    (re.compile(r"MicroMessenger/|DingTalk/|QQ/|Weibo"), "in another app"),
    (re.compile(r"Edg(?:A|iOS)?/(\d+)"), "Edge"),
    (re.compile(r"(?:OPR|OPiOS)/(\d+)"), "Opera"),
    (re.compile(r"SamsungBrowser/(\d+)"), "Samsung Internet"),
    (re.compile(r"UC?Browser/(\d+)"), "UC Browser"),
    (re.compile(r"(?:Firefox|FxiOS)/(\d+)"), "Firefox"),
    (re.compile(r"(?:Chrome|CriOS)/(\d+)"), "Chrome"),
    (re.compile(r"Version/(\d+)\S* (?:Mobile/\S+ )?Safari/"), "Safari"),
)
"""In this order: most of them call themselves by the names below them, too."""
_SYSTEMS = (
    (re.compile(r"HarmonyOS|OpenHarmony"), "HarmonyOS"),
    (re.compile(r"iPhone|iPad|iPod"), "iOS"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"Windows NT|Windows Phone"), "Windows"),
    (re.compile(r"Mac OS X|Macintosh"), "macOS"),
    (re.compile(r"CrOS"), "ChromeOS"),
    (re.compile(r"Linux|X11"), "Linux"),
)


@lru_cache(maxsize=1024)
def browser_and_system(user_agent: str | None) -> tuple[str | None, str | None]:
    """Such as `Chrome 131` and `Android`; none for what it does not say."""
    text = (user_agent or "")[:512]
    system = next((name for pattern, name in _SYSTEMS if pattern.search(text)), None)
    for pattern, name in _BROWSERS:
        if found := pattern.search(text):
            version = f" {found[1]}" if pattern.groups else ""
            return f"{name}{version}", system
    return None, system
