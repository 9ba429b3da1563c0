"""Does the checkout page say of each way to pay what it costs and what is saved, and do its links keep the coupon?"""

from html import unescape

import httpx

from tael.offers.errors import OfferNotUsable
from tael.offers.model import AppliedOffer, Funder
from tael.payments.api import Price
from tael.web.checkout.savings import Savings, query_of, seen_discount, typed_coupon
from tests.unit.web_desk import DeskInMemory, a_view, serving

SPRING = AppliedOffer(
    offer_id="off_1", name="春季 <b>", amount_minor=1_280, funder=Funder.PLATFORM, code="TEAPOT2345"
)


async def page_of(savings: Savings, *, query: str = "", **changes: object) -> str:
    view = a_view(methods=("alipay", "wechat_pay", "card"), savings=savings, **changes)
    async with serving(DeskInMemory(view)) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        return unescape((await client.get(f"/pay/pay_example{query}")).text)


async def test_each_way_shows_its_price_and_the_offers_that_make_it() -> None:
    savings = Savings(
        codes=("TEAPOT2345",),
        asks=True,
        prices={
            "alipay": Price(amount_minor=11_520, offers=(SPRING,)),
            "wechat_pay": Price(amount_minor=12_800),
            "card": Price(amount_minor=12_800),
        },
        refusals={"card": OfferNotUsable("no", reason="other_methods")},
    )
    page = await page_of(savings, query="?coupon=teapot2345", discounts=(SPRING,))
    [alipay] = [
        part for part in page.split("<a ") if "?method=alipay" in part and 'class="way-price"' in part
    ]
    assert "<b>¥115.20</b>" in alipay
    assert "<s>¥128.00</s>" in alipay
    assert page.count('class="way-price"') == 1
    assert "?method=wechat_pay&coupon=teapot2345" in page, "choosing another way keeps the coupon"
    assert "已优惠 ¥12.80" in page
    assert 'class="before"' in page
    assert "这个优惠码不适用" not in page

    other = await page_of(savings, query="?method=card&coupon=teapot2345", method="card")
    assert "这个优惠码不适用于当前付款方式" in other
    assert 'aria-invalid="true"' in other


async def test_without_offers_there_is_nothing_of_them_on_the_page() -> None:
    page = await page_of(Savings())
    for sign in ('class="coupon"', 'class="before"', 'class="savings"', 'class="way-price"'):
        assert sign not in page


async def test_whoever_saw_another_discount_is_told_that_it_changed() -> None:
    assert "优惠金额有变化" in await page_of(Savings(), query="?off=500")
    assert "优惠金额有变化" not in await page_of(Savings(), query="?off=0")


def test_addresses_say_how_with_which_coupon_and_what_was_seen() -> None:
    assert query_of("card", "A&B", 200) == "method=card&coupon=A%26B&off=200"
    assert query_of(None, None) == ""
    assert query_of("card", "") == "method=card&coupon="
    assert typed_coupon(None) is None
    assert typed_coupon(" x" * 50) == ("x" + " x" * 19 + " ")[:40]
    assert [seen_discount(text) for text in (None, "", "-1", "12x", "200", "9" * 16)] == [
        None,
        None,
        None,
        None,
        200,
        None,
    ]
