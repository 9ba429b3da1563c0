"""Under which addresses is the API described? `/docs` for people, `/openapi.json` for programs.

The description is made when somebody asks for it first: a process that only takes payments starts without it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from tael.foundation.http.permissions import PUBLIC
from tael.web.reference.views import Operation, by_tag, key_in, operations_of, prose
from tael.web.ui.pages import PageRequest, Pages

PAGES = Pages("reference", Path(__file__).parent)
REFERENCE_ASSETS = PAGES.assets
"""For `web.ui.routes.asset_routes`."""


class _Description(msgspec.Struct, frozen=True):
    """A document, ready to be shown."""

    info: Mapping[str, Any]
    key: str
    """What a key begins with: `tael_…`."""
    groups: Mapping[str, Sequence[Operation]]
    encoded: bytes


def reference_routes(describe: Callable[[], Mapping[str, Any]], *, at: str = "") -> list[HTTPRouteHandler]:
    """The routes that show the OpenAPI document that `describe` gives. at: where, if a listener has several."""

    @cache
    def description() -> _Description:
        document = describe()
        return _Description(
            info=document["info"],
            key=key_in(document),
            groups=by_tag(operations_of(document)),
            encoded=msgspec.json.encode(document),
        )

    @get(f"{at}/docs", opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_reference(request: PageRequest) -> Response[bytes]:
        shown = await asyncio.to_thread(description)
        return PAGES.render(
            request,
            "reference/reference.html",
            info=shown.info,
            key=shown.key,
            groups=shown.groups,
            prose=prose,
        )

    @get(f"{at}/openapi.json", opt={"permission": PUBLIC}, include_in_schema=False)
    async def give_document() -> Response[bytes]:
        shown = await asyncio.to_thread(description)
        return Response(
            shown.encoded, media_type="application/json", headers={"Cache-Control": "public, max-age=300"}
        )

    return [show_reference, give_document]
