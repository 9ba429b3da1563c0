"""Under which addresses is the API described? `/docs` for people, `/openapi.json` for programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from tael.foundation.http.permissions import PUBLIC
from tael.web.reference.views import by_tag, operations_of, prose
from tael.web.ui.pages import PageRequest, Pages

PAGES = Pages("reference", Path(__file__).parent)
REFERENCE_ASSETS = PAGES.assets
"""For `web.ui.routes.asset_routes`."""


def reference_routes(document: Mapping[str, Any]) -> list[HTTPRouteHandler]:
    """The routes that show this OpenAPI document."""
    encoded = msgspec.json.encode(document)
    groups = by_tag(operations_of(document))

    @get("/docs", opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_reference(request: PageRequest) -> Response[bytes]:
        return PAGES.render(
            request, "reference/reference.html", info=document["info"], groups=groups, prose=prose
        )

    @get("/openapi.json", opt={"permission": PUBLIC}, include_in_schema=False)
    async def give_document() -> Response[bytes]:
        return Response(
            encoded, media_type="application/json", headers={"Cache-Control": "public, max-age=300"}
        )

    return [show_reference, give_document]
