"""How does a merchant find something of which it knows a number, an amount, a word? One box."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Meta

from tael.exports.model import Findable, Hit
from tael.exports.usecases.search import MOST_HITS, search
from tael.foundation.http.permissions import Principal
from tael.foundation.printable import PRINTABLE

Text = Annotated[
    str,
    QueryParameter(
        name="q",
        min_length=1,
        max_length=64,
        pattern=PRINTABLE,
        description="An id, an order number of yours or its beginning, an amount such as 12.80, or a text of your metadata",
    ),
]
HitLimit = Annotated[int, QueryParameter(ge=1, le=MOST_HITS, description="How many hits at most, 1 to 50")]


class Hits(msgspec.Struct, frozen=True):
    """What the text may be about."""

    items: Annotated[list[Hit], Meta(description="Newest first")]


def search_route(kinds: Mapping[str, Findable]) -> HTTPRouteHandler:
    """Search everything that may be read."""

    @get("/v1/search", opt={"permission": "payments.read"}, tags=["Search"])
    async def search_all(request: Request[Any, Any, Any], text: Text, limit: HitLimit = 20) -> Hits:
        """Search. Payments, refunds, disputes and customers by id, number of yours, amount and metadata; disputes only with
        `disputes.read`, customers with `customers.read`.
        """
        principal: Principal = request.scope["user"]
        found = await search(
            kinds, text, merchant_id=principal.owner, permissions=principal.permissions, limit=limit
        )
        return Hits(items=found)

    return search_all
