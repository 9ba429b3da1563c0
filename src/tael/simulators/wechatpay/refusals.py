"""How does WeChat Pay say no? A status, a code, some words; and nothing signed."""

from collections.abc import Mapping
from typing import Any

STATUS = {
    "PARAM_ERROR": 400,
    "INVALID_REQUEST": 400,
    "APPID_MCHID_NOT_MATCH": 400,
    "MCH_NOT_EXISTS": 400,
    "ORDER_CLOSED": 400,
    "NO_STATEMENT_EXIST": 400,
    "STATEMENT_CREATING": 400,
    "AUTH_CODE_EXPIRED": 400,
    "AUTH_CODE_INVALID": 400,
    "SIGN_ERROR": 401,
    "NO_AUTH": 403,
    "OUT_TRADE_NO_USED": 403,
    "NOT_ENOUGH": 403,
    "RULE_LIMIT": 403,
    "TRADE_ERROR": 403,
    "ORDER_NOT_EXIST": 404,
    "RESOURCE_NOT_EXISTS": 404,
    "NOT_FOUND": 404,
    "FREQUENCY_LIMITED": 429,
    "SYSTEM_ERROR": 500,
}


class ApiRefused(Exception):
    """A call that WeChat Pay turns down."""

    def __init__(self, code: str, message: str, *, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUS[code]
        self.body: dict[str, Any] = {"code": code, "message": message}
        if detail is not None:
            self.body["detail"] = dict(detail)


def wrong_parameter(field: str, value: object, issue: str) -> ApiRefused:
    """The one kind of refusal that says where."""
    detail = {"field": f"/{field}", "value": value, "issue": issue, "location": "body"}
    return ApiRefused("PARAM_ERROR", f"输入源“/body/{field}”{issue}", detail=detail)
