"""Can what somebody says who applies be right, what of it may be shown, which agreement holds, and who may do what when?"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from tael.merchants.errors import ApplicationMalformed, DocumentRefused, NeedsReview, NotFromThisState
from tael.merchants.model import (
    AgreementVersion,
    Application,
    ApplicationState,
    BankAccount,
    Business,
    BusinessKind,
    Contact,
    Cycle,
    IdKind,
    LegalPerson,
    MerchantState,
    Particulars,
    Standing,
    Statement,
)
from tael.merchants.rules import EVERY_PERMISSION, agreements, particulars, settlement, standing

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BUSINESS = Business(
    kind=BusinessKind.COMPANY,
    legal_name="Blue Teapot",
    credit_code="91110000600037341L",
    address="12 Teapot Lane",
    mcc="5499",
    expected_monthly_minor=1,
)
PERSON = LegalPerson(name="Li Ming", id_kind=IdKind.RESIDENT_ID, id_number="11010519491231002X")
ACCOUNT = BankAccount(holder="Blue Teapot", number="6222020200112230", bank_name="ICBC")
CONTACT = Contact(name="Wang Fang", email="fang@teapot.example", phone="+86 571 8888 0000")
EVERYTHING = Particulars(business=BUSINESS, legal_person=PERSON, account=ACCOUNT, contact=CONTACT)


def test_particulars_that_can_be_right_are_accepted_and_masked() -> None:
    particulars.check_particulars(EVERYTHING)
    shown = msgspec.json.encode(particulars.masked(EVERYTHING)).decode()
    for secret in (PERSON.id_number, ACCOUNT.number, CONTACT.phone):
        assert secret not in shown
    assert particulars.masked(Particulars()) == Particulars()


@pytest.mark.parametrize(
    ("section", "field", "wrong"),
    [
        ("business", "credit_code", "91110000600037341M"),
        ("business", "credit_code", "91110000600037341l"),
        ("business", "credit_code", " 91110000600037341"),
        ("business", "mcc", "54x9"),
        ("business", "website", "javascript:alert(1)"),
        ("legal_person", "id_number", "110105194912310021"),
        ("legal_person", "id_number", "11010519491231002x"),
        ("account", "number", "1234567"),
        ("account", "number", "6222 0202 0011 2230"),
        ("account", "bank_code", "12345"),
        ("contact", "email", "nobody"),
        ("contact", "phone", "call me"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(section: str, field: str, wrong: str) -> None:
    said: Any = getattr(EVERYTHING, section)
    changed = msgspec.structs.replace(
        EVERYTHING, **{section: msgspec.structs.replace(said, **{field: wrong})}
    )
    with pytest.raises(ApplicationMalformed) as refused:
        particulars.check_particulars(changed)
    assert refused.value.field == f"{section}.{field}"


def test_a_passport_has_no_check_digit() -> None:
    passport = msgspec.structs.replace(PERSON, id_kind=IdKind.PASSPORT, id_number="E12345678")
    particulars.check_particulars(Particulars(legal_person=passport))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
    ],
)
def test_a_document_is_what_its_bytes_show(content: bytes, media_type: str) -> None:
    assert particulars.look_at_document(content).media_type == media_type
    with pytest.raises(DocumentRefused):
        particulars.look_at_document(b" " + content)


# States.


def merchant_in(state: MerchantState) -> Standing:
    return Standing(
        id="mer_1",
        name="Blue Teapot",
        state=state,
        fee_basis_points=60,
        created_at=NOW,
        version=1,
        state_since=None,
        state_reason="",
        closes_at=None,
        risk=None,
        risk_reasons="",
        risk_review_on=None,
    )


@pytest.mark.parametrize("before", MerchantState)
@pytest.mark.parametrize("after", MerchantState)
def test_a_merchant_moves_as_the_table_says_and_not_otherwise(
    before: MerchantState, after: MerchantState
) -> None:
    merchant = merchant_in(before)
    if after in standing.NEXT[before]:
        moved = standing.moved(merchant, after, now=NOW)
        assert (moved.state, moved.state_since, moved.version) == (after, NOW, 2)
    else:
        with pytest.raises(NotFromThisState):
            standing.moved(merchant, after, now=NOW)


def test_nothing_leads_on_from_closed_and_only_a_review_into_business() -> None:
    assert standing.NEXT[MerchantState.CLOSED] == frozenset()
    assert MerchantState.SUSPENDED not in standing.NEXT[MerchantState.APPLYING]


@pytest.mark.parametrize("state", MerchantState)
def test_new_payments_are_for_active_merchants_alone_and_refunds_for_whoever_was(
    state: MerchantState,
) -> None:
    left = standing.permissions_left(state, EVERY_PERMISSION)
    assert ("payments.write" in left) == (state is MerchantState.ACTIVE)
    has_sold = state in (MerchantState.ACTIVE, MerchantState.SUSPENDED, MerchantState.CLOSING)
    assert ("payments.refund" in left) == has_sold
    assert "merchant.read" in left
    assert standing.permissions_left(state, frozenset()) == frozenset()


def test_in_test_mode_everybody_acts_who_is_not_closed() -> None:
    for state in MerchantState:
        seen = standing.in_test_mode(merchant_in(state)).state
        assert seen is (state if state is MerchantState.CLOSED else MerchantState.ACTIVE)


@pytest.mark.parametrize("before", ApplicationState)
@pytest.mark.parametrize("after", ApplicationState)
def test_an_application_moves_as_the_table_says_and_not_otherwise(
    before: ApplicationState, after: ApplicationState
) -> None:
    application = Application(
        id="app_1", merchant_id="mer_1", state=before, particulars=Particulars(), created_at=NOW
    )
    if before in particulars.FROM[after]:
        assert particulars.moved(application, after).state is after
    else:
        with pytest.raises(NotFromThisState):
            particulars.moved(application, after)


def test_nothing_leads_on_from_a_decision() -> None:
    ends = {ApplicationState.APPROVED, ApplicationState.REJECTED}
    assert not any(ends & before for before in particulars.FROM.values())


# Agreement and settlement.

FIRST, SECOND = (
    AgreementVersion(version=version, effective_from=begins, sign_by=sign_by, digests={"en": "00"})
    for version, begins, sign_by in (
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31)),
        ("2026-06", date(2026, 6, 1), date(2026, 6, 30)),
    )
)


def signed(version: str) -> Statement:
    return Statement(
        id="sig_1",
        merchant_id="mer_1",
        merchant_name="Blue Teapot",
        version=version,
        language="en",
        digest="00",
        signer_name="Li Ming",
        signer_title="Director",
        signed_by="member:lgn_1",
        remote_address="",
        signed_at=NOW,
    )


@pytest.mark.parametrize(
    ("today", "signatures", "current", "must_sign", "sign_by"),
    [
        (date(2025, 12, 1), (), FIRST, True, None),
        (date(2026, 5, 31), ("2026-01",), FIRST, False, None),
        (date(2026, 6, 1), ("2026-01",), SECOND, True, date(2026, 6, 30)),
        (date(2026, 6, 1), ("2026-06", "2026-01"), SECOND, False, None),
        (date(2026, 6, 1), (), SECOND, True, None),
    ],
)
def test_a_new_version_asks_for_signing_again_by_its_day(
    *,
    today: date,
    signatures: Sequence[str],
    current: AgreementVersion,
    must_sign: bool,
    sign_by: date | None,
) -> None:
    found = agreements.standing([FIRST, SECOND], [signed(each) for each in signatures], today=today)
    assert (found.current, found.must_sign, found.sign_by) == (current, must_sign, sign_by)


def test_a_version_can_be_signed_before_it_begins() -> None:
    assert agreements.announced([FIRST, SECOND], date(2026, 5, 1)) == ["2026-06"]


@pytest.mark.parametrize("before", Cycle)
@pytest.mark.parametrize("after", Cycle)
def test_a_merchant_never_settles_faster_by_itself(before: Cycle, after: Cycle) -> None:
    faster = settlement.BY_SPEED.index(after) < settlement.BY_SPEED.index(before)
    if faster:
        with pytest.raises(NeedsReview):
            settlement.check_no_faster(before, after)
    else:
        settlement.check_no_faster(before, after)
