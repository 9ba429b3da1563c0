"""Do our connector and the simulated UnionPay agree, from the first form to the file of the day?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest

from tael.channels.errors import BillNotReady
from tael.channels.port import (
    BillKind,
    ErrorClass,
    InvokeWallet,
    LineKind,
    Operation,
    Order,
    OutcomeState,
    PostForm,
    Product,
    RefundOrder,
    ShowCode,
)
from tael.channels.transport import NoAnswer
from tael.foundation.clock import SystemClock
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.simulators.unionpay.keys import prepare_keys
from tael.testing.simulators import connector_of
from tests.integration.channel_scene import Scene, opened

PRICE = Money(1280, "CNY")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a second to make: once for all."""
    return tmp_path_factory.mktemp("unionpay")


@pytest.fixture
async def scene(folder: Path) -> AsyncIterator[Scene]:
    async with opened("unionpay", folder, speed=24_000) as scene:
        yield scene


def _refund_of(amount_minor: int) -> RefundOrder:
    return RefundOrder(
        refund_number=new_id("rfd"),
        amount=Money(amount_minor, "CNY"),
        reason="broken",
        created_at=SystemClock().now(),
    )


async def _paid(scene: Scene, product: Product = Product.APP) -> Order:
    order = scene.order(new_id("att"), amount=PRICE, product=product)
    await scene.ask(Operation.PAY, order)
    await scene.control.pay(order.order_number)
    notice = await scene.told()
    assert notice.outcome is not None
    assert notice.outcome.channel_reference is not None
    return msgspec.structs.replace(order, channel_reference=notice.outcome.channel_reference)


@pytest.mark.parametrize("product", [Product.APP, Product.CODE])
async def test_an_order_is_paid_told_and_found_again(scene: Scene, product: Product) -> None:
    order = scene.order(new_id("att"), amount=PRICE, product=product)
    begun = await scene.ask(Operation.PAY, order)
    assert begun.state is OutcomeState.WAITING
    assert isinstance(begun.action, InvokeWallet if product is Product.APP else ShowCode)
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.WAITING

    code = begun.action.code_url if isinstance(begun.action, ShowCode) else order.order_number
    await scene.control.pay(code)
    notice = await scene.told()
    assert notice.outcome is not None
    assert (notice.outcome.state, notice.outcome.amount) == (OutcomeState.SUCCEEDED, PRICE)
    assert notice.outcome.order_number == order.order_number

    found = await scene.ask(Operation.INQUIRE, order)
    assert (found.state, found.amount) == (OutcomeState.SUCCEEDED, PRICE)
    assert found.channel_reference == notice.outcome.channel_reference
    assert found.happened_at == notice.outcome.happened_at


@pytest.mark.parametrize("product", [Product.PAGE, Product.H5])
async def test_a_payer_comes_with_the_form_and_goes_back_to_the_shop(scene: Scene, product: Product) -> None:
    order = scene.order(
        new_id("att"), amount=PRICE, product=product, return_url="https://shop.example/thanks"
    )
    form = (await scene.ask(Operation.PAY, order)).action
    assert isinstance(form, PostForm)
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.ABSENT

    async with aiohttp.ClientSession() as browser:
        async with browser.post(form.url, data=dict(form.fields)) as page:
            assert page.status == 200
            assert order.order_number in await page.text()
            address = page.url
        async with browser.post(form.url, data=dict(form.fields)) as again:
            assert again.url == address
        async with browser.post(address, data={"choice": "decline"}) as page:
            assert page.status == 200
        assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.WAITING
        async with browser.post(address, data={"choice": "pay"}, allow_redirects=False) as back:
            assert back.headers["location"] == "https://shop.example/thanks"
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED


async def test_a_form_that_somebody_changed_opens_no_page(scene: Scene) -> None:
    order = scene.order(new_id("att"), amount=PRICE, product=Product.PAGE)
    form = (await scene.ask(Operation.PAY, order)).action
    assert isinstance(form, PostForm)
    async with (
        aiohttp.ClientSession() as browser,
        browser.post(form.url, data={**form.fields, "txnAmt": "1"}) as page,
    ):
        assert page.status == 400
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.ABSENT


async def test_an_order_that_nobody_pays_ends_by_itself(scene: Scene) -> None:
    order = scene.order(new_id("att"), amount=PRICE, product=Product.APP)
    await scene.ask(Operation.PAY, order)
    await scene.control.advance(seconds=16 * 60)
    with pytest.raises(AssertionError, match="409"):
        await scene.control.pay(order.order_number)
    later = msgspec.structs.replace(order, expires_at=order.expires_at - timedelta(minutes=25))
    assert (await scene.ask(Operation.INQUIRE, later)).state is OutcomeState.CLOSED


async def test_parts_are_given_back_until_nothing_is_left(scene: Scene) -> None:
    order = await _paid(scene)
    first, second, third = _refund_of(300), _refund_of(980), _refund_of(1)
    for refund in (first, second):
        asked = await scene.ask(Operation.REFUND, order, refund=refund)
        assert asked.state is OutcomeState.WAITING
        told = (await scene.told()).outcome
        assert told is not None
        assert (told.refund_number, told.order_number) == (refund.refund_number, order.order_number)
        assert (told.state, told.amount) == (OutcomeState.SUCCEEDED, refund.amount)
        found = await scene.ask(Operation.INQUIRE_REFUND, order, refund=refund)
        assert (found.state, found.amount) == (OutcomeState.SUCCEEDED, refund.amount)
    refused = await scene.ask(Operation.REFUND, order, refund=third)
    assert refused.state is OutcomeState.UNKNOWN
    assert (await scene.ask(Operation.INQUIRE_REFUND, order, refund=third)).state is OutcomeState.ABSENT
    view = await scene.control.order(order.order_number)
    assert (view.refunded_minor, len(view.refunds)) == (1280, 2)


