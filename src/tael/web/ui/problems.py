"""What does a person see when a page cannot be shown? Calm words, and what to do next.

Programs get problem documents (`foundation.http`); browsers that ask for HTML get these pages.
"""

from litestar import Response

from tael.foundation.errors import Refusal
from tael.web.ui.pages import UI_PAGES, PageRequest

_WORDS = {
    400: "not_found",
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    405: "not_found",
    410: "gone",
    429: "busy",
    503: "busy",
}
"""Which message speaks for a status; a mistyped address is, to its reader, a page that is not there."""


def wants_page(request: PageRequest) -> bool:
    """Whether the caller is a browser that navigates, rather than a program or a script."""
    return "text/html" in request.headers.get("accept", "")


def problem_page(request: PageRequest, *, status: int, reference: str | None = None) -> Response[bytes]:
    """The page for a status of 400 or more; `reference` is what support can search the logs for."""
    words = _WORDS.get(status, "crash")
    return UI_PAGES.render(
        request, "ui/problem.html", status=status, code=status, words=words, reference=reference
    )


def problem_page_if_wanted(request: PageRequest, status: int) -> Response[bytes] | None:
    """The page for a browser that navigates, and `None` for everybody else."""
    reference = request.scope["state"].get("request_id") if status >= 500 else None
    return problem_page(request, status=status, reference=reference) if wants_page(request) else None


def refusal_page(request: PageRequest, refusal: Refusal) -> Response[bytes]:
    """An exception handler for routes that serve pages."""
    response = problem_page(request, status=refusal.status)
    if refusal.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response
