"""How does the wallet become an app on a phone? Its manifest, its worker, and the page for when there is no network.

The worker keeps files with a hash in their address, and one page that says nothing of anybody: no page with money is ever kept.
"""

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.web.ui.doors import open_page
from tael.web.ui.headers import file_headers
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import UI_ASSETS, PageRequest, reader_of
from tael.web.wallet.acting import PAGES, root_of, show_door
from tael.web.wallet.session import HOME

KEPT = ("tael.css", "work.css", "wallet.css", "wallet.js", "mark.svg")
"""The files that the page without a network needs."""
_WORKER = PAGES.assets["worker.js"]
_SIZES = (192, 512)


def installing_routes() -> list[HTTPRouteHandler]:
    """Three addresses."""

    @get(f"{HOME}/app.webmanifest", opt={OPTION: PUBLIC}, include_in_schema=False)
    async def show_manifest(request: PageRequest) -> Response[bytes]:
        return Response(
            msgspec.json.encode(_manifest(request)),
            media_type="application/manifest+json",
            headers=file_headers("public, max-age=3600"),
        )

    @get(f"{HOME}/worker.js", opt={OPTION: PUBLIC}, include_in_schema=False)
    async def show_worker(request: PageRequest) -> Response[bytes]:
        offline = f"{root_of(request)}{HOME}/offline"
        kept = [*(_address(name) for name in KEPT), offline]
        told = f"const KEPT = {msgspec.json.encode(kept).decode()}, OFFLINE = {msgspec.json.encode(offline).decode()};\n"
        return Response(
            told.encode() + _WORKER.content,
            media_type=_WORKER.media_type,
            headers=file_headers("no-cache", connects=True),
        )

    @open_page(f"{HOME}/offline")
    async def show_offline(request: PageRequest) -> Response[bytes]:
        return show_door(request, "wallet/offline.html")

    return [show_manifest, show_worker, show_offline]


def _address(name: str) -> str:
    return (UI_ASSETS | PAGES.assets)[name].address


def _manifest(request: PageRequest) -> dict[str, object]:
    """W3C Web Application Manifest."""
    language, home = reader_of(request).language, root_of(request) + HOME
    say = CATALOGUES[language].say
    return {
        "id": f"{home}/home",
        "name": say("wallet.app.name"),
        "short_name": say("wallet.app.short"),
        "description": say("wallet.app.description"),
        "lang": language.value,
        "start_url": f"{home}/home",
        "scope": f"{home}/",
        "display": "standalone",
        "background_color": "#f4f5f3",
        "theme_color": "#0b6b59",
        "icons": [
            *(
                {"src": _address(f"wallet-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
                for size in _SIZES
            ),
            {
                "src": _address("wallet-maskable.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
        "shortcuts": [
            {"name": say(f"wallet.bar.{name}"), "url": f"{home}/{name}"} for name in ("pay", "bills")
        ],
    }
