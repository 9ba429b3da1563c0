"""How does a channel reach us by itself? With a notice; for the notices listener only."""

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.channels.port import InboundNotice
from tael.foundation.http.permissions import PUBLIC
from tael.payments.api import Payments
from tael.payments.http.forms import AnyRequest


def notice_routes(payments: Payments) -> list[HTTPRouteHandler]:
    """Hear what channels say by themselves. The signature is the permission."""

    @post(
        "/notices/payments/{channel:str}",
        opt={"permission": PUBLIC},
        status_code=200,
        include_in_schema=False,
    )
    async def hear_notice(request: AnyRequest, channel: FromPath[str]) -> Response[bytes]:
        """A notice about a payment or a refund."""
        inbound = InboundNotice(
            headers={name.lower(): value for name, value in request.headers.items()},
            query=request.scope["query_string"].decode("latin-1"),
            body=await request.body(),
        )
        reply = await payments.hear_notice(channel, inbound)
        return Response(content=reply.body, status_code=reply.status, media_type=reply.content_type)

    return [hear_notice]
