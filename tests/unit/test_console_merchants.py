"""Has the console a word for everything about merchants, and does what people type become what they mean?"""

from enum import StrEnum

import pytest

from tael.foundation.errors import Malformed
from tael.merchants.api import VERBS, action_of
from tael.merchants.model import (
    ApplicationState,
    BusinessKind,
    Cycle,
    FeeTerms,
    FieldReason,
    IdKind,
    Limits,
    MerchantDocumentKind,
    MerchantState,
    Price,
    RiskLevel,
    Tier,
    flat_rate,
)
from tael.merchants.rules.particulars import NEEDED
from tael.merchants.schemas import (
    AddPromotion,
    ApproveApplication,
    ChangeFeePlan,
    ChangeTerms,
    Propose,
    RequestChanges,
)
from tael.web.console.merchant_asks import FIELDS, MERCHANT_ASKS
from tael.web.ui.forms import Form
from tael.web.ui.i18n import CATALOGUES, Language

WORDS = CATALOGUES[Language.CHINESE].messages
AT_THE_MACHINE = {"apply", "register", "close", "set_state_active", "set_state_suspended"}


def words_of(table: str) -> set[str]:
    return {key.rpartition(".")[2] for key in WORDS if key.startswith(f"console.{table}.")}


@pytest.mark.parametrize(
    ("words", "things"),
    [
        ("merchant_state_of", MerchantState),
        ("application_of", ApplicationState),
        ("risk_of", RiskLevel),
        ("business_of", BusinessKind),
        ("id_of", IdKind),
        ("merchant_document_of", MerchantDocumentKind),
        ("cycle_of", Cycle),
    ],
)
def test_there_is_a_word_for_everything_about_merchants(words: str, things: type[StrEnum]) -> None:
    assert words_of(words) == set(things)


def test_each_form_field_and_verb_about_merchants_has_its_words() -> None:
    verbs = {action_of(command).removeprefix("merchants.") for command in VERBS}
    assert words_of("merchant_verb_of") == verbs | AT_THE_MACHINE
    assert words_of("merchant_ask_of") == set(MERCHANT_ASKS)
    alone = {f"merchant_{name}" for name, ask in MERCHANT_ASKS.items() if not ask.together}
    assert alone | {"merchant_proposed"} <= words_of("said_of")
    assert {entry.label for ask in MERCHANT_ASKS.values() for entry in ask.entries} <= WORDS.keys()
    missing = {"business", "legal_person", "account", "contact", "agreement"}
    fields = {each.replace(".", "_") for each in FIELDS} | {f"documents_{kind}" for kind in NEEDED} | missing
    assert words_of("merchant_field_of") == fields


def typed(name: str, /, **values: str) -> object:
    """What a form says, `__` standing for a dot."""
    said = {field.replace("__", "."): text for field, text in values.items()}
    command = MERCHANT_ASKS[name].read(Form(values=said))
    return command.change if isinstance(command, Propose) else command


RISK = {"level": "high", "reasons": "new", "review_on": "2027-01-01"}


def test_percents_amounts_and_times_are_those_that_people_write() -> None:
    approval = typed("approve", rate="0.38", note="fine", **RISK)
    assert isinstance(approval, ApproveApplication)
    assert (approval.fee_basis_points, approval.risk.level) == (38, RiskLevel.HIGH)
    terms = typed("change_settlement", cycle="weekly", minimum="12.80", reserve="5", note="x")
    assert terms == ChangeTerms(cycle=Cycle.WEEKLY, minimum_minor=1_280, reserve_basis_points=500)
    assert typed("change_settlement", note="x") == ChangeTerms()


def test_a_fee_plan_is_read_from_rows_of_tier_and_method() -> None:
    plan = typed(
        "change_fee_plan",
        effective_from="2027-01-01T08:00",
        note="x",
        row__0__from="0",
        row__0__rate="0.38",
        row__1__from="0",
        row__1__method="card",
        row__1__rate="0.8",
        row__1__floor="0.10",
        row__3__from="1000",
        row__3__rate="0.3",
    )
    assert isinstance(plan, ChangeFeePlan)
    assert plan.effective_from.isoformat() == "2027-01-01T08:00:00+08:00"
    card = Price(rate_millionths=8_000, limits={"CNY": Limits(floor_minor=10)})
    first = FeeTerms(default=Price(rate_millionths=3_800), by_method={"card": card})
    assert plan.tiers == (
        Tier(from_minor=0, terms=first),
        Tier(from_minor=100_000, terms=flat_rate(30)),
    )


def test_a_promotion_without_a_method_is_for_all_of_them() -> None:
    times = {"begins_at": "2027-01-01T08:00", "ends_at": "2027-02-01T08:00"}
    everything = typed("add_promotion", name="spring", row__0__rate="0", note="x", **times)
    assert isinstance(everything, AddPromotion)
    assert (everything.default, everything.by_method) == (Price(rate_millionths=0), {})
    one = typed("add_promotion", name="spring", row__0__rate="0", row__0__method="card", note="x", **times)
    assert isinstance(one, AddPromotion)
    assert (one.default, list(one.by_method)) == (None, ["card"])


def test_reasons_are_kept_for_the_fields_about_which_something_was_said() -> None:
    said = {"about__contact": " Nobody answers. ", "about__account": ""}
    assert typed("request_changes", **said) == RequestChanges(
        reasons=(FieldReason(field="contact", reason="Nobody answers."),)
    )


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("approve", {"rate": "0.38", "note": "x", **RISK, "level": ""}, "level"),
        ("approve", {"rate": "much", "note": "x", **RISK}, "rate"),
        ("approve", {"rate": "0.38", "note": " ", **RISK}, "note"),
        ("request_changes", {}, "about.application"),
        ("close", {"notice_days": "366", "reason": "x", "note": "x"}, "notice_days"),
        ("change_fee_plan", {"effective_from": "2027-01-01T08:00", "note": "x"}, "row.0.rate"),
        ("change_fee_plan", {"effective_from": "", "row__0__rate": "1", "note": "x"}, "effective_from"),
        ("change_fee_plan", {"row__0__rate": "1", "row__0__method": "card", "note": "x"}, "row.0.method"),
        ("change_settlement", {"minimum": "1.234", "note": "x"}, "minimum"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(name: str, values: dict[str, str], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        typed(name, **values)
    assert refused.value.field == field