async def test_a_refund_sent_twice_gives_the_money_back_once(scene: Scene) -> None:
    order, refund = await _paid(scene), _refund_of(500)
    await scene.control.switch_on(Fault.LOST_REPLY, calls=1, method="backTransReq")
    with pytest.raises(NoAnswer):
        await scene.ask(Operation.REFUND, order, refund=refund)
    again = await scene.ask(Operation.REFUND, order, refund=refund)
    assert (again.state, again.code) == (OutcomeState.UNKNOWN, "12")
    found = await scene.ask(Operation.INQUIRE_REFUND, order, refund=refund)
    assert found.state is OutcomeState.SUCCEEDED
    assert (await scene.control.order(order.order_number)).refunded_minor == 500


async def test_a_refund_finds_its_payment_when_nobody_kept_its_number(scene: Scene) -> None:
    order = msgspec.structs.replace(await _paid(scene), channel_reference="")
    refund = _refund_of(1280)
    assert (await scene.ask(Operation.REFUND, order, refund=refund)).state is OutcomeState.WAITING
    assert (await scene.control.order(order.order_number)).refunded_minor == 1280


async def test_an_empty_account_refuses_a_refund_for_good(scene: Scene) -> None:
    order, refund = await _paid(scene), _refund_of(500)
    await scene.control.switch_on(Fault.BALANCE_NOT_ENOUGH)
    outcome = await scene.ask(Operation.REFUND, order, refund=refund)
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)


async def test_the_file_of_the_day_tells_of_every_movement(scene: Scene) -> None:
    order = await _paid(scene)
    refund = _refund_of(300)
    await scene.ask(Operation.REFUND, order, refund=refund)
    now = SystemClock().now()
    with pytest.raises(BillNotReady):
        await scene.bill(BillKind.TRADES, now)
    await scene.control.advance(seconds=86_400)
    bill = await scene.bill(BillKind.TRADES, now - timedelta(days=1))

    lines = {(line.kind, line.order_number, line.refund_number): line for line in bill.lines}
    paid = lines[LineKind.PAYMENT, order.order_number, ""]
    assert (paid.amount, paid.fee, paid.channel_reference) == (
        PRICE,
        Money(7, "CNY"),
        order.channel_reference,
    )
    assert paid.happened_at is not None
    assert abs(paid.happened_at - (now - timedelta(days=1))) < timedelta(minutes=5)
    back = lines[LineKind.REFUND, order.order_number, refund.refund_number]
    assert back.amount == Money(-300, "CNY")
    assert sum(line.amount.minor for line in bill.lines) == 1280 - 300


async def test_a_probe_says_whether_unionpay_believes_us(scene: Scene, tmp_path: Path) -> None:
    assert (await scene.ask(Operation.PROBE)).state is OutcomeState.SUCCEEDED
    other = prepare_keys(tmp_path).merchant
    credentials = {"private_key": other.private_key, "certificate": other.certificate}
    running = msgspec.structs.replace(scene.running, credentials={**scene.running.credentials, **credentials})
    stranger = msgspec.structs.replace(scene, connector=connector_of(running))
    outcome = await stranger.ask(Operation.PROBE)
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.WRONG_SIGNATURE,
        Fault.WRONG_AMOUNT,
        Fault.WRONG_MERCHANT,
        Fault.WRONG_ORDER,
        Fault.SYSTEM_ERROR_BEFORE,
        Fault.SYSTEM_ERROR_AFTER,
    ],
)
async def test_answers_that_are_wrong_decide_nothing_and_the_next_one_does(
    scene: Scene, fault: Fault
) -> None:
    order = await _paid(scene)
    await scene.control.switch_on(fault, calls=1, method="queryTrans")
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.UNKNOWN
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED


@pytest.mark.parametrize("fault", [Fault.WRONG_SIGNATURE, Fault.WRONG_MERCHANT])
async def test_a_notice_that_cannot_be_believed_comes_again_until_it_can(scene: Scene, fault: Fault) -> None:
    order = scene.order(new_id("att"), amount=PRICE, product=Product.APP)
    await scene.ask(Operation.PAY, order)
    await scene.control.switch_on(fault, calls=1, method="notice")
    scene.door.status = 400
    await scene.control.pay(order.order_number)
    with pytest.raises(Exception, match=r"signature|merId"):
        await scene.told()
    scene.door.status = 200
    assert (await scene.told()).outcome is not None


async def test_a_simulator_that_comes_back_remembers_what_was_paid_and_not_yet_told(folder: Path) -> None:
    async with opened("unionpay", folder, remembers=True) as before:
        order = before.order(new_id("att"), amount=PRICE, product=Product.APP)
        await before.ask(Operation.PAY, order)
        before.door.status = 400
        await before.control.pay(order.order_number)
        await before.door.next()
    async with opened("unionpay", folder, remembers=True) as after:
        assert (await after.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED
        again = await after.ask(Operation.PAY, order)
        assert (again.state, again.code) == (OutcomeState.UNKNOWN, "12")
        view = await after.control.order(order.order_number)
        assert (view.paid_count, [notice.delivered for notice in view.notices]) == (1, [False])
