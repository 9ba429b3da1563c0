"""What does a request hear that went wrong? A problem document, whoever found the fault."""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from tael.foundation.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    Refusal,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from tael.foundation.problems import PROBLEM_JSON, problem_body

log = structlog.get_logger("tael.http")

AnyRequest = Request[Any, Any, Any]


class MethodNotAllowed(Malformed):
    """The address exists, but not for this method."""

    code, status, title = "method_not_allowed", 405, "Not with this method"


class TooLarge(Malformed):
    """The body is larger than we read."""

    code, status, title = "body_too_large", 413, "The body is too large"


class Accident(Refusal):
    """A bug of ours. The caller hears nothing about its inside."""

    code, status, title = "internal", 500, "Something went wrong on our side"


_KINDS: dict[int, type[Refusal]] = {
    400: Malformed,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    413: TooLarge,
    429: Throttled,
    503: Unavailable,
}


def refusal_response(request: AnyRequest, refusal: Refusal) -> Response[bytes]:
    """A refusal of ours."""
    headers = {}
    if refusal.retry_after_seconds is not None:
        headers["Retry-After"] = str(refusal.retry_after_seconds)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        content=problem_body(refusal), status_code=refusal.status, media_type=PROBLEM_JSON, headers=headers
    )


def framework_response(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """A fault that the framework found: a wrong address, a body or a parameter that does not fit."""
    kind = _KINDS.get(error.status_code, Malformed if error.status_code < 500 else Accident)
    if kind is Accident:
        return accident_response(request, error)
    return refusal_response(request, kind(_message(error), field=_field(error)))


def accident_response(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Anything else is a bug: logged in full, never shown."""
    log.error("accident", path=request.url.path, method=request.method, exc_info=error)
    return refusal_response(
        request,
        Accident(
            "The request could not be handled; it was logged.",
            hint="Send it again with the same Idempotency-Key; tell us the X-Request-Id if it goes on.",
        ),
    )


def _message(error: HTTPException) -> str:
    extra = error.extra if isinstance(error.extra, list) else []
    found = [str(part["message"]) for part in extra if isinstance(part, dict) and part.get("message")]
    return "; ".join(found) or error.detail or "The request does not fit."


def _field(error: HTTPException) -> str | None:
    extra = error.extra if isinstance(error.extra, list) else []
    for part in extra:
        if isinstance(part, dict) and part.get("key"):
            return str(part["key"])
    return None
