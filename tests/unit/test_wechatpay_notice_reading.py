"""Does the connector believe only what is sealed for us, and does it read it as WeChat Pay means it?"""

from datetime import timedelta
from typing import Any

import pytest

from tael.channels.errors import NoticeRefused
from tael.channels.port import InboundNotice, OutcomeState
from tael.foundation.money import Money
from tael.simulators.wechatpay import MERCHANT_ID
from tests.unit.wechatpay_desk import GIVEN_BACK, NOW, PAID, Desk, desk_in

S = OutcomeState
REFUNDED = {"mchid": MERCHANT_ID, "refund_status": "SUCCESS"} | {
    name: value for name, value in GIVEN_BACK.items() if name != "status"
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk_in(tmp_path_factory.mktemp("keys"))


def test_a_payment_is_read_with_its_amount_and_time(desk: Desk) -> None:
    notice = desk.connector.read_notice(desk.notice("TRANSACTION.SUCCESS", PAID), now=NOW)

    assert notice.notice_id == "EV-1"
    assert notice.outcome is not None
    assert (notice.outcome.state, notice.outcome.amount) == (S.SUCCEEDED, Money(1280, "CNY"))
    assert notice.outcome.happened_at == NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("word", "state"),
    [("SUCCESS", S.SUCCEEDED), ("CLOSED", S.FAILED), ("ABNORMAL", S.UNKNOWN), ("", S.UNKNOWN)],
)
def test_a_refund_is_read_by_its_refund_status(desk: Desk, word: str, state: OutcomeState) -> None:
    inbound = desk.notice("REFUND.SUCCESS", {**REFUNDED, "refund_status": word, "status": "SUCCESS"})

    outcome = desk.connector.read_notice(inbound, now=NOW).outcome

    assert outcome is not None
    assert (outcome.state, outcome.refund_number) == (state, "refund-1")


def test_news_that_we_do_not_need_are_accepted_and_say_nothing(desk: Desk) -> None:
    inbound = desk.notice("PROFITSHARING.SUCCESS", {"mchid": MERCHANT_ID})

    assert desk.connector.read_notice(inbound, now=NOW).outcome is None


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("TRANSACTION.SUCCESS", {**PAID, "mchid": "1900000999"}),
        ("TRANSACTION.SUCCESS", {**PAID, "out_trade_no": "x"}),
        ("TRANSACTION.SUCCESS", {**PAID, "amount": {"total": 1280, "currency": "USD"}}),
        ("TRANSACTION.SUCCESS", {**PAID, "amount": None}),
        ("TRANSACTION.SUCCESS", REFUNDED),
        ("REFUND.SUCCESS", PAID),
        ("REFUND.SUCCESS", {**REFUNDED, "mchid": ""}),
        ("REFUND.SUCCESS", {**REFUNDED, "out_refund_no": "中"}),
        ("REFUND.SUCCESS", {**REFUNDED, "amount": {"total": 1280}}),
    ],
)
def test_content_that_is_not_ours_or_not_whole_is_refused(
    desk: Desk, kind: str, content: dict[str, Any]
) -> None:
    with pytest.raises(NoticeRefused):
        desk.connector.read_notice(desk.notice(kind, content), now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "中文"},
        {"resource": None},
        {"resource": {"algorithm": "NONE", "ciphertext": "e30=", "nonce": "n", "associated_data": ""}},
        {
            "resource": {
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": "e30=",
                "nonce": "",
                "associated_data": "",
            }
        },
        {
            "resource": {
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": "!",
                "nonce": "n" * 12,
                "associated_data": "",
            }
        },
    ],
)
def test_a_signed_envelope_that_is_not_in_order_is_refused(desk: Desk, changes: dict[str, Any]) -> None:
    with pytest.raises(NoticeRefused):
        desk.connector.read_notice(desk.notice("TRANSACTION.SUCCESS", PAID, **changes), now=NOW)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_notice_from_another_time_is_refused(desk: Desk, minutes: int) -> None:
    inbound = desk.notice("TRANSACTION.SUCCESS", PAID)

    with pytest.raises(NoticeRefused):
        desk.connector.read_notice(inbound, now=NOW + timedelta(minutes=minutes))


def test_a_notice_sealed_for_another_merchant_is_refused(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = desk_in(tmp_path_factory.mktemp("other"))
    sealed_for_them = stranger.seal.seal(b"{}", about="transaction")
    inbound = desk.notice("TRANSACTION.SUCCESS", PAID, resource=sealed_for_them)

    with pytest.raises(NoticeRefused, match="sealed"):
        desk.connector.read_notice(inbound, now=NOW)


def test_a_signature_test_is_refused(desk: Desk) -> None:
    inbound = desk.notice("TRANSACTION.SUCCESS", PAID)
    headers = {
        **inbound.headers,
        "wechatpay-signature": "WECHATPAY/SIGNTEST/" + inbound.headers["wechatpay-signature"],
    }

    with pytest.raises(NoticeRefused, match="no signature"):
        desk.connector.read_notice(InboundNotice(headers=headers, query="", body=inbound.body), now=NOW)
