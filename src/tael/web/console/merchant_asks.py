"""Which forms are there about a merchant, and how does what people type become what programs say?

People write percents (`0.60`), amounts (`0.10`) and the time of day in China; commands hold millionths, minor units and
moments. A field that cannot be read is refused under the name that it has on the page.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from tael.foundation.errors import Malformed
from tael.foundation.money import Money
from tael.merchants.model import Cycle, FeeTerms, FieldReason, Limits, MerchantState, Price, RiskLevel, Tier
from tael.merchants.schemas import (
    AddPromotion,
    ApproveApplication,
    BeginReview,
    ChangeFeePlan,
    ChangeTerms,
    CloseMerchant,
    Command,
    Propose,
    RejectApplication,
    RequestChanges,
    ResumeMerchant,
    Risk,
    SetRisk,
    StaffChange,
    SuspendMerchant,
)
from tael.web.console.asks import Entry
from tael.web.console.commands import in_china, percent_in
from tael.web.ui.forms import Form

Read: TypeAlias = Callable[[Form], Command[Any]]

FIELDS = (
    "business.legal_name",
    "business.credit_code",
    "business.address",
    "business.mcc",
    "business.website",
    "legal_person",
    "account",
    "contact",
    "documents.business_licence",
    "documents.legal_person_id",
    "documents.bank_proof",
    "application",
)
"""What may be wrong with an application."""
FEE_ROWS = 6
CURRENCY = "CNY"
_LIVE = (MerchantState.ACTIVE, MerchantState.SUSPENDED, MerchantState.CLOSING)


class MerchantAsk(msgspec.Struct, frozen=True, kw_only=True):
    """One form. Its words are `console.merchant_ask_of.NAME`."""

    read: Read
    entries: Sequence[Entry] = ()
    together: bool = False
    """Whether it only proposes, and another person decides."""
    dangerous: bool = False
    applications: Sequence[str] = ()
    """In which states of the application it is offered."""
    states: Sequence[MerchantState] = ()
    """In which states of the merchant it is offered."""

    @property
    def takes_files(self) -> bool:
        """None of them does."""
        return False

    def is_offered(self, state: MerchantState, application: str | None) -> bool:
        """Whether it makes sense now."""
        return state in self.states or (application is not None and application in self.applications)


_WHY = Entry(name="note", kind="area", words="why")
_REASON = Entry(name="reason", kind="area")
_RISK = (
    Entry(name="level", kind="select", words="risk_level", options=list(RiskLevel), options_words="risk_of"),
    Entry(name="reasons", kind="area", words="risk_reasons"),
    Entry(name="review_on", kind="date", words="risk_review_on"),
)


class _RiskForm(msgspec.Struct, frozen=True, kw_only=True):
    risk: Risk


def _risk(form: Form) -> Risk:
    """The three fields of the risk level."""
    fields = {f"risk.{name}": form.text(name) for name in Risk.__struct_fields__}
    return msgspec.structs.replace(form, values=fields).into(_RiskForm, within="risk.").risk


def _proposing(change: StaffChange, form: Form) -> Propose:
    if not form.text("note").strip():
        raise Malformed("Say why: whoever decides reads this first.", field="note")
    return Propose(change=change, note=form.text("note"))


def _approve(form: Form) -> Propose:
    fee = percent_in(form.text("rate"), decimals=2, field="rate")
    return _proposing(ApproveApplication(risk=_risk(form), fee_basis_points=fee), form)


def _reject(form: Form) -> Propose:
    return _proposing(RejectApplication(reasons=_reasons(form)), form)


def _request_changes(form: Form) -> RequestChanges:
    return RequestChanges(reasons=_reasons(form))


def _reasons(form: Form) -> tuple[FieldReason, ...]:
    """What is wrong, field by field; fields about which nothing was said are left out."""
    reasons = tuple(
        FieldReason(field=field, reason=text)
        for field in FIELDS
        if (text := form.text(f"about.{field}").strip())
    )
    if not reasons:
        raise Malformed("Say what is wrong with at least one field.", field="about.application")
    return reasons


def _set_risk(form: Form) -> SetRisk:
    return SetRisk(risk=_risk(form))


def _suspend(form: Form) -> SuspendMerchant:
    return form.into(SuspendMerchant)


def _resume(form: Form) -> Propose:
    return _proposing(ResumeMerchant(), form)


def _close(form: Form) -> Propose:
    days = form.text("notice_days").strip()
    if not days.isdecimal() or int(days) > 365:
        raise Malformed("A notice has 0 to 365 days.", field="notice_days")
    return _proposing(CloseMerchant(notice_days=int(days), reason=form.text("reason")), form)


def _settlement(form: Form) -> Propose:
    minimum, reserve = form.text("minimum").strip(), form.text("reserve").strip()
    change = ChangeTerms(
        cycle=Cycle(form.text("cycle")) if form.text("cycle") in set(Cycle) else None,
        minimum_minor=Money.parse(minimum, CURRENCY, field="minimum").minor if minimum else None,
        reserve_basis_points=percent_in(reserve, decimals=2, field="reserve") if reserve else None,
    )
    return _proposing(change, form)


# Fees.


def _fee_plan(form: Form) -> Propose:
    """Rows of tier and method; the row without a method is what every other method of its tier costs."""
    tiers: dict[int, dict[str, Price]] = {}
    for row in range(FEE_ROWS):
        if form.text(f"row.{row}.rate").strip():
            beginning = form.text(f"row.{row}.from").strip() or "0"
            from_minor = Money.parse(beginning, CURRENCY, field=f"row.{row}.from").minor
            method = form.text(f"row.{row}.method").strip()
            tiers.setdefault(from_minor, {})[method] = _price(form, f"row.{row}.")
    if not tiers:
        raise Malformed("A fee plan has a rate.", field="row.0.rate")
    without = next((each for each, prices in tiers.items() if "" not in prices), None)
    if without is not None:
        raise Malformed(
            "Each tier has one row without a method: what every other method costs.", field="row.0.method"
        )
    change = {
        "change": "change_fee_plan",
        "effective_from": in_china(form, "effective_from").text("effective_from"),
        "currency": CURRENCY,
        "tiers": [
            msgspec.to_builtins(
                Tier(
                    from_minor=from_minor,
                    terms=FeeTerms(
                        default=prices[""], by_method={name: each for name, each in prices.items() if name}
                    ),
                )
            )
            for from_minor, prices in sorted(tiers.items())
        ],
    }
    return _proposing(_converted(change, ChangeFeePlan, field="effective_from"), form)


def _promotion(form: Form) -> Propose:
    method, price = form.text("row.0.method").strip(), _price(form, "row.0.")
    moments = in_china(form, "begins_at", "ends_at")
    change = {
        "change": "add_promotion",
        "name": form.text("name"),
        "begins_at": moments.text("begins_at"),
        "ends_at": moments.text("ends_at"),
        "default": None if method else msgspec.to_builtins(price),
        "by_method": {method: msgspec.to_builtins(price)} if method else {},
    }
    return _proposing(_converted(change, AddPromotion, field="begins_at"), form)


def _converted(change: Mapping[str, Any], into: type[Any], *, field: str) -> Any:
    try:
        return msgspec.convert(change, into)
    except msgspec.ValidationError as error:
        raise Malformed(f"{error}.", field=field) from error


def _price(form: Form, row: str) -> Price:
    def minor_in(name: str) -> int | None:
        text = form.text(f"{row}{name}").strip()
        return Money.parse(text, CURRENCY, field=f"{row}{name}").minor if text else None

    limits = Limits(
        fixed_minor=minor_in("fixed") or 0, floor_minor=minor_in("floor"), cap_minor=minor_in("cap")
    )
    return Price(
        rate_millionths=percent_in(form.text(f"{row}rate"), decimals=4, field=f"{row}rate"),
        limits={} if limits == Limits() else {CURRENCY: limits},
    )


MERCHANT_ASKS: Mapping[str, MerchantAsk] = {
    "begin_review": MerchantAsk(read=lambda _: BeginReview(), applications=("submitted",)),
    "approve": MerchantAsk(
        read=_approve,
        entries=(*_RISK, Entry(name="rate", words="first_rate"), _WHY),
        together=True,
        applications=("in_review",),
    ),
    "request_changes": MerchantAsk(read=_request_changes, applications=("in_review",)),
    "reject": MerchantAsk(
        read=_reject, entries=(_WHY,), together=True, dangerous=True, applications=("in_review",)
    ),
    "change_fee_plan": MerchantAsk(
        read=_fee_plan,
        entries=(Entry(name="effective_from", kind="moment"), _WHY),
        together=True,
        states=_LIVE,
    ),
    "add_promotion": MerchantAsk(
        read=_promotion,
        entries=(
            Entry(name="name", words="promotion"),
            Entry(name="begins_at", kind="moment", words="promotion_from"),
            Entry(name="ends_at", kind="moment", words="promotion_until"),
            _WHY,
        ),
        together=True,
        states=_LIVE,
    ),
    "change_settlement": MerchantAsk(
        read=_settlement,
        entries=(
            Entry(name="cycle", kind="select", options=list(Cycle), options_words="cycle_of", required=False),
            Entry(name="minimum", words="settlement_minimum", required=False),
            Entry(name="reserve", words="settlement_reserve", required=False),
            _WHY,
        ),
        together=True,
        states=_LIVE,
    ),
    "set_risk": MerchantAsk(read=_set_risk, entries=_RISK, states=_LIVE),
    "suspend": MerchantAsk(
        read=_suspend,
        entries=(_REASON,),
        dangerous=True,
        states=(MerchantState.ACTIVE, MerchantState.CLOSING),
    ),
    "resume": MerchantAsk(
        read=_resume, entries=(_WHY,), together=True, states=(MerchantState.SUSPENDED, MerchantState.CLOSING)
    ),
    "close": MerchantAsk(
        read=_close,
        entries=(Entry(name="notice_days", kind="number"), _REASON, _WHY),
        together=True,
        dangerous=True,
        states=(MerchantState.ACTIVE, MerchantState.SUSPENDED),
    ),
}
"""The forms by their names."""
