"""What does a request hear that went wrong? A problem document, whoever found the fault.

Browsers that open an address get a page instead, if the application was made with one.
"""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import ExceptionHandlersMap

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
from tael.foundation.http.parameters import parameters_of
from tael.foundation.http.wording import refusal_of
from tael.foundation.problems import PROBLEM_JSON, problem_body

log = structlog.get_logger("tael.http")

AnyRequest = Request[Any, Any, Any]
ProblemPage = Callable[[AnyRequest, int], Response[bytes] | None]
"""The page for a status, or `None` for a caller that wants a document."""


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


def problem_handlers(page: ProblemPage | None = None) -> ExceptionHandlersMap:
    """How an application answers refusals, faults that the framework found, and accidents."""

    def refused(request: AnyRequest, refusal: Refusal) -> Response[bytes]:
        shown = page(request, refusal.status) if page else None
        response = shown or Response(
            content=problem_body(refusal), status_code=refusal.status, media_type=PROBLEM_JSON
        )
        response.headers.update(_headers(refusal))
        return response

    def found_by_framework(request: AnyRequest, error: HTTPException) -> Response[bytes]:
        if error.status_code >= 500 and error.status_code not in _KINDS:
            return accident(request, error)
        response = refused(request, _refusal(request, error))
        response.headers.update(error.headers or {})
        return response

    def accident(request: AnyRequest, error: Exception) -> Response[bytes]:
        log.error("accident", path=request.url.path, method=request.method, exc_info=error)
        return refused(
            request,
            Accident(
                "The request could not be handled; it was logged.",
                hint="Send it again with the same Idempotency-Key; tell us the X-Request-Id if it goes on.",
            ),
        )

    return {Refusal: refused, HTTPException: found_by_framework, Exception: accident}


def _headers(refusal: Refusal) -> Mapping[str, str]:
    headers = {}
    if refusal.retry_after_seconds is not None:
        headers["Retry-After"] = str(refusal.retry_after_seconds)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _refusal(request: AnyRequest, error: HTTPException) -> Refusal:
    """A fault that the framework found, in our words."""
    handler: BaseRouteHandler | None = request.scope.get("route_handler")
    match error.status_code:
        case 404:
            return NotFound(
                "There is nothing at this address.", hint="The reference at `/docs` lists what there is."
            )
        case 405:
            allowed = (error.headers or {}).get("allow", "another method")
            return MethodNotAllowed(
                f"This address does not answer to {request.method}.", hint=f"It answers to {allowed}."
            )
        case 413:
            limit = handler.resolve_request_max_body_size() if isinstance(handler, HTTPRouteHandler) else None
            return TooLarge(
                f"The body is larger than {limit} bytes.", hint="Nothing that the API takes is larger."
            )
        case 400 if handler is not None:
            return _fault_of_form(handler, error)
    return _KINDS.get(error.status_code, Malformed)("The request does not fit.")


def _fault_of_form(handler: BaseRouteHandler, error: HTTPException) -> Refusal:
    """A parameter or a body that does not fit; the first fault, if there are several."""
    extra = error.extra if isinstance(error.extra, list) else []
    first = next((part for part in extra if isinstance(part, dict)), {"message": error.detail})
    if first.get("key") == "data":
        return Malformed("The body is empty.", hint="Send a JSON object, `{}` if there is nothing to say.")
    parameters = parameters_of(handler)
    named = {parameter.python_name: parameter.name for parameter in parameters}
    key = str(first.get("key", ""))
    wanted = next((each.field.raw for each in parameters if each.python_name == key), None)
    return refusal_of(
        str(first.get("message", "")),
        field=named.get(key, key),
        meanings={parameter.name: parameter.description for parameter in parameters},
        of_body=False,
        wanted=wanted,
    )
