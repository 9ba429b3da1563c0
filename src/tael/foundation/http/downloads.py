"""How is a file given back that somebody handed in? As bytes to be saved, never as a page."""

from urllib.parse import quote

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

BYTES = {
    200: ResponseSpec(
        str, description="The bytes", media_type="application/octet-stream", generate_examples=False
    )
}
"""For `responses` of a route."""


def saved(content: bytes, *, id: str, name: str = "") -> Response[bytes]:
    """Bytes to be saved under a name, or under their id."""
    named = f"; filename*=UTF-8''{quote(name, safe='')}" if name else ""
    return Response(
        content,
        media_type="application/octet-stream",
        headers={
            "content-disposition": f'attachment; filename="{id}"{named}',
            "content-security-policy": "sandbox",
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        },
    )
