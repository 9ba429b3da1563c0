"""Did a channel take the fees that its tables say? Its bill of a day is fetched when somebody asks."""

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from tael.channels.errors import BillNotReady, BillRefused, ChannelBusy, NoSuchChannel, NotOffered
from tael.foundation.http.openapi import REFUSES
from tael.partners.api import Partners
from tael.partners.errors import NoSuchPartner, PartnerMalformed
from tael.partners.http.forms import CHANGE, ChannelName, channel_in_path
from tael.partners.model import FeeComparison
from tael.partners.schemas import BilledRequest

_REFUSES = [
    NoSuchPartner,
    NoSuchChannel,
    PartnerMalformed,
    NotOffered,
    BillNotReady,
    BillRefused,
    ChannelBusy,
]


def billed_route(partners: Partners) -> HTTPRouteHandler:
    """The comparison. It changes nothing, but asks much of the channel and of us: hence the permission to change."""

    @post(
        "/v1/partners/{channel:str}/billed",
        status_code=200,
        opt={"permission": CHANGE, REFUSES: _REFUSES},
        tags=["Partners"],
        responses={
            200: ResponseSpec(FeeComparison, description="What was billed, and what should have been")
        },
    )
    async def compare_with_bill(channel: ChannelName, data: JSONBody[BilledRequest]) -> FeeComparison:
        """Compare fees with a day's bill. It is fetched from the channel now, one at a time of each channel."""
        return await partners.compare_with_bill(channel_in_path(channel), data)

    return compare_with_bill
