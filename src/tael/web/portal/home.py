"""How is business today? Figures beside those of the day before, what waits for somebody, the last two weeks."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.clock import CHINA
from tael.foundation.http.permissions import Principal
from tael.foundation.money import Money
from tael.payments.api import Span, Summaries
from tael.web.portal.acting import go_to, page, show
from tael.web.portal.behind import Behind
from tael.web.portal.charts import Share, Trend, change_basis_points, shares_of, trend_of
from tael.web.portal.dispute_views import left_of
from tael.web.portal.views import Figures, figures_of
from tael.web.ui.formats import amount_text
from tael.web.ui.pages import PageRequest, reader_of

DAYS = 14
_DAY = timedelta(days=1)
_USUAL_CURRENCY = "CNY"

InCurrency = Annotated[str, QueryParameter(pattern=r"^([A-Z]{3,8})?$(?!\n)", description="Only in it")]


class Lately(msgspec.Struct, frozen=True, kw_only=True):
    """The last days in one currency, and as many before them."""

    currency: str
    currencies: Sequence[str]
    figures: Figures
    """Of today."""
    earlier: Figures
    """Of yesterday until the same time."""
    trend: Trend
    trend_before: Money
    """What was captured in as many days before."""
    shares: Sequence[Share]
    is_new: bool
    """Whether nothing was begun at all."""

    @property
    def grown(self) -> int | None:
        """Today beside yesterday, in hundredths of a percent."""
        return change_basis_points(self.figures.captured.minor, self.earlier.captured.minor)

    @property
    def trend_grown(self) -> int | None:
        """These days beside those before, in hundredths of a percent."""
        return change_basis_points(self.trend.total_minor, self.trend_before.minor)


def home_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page."""

    @page("/portal/home", permission="payments.read")
    async def show_home(*, request: PageRequest, currency: InCurrency = "") -> Response[bytes]:
        principal: Principal = request.scope["user"]
        if principal.stores:  # figures are of the whole merchant
            at_the_till = "counter.charge" in principal.permissions
            return go_to(request, "/portal/counter" if at_the_till else "/portal/payments")
        merchant, now = principal.owner, behind.clock.now()
        lately = await _lately(behind.payments.summaries, merchant, now, currency)
        language = reader_of(request).language
        reads_disputes = "disputes.read" in principal.permissions
        unanswered = await behind.disputes.unanswered(merchant) if reads_disputes else []
        return await show(
            behind,
            request,
            "portal/home.html",
            here="home",
            lately=lately,
            to_do=await behind.payments.summaries.to_do(merchant, now=now),
            affairs=await _affairs(behind, principal),
            unanswered=unanswered,
            unanswered_left=left_of(unanswered[0], now) if unanswered else None,
            bar_amount=lambda minor: amount_text(Money(minor, lately.currency), language),
        )

    return [show_home]


async def _affairs(behind: Behind, principal: Principal) -> Sequence[str]:
    """What the merchant should see to: `application.submit`, `agreement.sign`."""
    if "merchant.read" not in principal.permissions:
        return []
    to_do = (await behind.people.merchants.reads.merchant(principal.owner)).to_do
    reads_papers = "papers.read" in principal.permissions
    return [each for each in to_do if reads_papers or not each.startswith("application.")]


async def _lately(summaries: Summaries, merchant: str, now: datetime, currency: str) -> Lately:
    today = _midnight(now)
    begin = today - _DAY * (DAYS - 1)

    def span(since: datetime, until: datetime) -> Span:
        return Span(merchant_id=merchant, since=since, until=until)

    fortnight = await summaries.days(span(begin, now))
    currencies = sorted({each.currency for each in fortnight}) or [_USUAL_CURRENCY]
    if currency not in currencies:
        currency = _USUAL_CURRENCY if _USUAL_CURRENCY in currencies else currencies[0]
    yesterday = span(today - _DAY, now - _DAY)
    by_day: dict[date, int] = defaultdict(int)
    for each in fortnight:
        if each.currency == currency:
            by_day[each.day] += each.captured_minor
    before = await summaries.days(span(begin - _DAY * DAYS, now - _DAY * DAYS))
    return Lately(
        currency=currency,
        currencies=currencies,
        figures=figures_of(
            [each for each in fortnight if each.day == _day(now)],
            await summaries.refunds(span(today, now)),
            currency,
        ),
        earlier=figures_of(await summaries.days(yesterday), await summaries.refunds(yesterday), currency),
        trend=trend_of(by_day, until=_day(now), days=DAYS),
        trend_before=Money(
            sum(each.captured_minor for each in before if each.currency == currency), currency
        ),
        shares=shares_of(
            [
                (each.method, each.captured_minor, each.paid)
                for each in await summaries.methods(span(begin, now))
                if each.currency == currency
            ]
        ),
        is_new=not fortnight,
    )


def _day(now: datetime) -> date:
    return now.astimezone(CHINA).date()


def _midnight(now: datetime) -> datetime:
    """When the day began in China."""
    return now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
