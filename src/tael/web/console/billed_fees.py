"""Did a channel take the fees that its table says? One day's bill, fetched when somebody asks, against the table."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.partners.schemas import BilledRequest
from tael.web.console.acting import action, page, show
from tael.web.console.behind import Behind
from tael.web.console.partner_views import channel_named
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest

_ADDRESS = "/console/scorecards/{channel:str}/fees"


def fee_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The page, and what its button does: that asks much of the channel and of us, and takes the permission to change."""

    async def billed_page(
        request: PageRequest, channel: str, form: Form, **compared: object
    ) -> Response[bytes]:
        await behind.partners.reads.partner(channel, today=behind.partners.today)
        context: Mapping[str, Any] = {"compared": None, "day": None, **compared}
        return show(
            request,
            "console/partner_billed.html",
            here="scorecards",
            form=form,
            channel=channel,
            yesterday=behind.partners.today - timedelta(days=1),
            money=Money,
            **context,
        )

    @page(_ADDRESS, permission="partners.read")
    async def show_fees(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        return await billed_page(request, channel_named(channel), Form())

    @action(_ADDRESS, permission="partners.change")
    async def compare_fees(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        form, name = await read_form(request), channel_named(channel)
        try:
            asked = form.into(BilledRequest)
            found = await behind.partners.compare_with_bill(name, asked)
        except Refusal as refusal:
            return await billed_page(request, name, form.refused(refusal))
        return await billed_page(request, name, form, compared=found, day=asked.day)

    return [show_fees, compare_fees]
