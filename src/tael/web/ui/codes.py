"""How does a code become an image? As an SVG without a size: sharp on every screen, a kilobyte."""

import io
from functools import lru_cache

import segno

QUIET_ZONE_MODULES = 4
"""The empty frame that ISO/IEC 18004 asks for; without it many scanners fail on a dark page."""


def qr_code(content: str) -> segno.QRCode:
    """The code, with at least medium error correction: phones read it off greasy screens."""
    return segno.make_qr(content, error="m")


@lru_cache(maxsize=512)  # six milliseconds each, and every reload asks again
def qr_svg(content: str, *, title: str) -> bytes:
    """The code as an SVG document, black on a white plate in every theme; `title` is read aloud."""
    image = io.BytesIO()
    qr_code(content).save(
        image,
        kind="svg",
        border=QUIET_ZONE_MODULES,
        dark="#000",
        light="#fff",
        title=title,
        xmldecl=False,
        nl=False,
        omitsize=True,
        svgclass=None,
        lineclass=None,
    )
    return image.getvalue()
