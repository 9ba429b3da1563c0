"""Do payers pay what they were shown, is it booked to who pays the rest, and is no budget ever used twice?"""

import asyncio
from pathlib import Path

import pytest

from tael.app.house import House
from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.foundation.db import Query
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.offers.errors import NoSuchCoupon, OfferChanged, OfferNotUsable
from tael.offers.model import Funder, OfferState
from tael.offers.usecases import SetOfferState
from tael.payments.errors import MerchantBalanceTooLow
from tael.payments.model import (
    Attempt,
    AttemptState,
    CaptureMethod,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from tael.payments.postings import merchant_pending
from tael.payments.usecases.apply_offers import Asked
from tael.payments.usecases.start_attempts import Means, StartAttempt, Started
from tael.testing.books import check_books, faults_in_books
from tael.web.checkout.cards import HostedCards
from tael.web.checkout.desk import PaymentDesk
from tael.web.checkout.views import Wish
from tests.integration.offers_scene import a_coupon, an_offer, offer_of
from tests.integration.payments_scene import QuietHouse, quiet_house

PAYER = "2088102146225135"
_NOBODY_READS_OFFERS = Query(
    "nobody_reads_offers",
    b"lock table offers.offers, offers.coupons, offers.redemptions in access exclusive mode",
)


def wish(payment: Payment, **more: object) -> StartAttempt:
    return StartAttempt(
        payment_id=payment.id,
        merchant_id=None,
        attempt_id=new_id("att"),
        channel="alipay",
        **more,  # type: ignore[arg-type]
    )


async def begun(quiet: QuietHouse, *wishes: StartAttempt) -> list[Attempt | type[Refusal]]:
    results = await quiet.start(*wishes)
    return [each.attempt if isinstance(each, Started) else type(each) for each in results]


async def one_begun(quiet: QuietHouse, payment: Payment, **asked: object) -> Attempt:
    [attempt] = await begun(quiet, wish(payment, asked=Asked(**asked)))  # type: ignore[arg-type]
    assert isinstance(attempt, Attempt), attempt
    return attempt


async def paid(quiet: QuietHouse, payment: Payment, attempt: Attempt) -> Payment:
    """The payer pays what the code asks for, and we hear of it."""
    await quiet.janitor_comes()
    shown = (await quiet.attempt(attempt.id)).code_url
    await quiet.control("alipay").pay(shown or "")
    await quiet.janitor_comes()
    return await now(quiet, payment)


async def now(quiet: QuietHouse, payment: Payment) -> Payment:
    return (await quiet.house.payments.get(payment.id, merchant_id=None)).payment


async def balances(house: House) -> dict[str, int]:
    """What is on each account, on its own side; accounts with nothing on them are left out."""
    async with house.database.transaction() as tx:
        lines = await house.ledger.trial_balance(tx)
    return {
        each.code: each.balance_minor * each.account_class.normal_sign for each in lines if each.balance_minor
    }


async def gone_back(quiet: QuietHouse, payment: Payment, minor: int | None) -> Refund:
    refund = await quiet.refund(payment, minor)
    await quiet.janitor_comes()
    return await quiet.refund_now(refund.id)


async def test_what_merchant_and_platform_take_off_is_booked_to_each_and_goes_back_in_parts(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        house = quiet.house
        pending = f"merchant:{quiet.merchant_id}:pending"
        await quiet.captured("alipay", amount_minor=5_000)
        plain = await balances(house)
        await an_offer(house, quiet.merchant_id, percent_basis_points=1_000, stacks=True, name="Tenth")
        platforms = await an_offer(house, None, funder=Funder.PLATFORM, fixed_minor=301, stacks=True)
        payment = await quiet.payment(1_001)
        attempt = await one_begun(quiet, payment)
        assert (attempt.amount_minor, attempt.discount_minor) == (630, 371)
        assert [(each.name, each.amount_minor) for each in attempt.taken_off.offers] == [
            ("Tea day", 301),
            ("Tenth", 70),
        ]
        captured = await paid(quiet, payment, attempt)
        assert (captured.amount_minor, captured.captured_minor, captured.discount_minor) == (1_001, 630, 371)
        after = await balances(house)
        assert after["platform:promotions"] == 301
        assert after[pending] - plain[pending] == 630 - captured.fee_minor + 301

        for minor in (7, 200, None):
            assert (await gone_back(quiet, payment, minor)).ended
        assert (await now(quiet, payment)).refunded_minor == 630
        assert await balances(house) == plain, "all of it went back, to the last fen"
        [redemption] = await house.offers.redemptions(platforms, merchant_id=None, before=None, limit=9)
        assert redemption.given_back_minor == 301
        await check_books(house, await quiet.control("alipay").summary())


async def test_a_refund_whose_share_of_a_promotion_the_balance_does_not_cover_is_refused(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """The merchant would keep what the platform has paid for a payer who has got everything back."""
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        house = quiet.house
        offer_id = await an_offer(house, None, funder=Funder.PLATFORM, fixed_minor=280)
        payment = await quiet.payment()
        captured = await paid(quiet, payment, await one_begun(quiet, payment))
        await paid_out(quiet, (await balances(house))[f"merchant:{quiet.merchant_id}:pending"] - 1_000)
        poor = await balances(house)

        refused = await quiet.refund_or_why_not(payment)
        assert isinstance(refused, MerchantBalanceTooLow)
        assert await balances(house) == poor
        assert (await now(quiet, payment)).refunding_minor == 0
        [redemption] = await house.offers.redemptions(offer_id, merchant_id=None, before=None, limit=9)
        assert (redemption.given_back_minor, captured.captured_minor) == (0, 1_000)
        assert (await gone_back(quiet, payment, 500)).state is RefundState.SUCCEEDED
        assert (await balances(house))["platform:promotions"] == 140
        assert not await faults_in_books(house)


async def paid_out(quiet: QuietHouse, minor: int) -> None:
    """So much of what the merchant has is not there any more."""
    elsewhere, amount = AccountSpec("elsewhere", "CNY", AccountClass.ASSET), Money(minor, "CNY")
    lines = (debit(merchant_pending(quiet.merchant_id, "CNY"), amount), credit(elsewhere, amount))
    async with quiet.house.database.transaction() as tx:
        await quiet.house.ledger.open_accounts(tx, [elsewhere])
        entry = JournalEntry(id="paid_out", kind="paid_out", reference="mer_1", postings=lines)
        [receipt] = await quiet.house.ledger.post(tx, [entry])
        assert not isinstance(receipt, Refusal), receipt


async def test_an_attempt_that_ends_unpaid_gives_its_discount_free_and_one_paid_too_late_goes_back_whole(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        offer_id = await an_offer(quiet.house, None, funder=Funder.PLATFORM, budget_minor=200)
        payment = await quiet.payment()
        attempt = await one_begun(quiet, payment)
        assert (await offer_of(quiet.house, offer_id)).left_minor == 0
        await quiet.janitor_comes()
        shown = (await quiet.attempt(attempt.id)).code_url
        await quiet.janitor_comes(seconds=20 * 60)
        assert (await now(quiet, payment)).state is PaymentState.EXPIRED
        assert (await offer_of(quiet.house, offer_id)).left_minor == 200

        await quiet.control("alipay").pay(shown or "")
        await quiet.janitor_comes(seconds=120)
        await quiet.news_is_heard()
        await quiet.janitor_comes()
        story = await quiet.house.payments.get(payment.id, merchant_id=None)
        assert [(each.amount_minor, each.reason) for each in story.refunds] == [(1_080, "late_success")]
        assert (story.payment.captured_minor, story.payment.discount_minor) == (0, 0)
        assert await balances(quiet.house) == {}
        assert (await offer_of(quiet.house, offer_id)).left_minor == 200
        await check_books(quiet.house, await quiet.control("alipay").summary())


async def test_a_budget_is_not_passed_by_many_who_begin_to_pay_at_once(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        offer_id = await an_offer(quiet.house, quiet.merchant_id, budget_minor=900)
        payments = [await quiet.payment() for _ in range(12)]
        batches = [
            quiet.start(*(wish(payment) for payment in payments[nth : nth + 3])) for nth in range(0, 12, 3)
        ]
        results = [each for batch in await asyncio.gather(*batches) for each in batch]

        off = [each.attempt.discount_minor for each in results if isinstance(each, Started)]
        assert sorted(off) == [*[0] * 7, 100, 200, 200, 200, 200]
        assert (await offer_of(quiet.house, offer_id)).left_minor == 0
        again = await quiet.start(*(wish(payment) for payment in payments))
        assert [each.attempt.discount_minor for each in again if isinstance(each, Started)] == off


async def test_a_coupon_is_used_by_one_of_two_payments_and_by_both_attempts_of_one(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        offer_id = await an_offer(quiet.house, quiet.merchant_id, needs_coupon=True)
        code = await a_coupon(quiet.house, offer_id)
        asked = Asked(codes=(code,))
        first, second = await quiet.payment(), await quiet.payment()
        both = await asyncio.gather(*(begun(quiet, wish(each, asked=asked)) for each in (first, second)))
        assert sorted(str(type(each)) for [each] in both) == sorted([str(Attempt), str(type)])
        used = first if isinstance(both[0][0], Attempt) else second
        [plain] = await begun(quiet, wish(used, asked=Asked(codes=())))
        assert isinstance(plain, Attempt)
        assert (plain.discount_minor, plain.amount_minor) == (0, 1_280)
        [again] = await begun(quiet, wish(used, asked=asked))
        [same] = await begun(quiet, wish(used))
        assert isinstance(again, Attempt)
        assert isinstance(same, Attempt)
        assert (again.discount_minor, same.id) == (200, again.id)
        story = await quiet.house.payments.get(used.id, merchant_id=None)
        assert [each.abandoned for each in story.attempts] == [True, True, False]
        await paid(quiet, used, again)
        await quiet.janitor_comes()
        states = [each.state for each in (await quiet.house.payments.get(used.id, merchant_id=None)).attempts]
        assert states == [AttemptState.CLOSED, AttemptState.CLOSED, AttemptState.SUCCEEDED]
        redeemed = await quiet.house.offers.redemptions(offer_id, merchant_id=None, before=None, limit=9)
        assert [each.state for each in redeemed] == ["spent", "released"]
        assert (await offer_of(quiet.house, offer_id)).used_minor == 200
        await check_books(quiet.house, await quiet.control("alipay").summary())


async def test_what_was_given_up_and_is_paid_all_the_same_keeps_its_discount(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """The payer took the coupon away again, and then paid the code of before."""
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        offer_id = await an_offer(quiet.house, quiet.merchant_id, needs_coupon=True)
        code = await a_coupon(quiet.house, offer_id)
        payment = await quiet.payment()
        cheap = await one_begun(quiet, payment, codes=(code,))
        await quiet.janitor_comes()
        shown = (await quiet.attempt(cheap.id)).code_url
        await quiet.control("alipay").pay(shown or "")
        dear = await one_begun(quiet, payment, codes=())
        await quiet.janitor_comes()
        await quiet.janitor_comes()

        captured = await now(quiet, payment)
        assert (captured.captured_by, captured.captured_minor, captured.discount_minor) == (
            cheap.id,
            1_080,
            200,
        )
        assert (await quiet.attempt(dear.id)).state is AttemptState.CLOSED
        assert (await offer_of(quiet.house, offer_id)).used_minor == 200
        assert not await faults_in_books(quiet.house)


async def test_offers_hold_only_for_money_that_is_taken_at_once_and_as_it_was_shown(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        offer_id = await an_offer(quiet.house, quiet.merchant_id)
        payment = await quiet.payment()
        refused = await begun(
            quiet,
            wish(payment, asked=Asked(shown_minor=150)),
            wish(payment, asked=Asked(codes=("NOSUCHCODE",))),
        )
        assert refused == [OfferChanged, NoSuchCoupon]
        [right] = await begun(quiet, wish(payment, asked=Asked(shown_minor=200)))
        assert isinstance(right, Attempt)
        assert right.discount_minor == 200
        await quiet.house.offers.do(
            SetOfferState(offer_id=offer_id, state=OfferState.ENDED, merchant_id=None), actor="staff:test"
        )
        [same] = await begun(quiet, wish(payment))
        assert isinstance(same, Attempt)
        assert same.id == right.id, "what payers have begun to pay stays as they saw it"
        [other] = await begun(quiet, wish(await quiet.payment()))
        assert isinstance(other, Attempt)
        assert other.discount_minor == 0
        [begun_at_200] = await begun(quiet, wish(payment, asked=Asked(shown_minor=0)))
        assert begun_at_200 is OfferChanged, (
            "what is live already is given to nobody who showed another discount"
        )
        with pytest.raises(OfferChanged):
            await quiet.house.payments.open_checkout(
                payment.id, method="alipay", asked=Asked(codes=(), shown_minor=0)
            )
        [still] = (await quiet.house.payments.get(payment.id, merchant_id=None)).attempts
        assert (still.id, still.abandoned) == (right.id, False)


async def test_a_payer_is_known_where_the_wallet_checks_who_pays_and_not_by_what_a_merchant_says(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        offer_id = await an_offer(quiet.house, None, funder=Funder.PLATFORM, per_payer=1)

        async def discount(channel: str | None, product: Product, payer_id: str) -> int:
            payment = await quiet.payment()
            how = {"channel": channel, "method": None if channel else "alipay"}
            attempt = await quiet.started(payment, **how, means=Means(product=product, payer_id=payer_id))
            return attempt.discount_minor

        named = [await discount("alipay", Product.CODE, f"made-up-{nth}") for nth in range(2)]
        assert named == [0, 0]
        within = [await discount(channel, Product.JSAPI, PAYER) for channel in ("alipay", None)]
        assert within == [200, 0], "the same payer, whether the channel or its method was said"
        assert await discount(None, Product.JSAPI, "2088102146225136") == 200
        assert (await offer_of(quiet.house, offer_id)).used_minor == 400


async def test_the_payment_that_used_up_a_budget_keeps_its_discount_in_every_way(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        offer_id = await an_offer(quiet.house, quiet.merchant_id, budget_minor=200)
        payment = await quiet.payment()
        first = await one_begun(quiet, payment)
        await quiet.house.offers.refresh()
        attempts = (await quiet.house.payments.get(payment.id, merchant_id=None)).attempts
        [price] = await quiet.house.payments.prices.of(
            payment, [("alipay", Product.PAGE)], attempts=attempts, asked=Asked()
        )
        assert not isinstance(price, Refusal)
        second = await quiet.started(payment, channel="alipay", means=Means(product=Product.PAGE))

        assert (first.discount_minor, price.discount_minor, second.discount_minor) == (200, 200, 200)
        assert (await one_begun(quiet, await quiet.payment())).discount_minor == 0
        assert (await offer_of(quiet.house, offer_id)).used_minor == 200


async def test_what_a_purchase_would_cost_is_said_for_each_way(urls: DatabaseUrls, tmp_path: Path) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        prices = quiet.house.payments.prices
        payment = await quiet.payment()
        ways = [("alipay", Product.CODE), ("card", Product.CARD), ("bank_transfer", Product.TRANSFER)]
        plain = await prices.of(payment, ways, attempts=[], asked=Asked())
        assert [each.amount_minor for each in plain] == [1_280] * 3  # type: ignore[union-attr]
        await an_offer(quiet.house, quiet.merchant_id, methods=("alipay",))

        found = await prices.of(payment, ways, attempts=[], asked=Asked())
        assert [each.amount_minor for each in found] == [1_080, 1_280, 1_280]  # type: ignore[union-attr]
        held = await quiet.payment(capture_method=CaptureMethod.MANUAL)
        [manual] = await prices.of(held, ways[:1], attempts=[], asked=Asked(codes=("ANY",)))
        assert isinstance(manual, OfferNotUsable)


async def test_payments_that_no_offer_is_for_ask_nothing_about_offers(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Begun, paid and given back while nobody can read the tables of offers."""
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        await an_offer(quiet.house, new_id("mer"))
        async with quiet.house.database.transaction() as tx:
            await tx.run(_NOBODY_READS_OFFERS)
            async with asyncio.timeout(20):
                paid_for = await quiet.captured("alipay")
                refund = await gone_back(quiet, paid_for, None)
        assert refund.ended
        await check_books(quiet.house, await quiet.control("alipay").summary())


async def test_whoever_goes_on_to_a_channels_page_is_asked_for_no_more_than_they_saw(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "stripe", simulator="stripe") as quiet:
        house = quiet.house
        cards = HostedCards(house.customers, house.vault, house.clock, public_url="http://pay.example")
        desk = PaymentDesk(
            house.payments,
            house.merchants,
            house.checkout,
            house.clock,
            cards=cards,
            strangers=house.strangers,
        )
        offer_id = await an_offer(house, quiet.merchant_id, fixed_minor=200, name="Cards")
        payment = await quiet.payment(5_000)
        shown = await desk.open(payment.id, Wish(method="card"))
        assert (shown.saved.minor, shown.to_pay.minor) == (200, 4_800)
        assert [each.name for each in shown.savings.prices["card"].offers] == ["Cards"]
        await house.offers.do(
            SetOfferState(offer_id=offer_id, state=OfferState.PAUSED, merchant_id=None), actor="staff:test"
        )
        assert await desk.begin(payment.id, Wish(method="card", off_minor=shown.saved.minor)) is None
        assert (await desk.open(payment.id, Wish(method="card"))).saved.minor == 0

        assert await desk.begin(payment.id, Wish(method="card", off_minor=0)) is not None
        story = await house.payments.get(payment.id, merchant_id=None)
        assert [each.amount_minor for each in story.attempts] == [5_000]
