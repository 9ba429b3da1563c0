"""How is business today? Figures beside those of the day before, what waits for somebody, the last two weeks."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Annotated

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.clock import CHINA
from tael.foundation.http.permissions import Principal
from tael.foundation.money import Money
from tael.payments.api import Span
from tael.web.portal.acting import page, show
from tael.web.portal.behind import Behind
from tael.web.portal.charts import change_basis_points, shares_of, trend_of
from tael.web.portal.views import figures_of
from tael.web.ui.formats import amount_text
from tael.web.ui.pages import PageRequest, reader_of

DAYS = 14
_DAY = timedelta(days=1)
_USUAL_CURRENCY = "CNY"

InCurrency = Annotated[str, QueryParameter(pattern=r"^([A-Z]{3,8})?$(?!\n)", description="Only in it")]


def home_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page."""

    @page("/portal/home", permission="payments.read")
    async def show_home(*, request: PageRequest, currency: InCurrency = "") -> Response[bytes]:
        principal: Principal = request.scope["user"]
        now = behind.clock.now()
        today = _midnight(now)
        summaries, merchant = behind.payments.summaries, principal.owner

        def span(since: datetime, until: datetime) -> Span:
            return Span(merchant_id=merchant, since=since, until=until)

        fortnight = await summaries.days(span(today - _DAY * (DAYS - 1), now))
        currencies = sorted({each.currency for each in fortnight}) or [_USUAL_CURRENCY]
        if currency not in currencies:
            currency = _USUAL_CURRENCY if _USUAL_CURRENCY in currencies else currencies[0]
        before = span(today - _DAY, now - _DAY)
        figures = figures_of(
            [each for each in fortnight if each.day == _day(now)],
            await summaries.refunds(span(today, now)),
            currency,
        )
        earlier = figures_of(await summaries.days(before), await summaries.refunds(before), currency)
        by_day: dict[date, int] = defaultdict(int)
        for each in fortnight:
            if each.currency == currency:
                by_day[each.day] += each.captured_minor
        trend = trend_of(by_day, until=_day(now), days=DAYS)
        language = reader_of(request).language

        def in_words(minor: int) -> str:
            return amount_text(Money(minor, currency), language)

        methods = await summaries.methods(span(today - _DAY * (DAYS - 1), now))
        return await show(
            behind,
            request,
            "portal/home.html",
            here="home",
            currency=currency,
            currencies=currencies,
            figures=figures,
            earlier=earlier,
            grown=change_basis_points(figures.captured.minor, earlier.captured.minor),
            to_do=await summaries.to_do(merchant, now=now),
            trend=trend,
            trend_total=in_words(trend.total_minor),
            bar_amount=in_words,
            shares=shares_of(
                [
                    (each.method, each.captured_minor, each.paid)
                    for each in methods
                    if each.currency == currency
                ]
            ),
            is_new=not fortnight,
        )

    return [show_home]


def _day(now: datetime) -> date:
    return now.astimezone(CHINA).date()


def _midnight(now: datetime) -> datetime:
    """When the day began in China."""
    return now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
