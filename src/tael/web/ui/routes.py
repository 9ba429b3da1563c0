"""Which addresses serve the files and the gallery of the design system?"""

from collections.abc import Mapping

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.clock import Clock
from tael.foundation.errors import NotFound
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.money import Money
from tael.web.ui.assets import KEEP_FOR_EVER, Asset
from tael.web.ui.headers import file_headers
from tael.web.ui.pages import UI_ASSETS, UI_PAGES, PageRequest, accepts_gzip


def _serve(request: PageRequest, asset: Asset, cache_control: str) -> Response[bytes]:
    headers = {**file_headers(cache_control), "Vary": "Accept-Encoding"}
    body = asset.content
    if asset.compressed is not None and accepts_gzip(request):
        body = asset.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=asset.media_type, headers=headers)


def asset_routes(*surfaces: Mapping[str, Asset]) -> list[HTTPRouteHandler]:
    """`/assets/...` for the files of the design system and of each surface, and `/favicon.ico`."""
    shelf = dict(UI_ASSETS)
    for assets in surfaces:
        twice = shelf.keys() & assets.keys()
        if twice:
            raise ValueError(f"two surfaces have a file of this name: {', '.join(sorted(twice))}")
        shelf |= assets

    @get("/assets/{digest:str}/{name:str}", opt={"permission": PUBLIC}, include_in_schema=False)
    async def serve_asset(
        request: PageRequest, digest: FromPath[str], name: FromPath[str]
    ) -> Response[bytes]:
        asset = shelf.get(name)
        if asset is None:
            raise NotFound("There is no such file.")
        # A page of the release before this one still gets a file while servers are being replaced.
        return _serve(request, asset, KEEP_FOR_EVER if digest == asset.digest else "no-store")

    @get("/favicon.ico", opt={"permission": PUBLIC}, include_in_schema=False)
    async def serve_favicon(request: PageRequest) -> Response[bytes]:
        return _serve(request, shelf["mark.svg"], "public, max-age=86400")

    return [serve_asset, serve_favicon]


def gallery_routes(clock: Clock) -> list[HTTPRouteHandler]:
    """`/ui`, the whole design system on one page; for developers, on the internal listener only."""

    @get("/ui", opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_gallery(request: PageRequest) -> Response[bytes]:
        amounts = (Money(1_280, "CNY"), Money(128_000_000, "CNY"), Money(-500, "CNY"), Money(980, "JPY"))
        return UI_PAGES.render(request, "ui/gallery.html", now=clock.now(), amounts=amounts)

    return [show_gallery]
