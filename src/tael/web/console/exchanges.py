"""What was said to channels, and what did they say? Turns of conversations, masked, the newest first."""

from typing import Annotated
from urllib.parse import urlencode

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.channels.model import ExchangeFilter, ExchangeKind
from tael.channels.port import Operation, OutcomeState
from tael.web.console.acting import page, show
from tael.web.console.behind import Behind
from tael.web.ui.pages import PageRequest

TURNS = 50
"""On a page."""

Number = Annotated[
    str, QueryParameter(name="number", max_length=128, pattern=r"^[\x21-\x7e]*$", description="Ours")
]
OfChannel = Annotated[
    str, QueryParameter(pattern=r"^([a-z][a-z0-9_]{1,31})?$", description="With this channel")
]
OfKind = Annotated[str, QueryParameter(pattern=r"^[a-z]{0,16}$", description="On this occasion")]
InState = Annotated[
    str, QueryParameter(name="state", pattern=r"^[a-z]{0,16}$", description="What it came to")
]
Before = Annotated[
    str, QueryParameter(pattern=r"^(exch_[0-9a-z]{26})?$", description="The last of the page before")
]


def exchange_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, with filters."""

    @page("/console/exchanges", permission="channels.read")
    async def show_exchanges(
        *,
        request: PageRequest,
        number: Number = "",
        channel: OfChannel = "",
        kind: OfKind = "",
        in_state: InState = "",
        before: Before = "",
    ) -> Response[bytes]:
        wanted = ExchangeFilter(
            numbers=[number] if number else None,
            channel=channel or None,
            kind=ExchangeKind(kind) if kind in set(ExchangeKind) else None,
            state=in_state or None,
            before=before or None,
            limit=TURNS + 1,
        )
        async with behind.database.transaction() as tx:
            found = await behind.channels.exchanges(tx, wanted)
        asked = {"number": number, "channel": channel, "kind": kind, "state": in_state}
        said = {name: each for name, each in asked.items() if each}
        more = len(found) > TURNS
        return show(
            request,
            "console/exchanges.html",
            here="exchanges",
            asked=asked,
            is_filtered=bool(said),
            exchanges=found[:TURNS],
            older=urlencode({**said, "before": found[TURNS - 1].id}) if more else "",
            newest=f"?{urlencode(said)}" if before else "",
            channels=behind.channels.names(),
            kinds=list(ExchangeKind),
            states=[*OutcomeState, "refused"],
            operations=set(Operation),
        )

    return [show_exchanges]
