"""How does Stripe say no? An HTTP status and an `error` with type, code, and which parameter it was."""

from typing import Any


class ApiError(Exception):
    """One refusal. Those that happen before anything is carried out are not remembered under the idempotency key."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        remembered: bool = False,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.remembered = remembered
        self.more = more

    def body(self) -> dict[str, Any]:
        """The body of the answer."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        return {"error": error | self.more}


def missing(thing: str, id: str, param: str = "id", *, status: int = 404) -> ApiError:
    """There is no such thing."""
    return ApiError(
        status, f"No such {thing.replace('.', ' ')}: '{id[:80]}'", code="resource_missing", param=param
    )


def needed(param: str) -> ApiError:
    """A parameter is not there."""
    return ApiError(400, f"Missing required param: {param}.", code="parameter_missing", param=param)
