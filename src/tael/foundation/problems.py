"""What does a refusal look like on the wire? A problem document (RFC 9457)."""

import msgspec

from tael.foundation.errors import Refusal

PROBLEM_JSON = "application/problem+json"


def problem_body(refusal: Refusal) -> bytes:
    """The document: `type` is a stable reference, `code` our code, `field` and `hint` say where and what to do."""
    document: dict[str, object] = {
        "type": f"urn:tael:problem:{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.message,
    }
    if refusal.field:
        document["field"] = refusal.field
    if refusal.hint:
        document["hint"] = refusal.hint
    return msgspec.json.encode(document | refusal.facts)
