"""How does a template become a response? With the reader's language, a nonce and strict headers.

Templates escape everything and fail on anything undefined. A page works without JavaScript and
without cookies; `?lang=en` and `?theme=dark` choose, and a cookie remembers.
"""

import gzip
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie, State

from tael.foundation.config import TEST
from tael.web.ui import formats
from tael.web.ui.assets import Asset, collect_assets
from tael.web.ui.headers import new_nonce, page_headers
from tael.web.ui.i18n import CATALOGUES, Language, choose_language

PageRequest: TypeAlias = Request[object, object, State]
"""A request for a page; who asks is decided elsewhere."""

UI_FOLDER = Path(__file__).parent
UI_ASSETS = collect_assets(UI_FOLDER / "assets", {"tael.css": ("tokens.css", "base.css", "components.css")})
_ONE_YEAR_SECONDS = 365 * 24 * 3600


class Theme(StrEnum):
    """Light or dark: as the device says, unless the reader chose."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Reader(msgspec.Struct, frozen=True):
    """What the reader of a page prefers."""

    language: Language
    theme: Theme


def reader_of(request: PageRequest) -> Reader:
    """The reader's preferences, from the address, then cookies, then the browser."""
    language = choose_language(
        asked=request.query_params.get("lang"),
        remembered=request.cookies.get("tael_lang"),
        accepted=request.headers.get("accept-language", ""),
    )
    wanted = request.query_params.get("theme") or request.cookies.get("tael_theme") or ""
    return Reader(language, Theme(wanted) if wanted in set(Theme) else Theme.AUTO)


def _remember(request: PageRequest, reader: Reader) -> list[Cookie]:
    """Cookies for what the address asked for; none if it asked for nothing."""
    chosen = {"lang": ("tael_lang", reader.language), "theme": ("tael_theme", reader.theme)}
    return [
        Cookie(
            key=name,
            value=value,
            path="/",
            max_age=_ONE_YEAR_SECONDS,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        for parameter, (name, value) in chosen.items()
        if parameter in request.query_params
    ]


def _path_of(request: PageRequest) -> str:
    """Where on our host this page can be opened again: for what answers a form, the page that sent it.

    It begins with one slash, and holds nothing that a browser reads as a second one: that would be another host.
    """
    came_from = urlsplit(request.headers.get("referer", "")).path if request.method == "POST" else ""
    path = quote(came_from, safe="/%") if came_from else quote(request.url.path)
    return "/" + path.lstrip("/")


def _switched(request: PageRequest, language: Language) -> str:
    """The query of this page in the other language."""
    kept = [(name, text) for name, text in request.query_params.items() if name != "lang"]
    return urlencode([*kept, ("lang", language.other.value)])


def accepts_gzip(request: PageRequest) -> bool:
    """Whether the browser takes compressed bodies."""
    return "gzip" in request.headers.get("accept-encoding", "")


class Pages:
    """The pages of one surface: its folder's `templates` and `assets`, over those of `web.ui`."""

    def __init__(self, name: str, folder: Path) -> None:
        own = collect_assets(folder / "assets") if folder != UI_FOLDER else {}
        self.assets: dict[str, Asset] = own
        self._addresses = {asset.name: asset.address for asset in (UI_ASSETS | own).values()}
        self._environment = Environment(
            loader=PrefixLoader(
                {
                    "ui": FileSystemLoader(UI_FOLDER / "templates"),
                    name: FileSystemLoader(folder / "templates"),
                }
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["asset"] = self._addresses.__getitem__
        self._environment.filters |= {
            "countdown": formats.countdown_text,
            "day": formats.day_text,
            "device": formats.device_text,
            "day_or_minute": formats.day_or_minute_text,
            "minute": formats.minute_text,
            "rate": formats.rate_text,
            "share": formats.share_text,
        }

    def render(
        self,
        request: PageRequest,
        template: str,
        *,
        status: int = 200,
        framed_by: str = "",
        frames: str = "",
        leads_to: str = "",
        installable: bool = False,
        uses: Collection[str] = (),
        **context: object,
    ) -> Response[bytes]:
        """The page as a response; `context` is what the template needs beyond words and formats.

        framed_by, frames, leads_to, installable   as `content_security_policy` has them
        uses                                       as `page_headers` has it
        """
        reader = reader_of(request)
        language = reader.language
        nonce = new_nonce()
        html = self._environment.get_template(template).render(
            t=CATALOGUES[language].say,
            word=CATALOGUES[language].word,
            language=language,
            theme=reader.theme,
            nonce=nonce,
            path=_path_of(request),
            test_mode=request.scope.get("root_path") == f"/{TEST}",
            amount_parts=lambda money: formats.amount_parts(money, language),
            amount=lambda money: formats.amount_text(money, language),
            clock=lambda moment: formats.clock_text(moment, language),
            moment=lambda moment: formats.moment_text(moment, language),
            stamp=lambda moment: formats.stamp_text(moment, language),
            switch=_switched(request, language),
            **context,
        )
        policy = page_headers(
            nonce,
            framed_by=framed_by,
            frames=frames,
            leads_to=leads_to,
            installable=installable,
            uses=uses,
        )
        headers = {**policy, "Content-Language": language.value, "Vary": "Accept-Encoding"}
        body = html.encode()
        if accepts_gzip(request):
            body = gzip.compress(body, compresslevel=5)
            headers["Content-Encoding"] = "gzip"
        return Response(
            body,
            status_code=status,
            media_type=MediaType.HTML,
            headers=headers,
            cookies=_remember(request, reader),
        )


UI_PAGES = Pages("ui", UI_FOLDER)
