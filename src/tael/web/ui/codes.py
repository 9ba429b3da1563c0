"""How does a code become an image? As an SVG without a size: sharp on every screen, a kilobyte."""

import io
from functools import lru_cache
from itertools import accumulate, pairwise

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


BAR_QUIET_MODULES = 10
"""The empty space on both sides that ISO/IEC 15417 asks for."""
_BAR_HEIGHT = 48
_START_DIGITS, _STOP, _CHECK = 105, 106, 103
_BARS = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 123221
223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321
112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131
311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114
122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141
214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
""".split()
"""Widths of bars and spaces by value: Code 128, ISO/IEC 15417."""


def bars_svg(digits: str, *, title: str) -> str:
    """An even number of digits as a bar code (Code 128, set C), black on a white plate; `ValueError` for what is none."""
    if not digits.isascii() or not digits.isdigit() or len(digits) % 2:
        raise ValueError("set C of Code 128 holds pairs of digits")
    pairs = [int(digits[place : place + 2]) for place in range(0, len(digits), 2)]
    check = (_START_DIGITS + sum(place * pair for place, pair in enumerate(pairs, start=1))) % _CHECK
    widths = [int(width) for value in (_START_DIGITS, *pairs, check, _STOP) for width in _BARS[value]]
    edges = list(accumulate(widths, initial=BAR_QUIET_MODULES))
    dark = "".join(
        f"M{left} 0h{right - left}v{_BAR_HEIGHT}h-{right - left}z"
        for left, right in list(pairwise(edges))[::2]
    )
    width = edges[-1] + BAR_QUIET_MODULES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_BAR_HEIGHT}" preserveAspectRatio="none" role="img">'
        f'<title>{title}</title><path fill="#fff" d="M0 0h{width}v{_BAR_HEIGHT}H0z"/><path fill="#000" d="{dark}"/></svg>'
    )
