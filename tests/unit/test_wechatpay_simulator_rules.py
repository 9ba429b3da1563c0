"""Is the simulator as strict as WeChat Pay? Signatures, times, parameters, and how it says no."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tael.channels.connectors.wechatpay.signing import Signer
from tael.simulators.base import Answer, Call, Faults, Journal, Stage
from tael.simulators.wechatpay import APP_ID, MERCHANT_ID, MERCHANT_SERIAL, WechatPaySimulator, prepare_keys
from tael.simulators.wechatpay.notices import WAITS
from tael.testing.clocks import ManualClock

ORDER: dict[str, Any] = {
    "appid": APP_ID,
    "mchid": MERCHANT_ID,
    "description": "两杯咖啡",
    "out_trade_no": "order-1",
    "notify_url": "https://merchant.example/notices",
    "amount": {"total": 1280, "currency": "CNY"},
}
NATIVE = "/v3/pay/transactions/native"


class Client:
    """Speaks to the simulator without a wire."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        keys = prepare_keys(folder)
        self.simulator = WechatPaySimulator(
            Stage(
                home=folder,
                url="https://pay.example",
                speed=1.0,
                clock=self.clock,
                faults=Faults(),
                journal=Journal(None),
            )
        )
        self._signer = Signer(keys.merchant_private_pem, merchant_id=MERCHANT_ID, serial=MERCHANT_SERIAL)

    def signed(self, method: str, target: str, content: Any = None, *, late: timedelta = timedelta()) -> Call:
        """A call as a merchant signs it."""
        body = b"" if content is None else msgspec.json.encode(content)
        authorization = self._signer.authorization(method, target, body, now=self.clock.now() - late)
        path, _, query = target.partition("?")
        headers = {"authorization": authorization, "accept": "application/json", "user-agent": "test"}
        return Call(method=method, path=path, raw_path=path, query=query, headers=headers, body=body)

    async def send(self, call: Call) -> Answer:
        """The simulator's answer."""
        answer = await self.simulator.answer(call)
        assert answer is not None
        return answer

    async def ask(self, method: str, target: str, content: Any = None) -> tuple[int, Any]:
        """Status and content of the answer to a signed call."""
        answer = await self.send(self.signed(method, target, content))
        return answer.status, msgspec.json.decode(answer.body) if answer.body else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def client(folder: Path) -> Client:
    return Client(folder)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"out_trade_no": "short"}, "/out_trade_no"),
        ({"description": ""}, "/description"),
        ({"amount": {"total": 0}}, "/amount/total"),
        ({"amount": {"total": 1, "currency": "USD"}}, "/amount/currency"),
        ({"notify_url": "https://merchant.example/notices?order=1"}, "/notify_url"),
        ({"notify_url": "http://merchant.example/notices"}, "/notify_url"),
        ({"time_expire": "2020-01-01T00:00:00+08:00"}, "/time_expire"),
        ({"mchid": "1900000999"}, "/mchid"),
    ],
)
async def test_a_wrong_parameter_is_named_in_the_refusal(
    client: Client, changes: dict[str, Any], field: str
) -> None:
    status, refusal = await client.ask("POST", NATIVE, {**ORDER, **changes})

    assert (status, refusal["code"]) == (400, "PARAM_ERROR")
    assert (refusal["detail"]["field"], refusal["detail"]["location"]) == (field, "body")


@pytest.mark.parametrize(
    ("path", "changes", "field"),
    [
        ("jsapi", {}, "/payer/openid"),
        ("h5", {}, "/scene_info"),
        ("codepay", {"payer": {"auth_code": "130000000000000000"}}, "/scene_info/store_info"),
    ],
)
async def test_each_product_asks_for_what_it_needs(
    client: Client, path: str, changes: dict[str, Any], field: str
) -> None:
    status, refusal = await client.ask("POST", f"/v3/pay/transactions/{path}", {**ORDER, **changes})

    assert (status, refusal["detail"]["field"]) == (400, field)


async def test_an_application_that_is_not_bound_to_the_merchant_is_refused(client: Client) -> None:
    status, refusal = await client.ask("POST", NATIVE, {**ORDER, "appid": "wx0000000000000000"})

    assert (status, refusal["code"]) == (400, "APPID_MCHID_NOT_MATCH")


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_request_from_another_time_is_refused(client: Client, minutes: int) -> None:
    answer = await client.send(client.signed("POST", NATIVE, ORDER, late=timedelta(minutes=minutes)))

    assert (answer.status, msgspec.json.decode(answer.body)["code"]) == (401, "SIGN_ERROR")
    assert "Wechatpay-Signature" not in answer.headers


async def test_s7_a_request_with_one_wrong_bit_is_never_taken(client: Client) -> None:
    right = client.signed(
        "POST", "/v3/pay/transactions/out-trade-no/order-1/close?a=b", {"mchid": MERCHANT_ID}
    )
    chance = random.Random(7)

    def flipped(text: str) -> str:
        place, bit = chance.randrange(len(text)), 1 << chance.randrange(7)
        return text[:place] + chr(ord(text[place]) ^ bit) + text[place + 1 :]

    for _ in range(300):
        where = chance.choice(["method", "raw_path", "query", "body", "authorization"])
        if where == "authorization":
            headers = {**right.headers, "authorization": flipped(right.headers["authorization"])}
            changed = msgspec.structs.replace(right, headers=headers)
        elif where == "body":
            changed = msgspec.structs.replace(right, body=flipped(right.body.decode()).encode())
        else:
            changed = msgspec.structs.replace(right, **{where: flipped(getattr(right, where))})
        answer = await client.send(changed)
        assert answer.status in (401, 404), where
    assert (await client.send(right)).status == 404
    assert msgspec.json.decode((await client.send(right)).body)["code"] == "ORDER_NOT_EXIST"


async def test_an_order_ends_unpaid_when_its_time_is_over(client: Client) -> None:
    expires_at = (client.clock.now() + timedelta(minutes=10)).isoformat()
    await client.ask("POST", NATIVE, {**ORDER, "time_expire": expires_at})
    where = f"/v3/pay/transactions/out-trade-no/order-1?mchid={MERCHANT_ID}"
    before = await client.ask("GET", where)

    client.clock.move(minutes=11)

    assert before[1]["trade_state"] == "NOTPAY"
    assert (await client.ask("GET", where))[1]["trade_state"] == "CLOSED"
    assert (await client.ask("POST", NATIVE, {**ORDER, "time_expire": expires_at}))[1][
        "code"
    ] == "ORDER_CLOSED"


async def test_an_address_that_does_not_exist_is_no_answer_that_could_be_believed(client: Client) -> None:
    answer = await client.send(client.signed("GET", "/v3/pay/transactions/nothing"))

    assert answer.status == 404
    assert "Wechatpay-Signature" not in answer.headers


async def test_a_record_of_today_or_of_long_ago_is_not_there(client: Client) -> None:
    today = client.clock.now().date()
    codes = [
        (await client.ask("GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL&tar_type=GZIP"))[1][
            "code"
        ]
        for day in (today, "yesterday", today - timedelta(days=100))
    ]

    assert codes == ["PARAM_ERROR", "PARAM_ERROR", "NO_STATEMENT_EXIST"]


def test_a_notice_is_repeated_fifteen_times_within_a_day() -> None:
    assert len(WAITS) == 15
    assert WAITS[:4] == tuple(timedelta(seconds=seconds) for seconds in (15, 15, 30, 180))
    assert sum(WAITS, timedelta()) == timedelta(hours=24, minutes=4)
