"""Do the console's rules hold without a server: what a form says, what differs, what a connector asks, how hours are drawn?"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from tael.channels.connectors import alipay, bank, wechatpay
from tael.channels.model import Measure, Proposed
from tael.channels.port import AmountRange, Capabilities, ConnectorKind, Operation, Product, Security
from tael.foundation.errors import Malformed
from tael.web.console.changes import shown_of_secrets
from tael.web.console.charts import HEIGHT, hours_chart
from tael.web.console.differences import Difference, differences
from tael.web.console.matrix import TERMS, matrix_of
from tael.web.console.places import PLACES, first_address, open_to
from tael.web.console.proposals import KINDS
from tael.web.console.settings_form import FieldKind, fields_asked, settings_in
from tael.web.ui.forms import Form
from tael.web.ui.i18n import CATALOGUES

NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


class Guard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    share: Annotated[int, Meta(ge=1, le=100)]


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: str
    days: int = 30
    live: bool = False
    guard: Guard | None = None
    lines: tuple[Guard, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    """Where `it` is,
    in one line."""
    seconds: int = 60
    owners: tuple[str, ...] = ("we",)
    strict: bool = True


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    key: str


KIND = ConnectorKind(
    name="lantern",
    title="Lantern",
    title_zh="灯",
    settings=Settings,
    credentials=Credentials,
    make=alipay.KIND.make,
)


# Forms


def test_a_form_becomes_what_the_page_asks_for_nested_and_in_order() -> None:
    typed = {
        "owner": "Ann",
        "days": "7",
        "live": "true",
        "guard.share": "5",
        "lines.10.share": "3",
        "lines.2.share": "2",
    }
    assert Form(values=typed).into(Opening) == Opening("Ann", 7, True, Guard(5), (Guard(2), Guard(3)))
    assert Form(values={"owner": "Ann", "days": ""}).into(Opening) == Opening("Ann")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"owner": ""}, "owner"),
        ({"owner": "Ann", "days": "soon"}, "days"),
        ({"owner": "Ann", "guard.share": "101"}, "guard.share"),
        ({"owner": "Ann", "role": "root"}, "role"),
        ({"owner.name": "Ann"}, "owner"),
        ({"owner": "Ann", "guard": "x", "guard.share": "1"}, "guard.share"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(typed: dict[str, str], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        Form(values=typed).into(Opening)
    assert refused.value.field == field


def test_a_refused_form_keeps_the_words_under_a_new_name_and_no_secret() -> None:
    form = Form(values={"owner": "Ann", "key": "s3cret"})
    again = form.refused(Malformed("No.", field="owner"), secret=["key"])
    assert (again.text("owner"), again.text("key"), again.is_wrong("owner")) == ("Ann", "", True)
    assert again.once != form.once


# Settings of a connector


def test_a_connectors_form_tells_kinds_defaults_and_meanings() -> None:
    asked = {each.name: each for each in fields_asked(Settings)}
    assert {name: each.kind for name, each in asked.items()} == {
        "url": FieldKind.TEXT,
        "seconds": FieldKind.NUMBER,
        "owners": FieldKind.LINES,
        "strict": FieldKind.TICK,
    }
    assert asked["url"].meaning == "Where it is, in one line."
    assert (asked["url"].required, asked["seconds"].otherwise) == (True, "60")


@pytest.mark.parametrize("kind", [alipay.KIND, bank.KIND, wechatpay.KIND])
def test_every_field_of_a_connector_of_ours_can_be_filled_in(kind: ConnectorKind) -> None:
    names = {field.name for field in msgspec.structs.fields(kind.settings)}
    assert {each.name for each in fields_asked(kind.settings)} == names


def test_settings_are_typed_and_what_nobody_changed_is_not_said() -> None:
    typed = {"settings.url": " https://x ", "settings.seconds": "60", "settings.owners": "we\n\nthey "}
    assert settings_in(Form(values=typed), KIND, {}) == {
        "url": "https://x",
        "owners": ["we", "they"],
        "strict": False,
    }
    kept = settings_in(Form(values={**typed, "settings.strict": "true"}), KIND, {"seconds": 9})
    assert kept["seconds"] == 60
    assert "strict" not in kept


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"settings.url": ""}, "settings.url"),
        ({"settings.url": "x", "settings.seconds": "1.5"}, "settings.seconds"),
        ({"settings.url": "x", "settings.sekonds": "1"}, "settings.sekonds"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_their_field(typed: dict[str, str], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        settings_in(Form(values=typed), KIND, {})
    assert refused.value.field == field


# Differences


def test_only_what_differs_is_shown_before_and_after() -> None:
    before = {"url": "a", "same": 1, "gone": True, "fees": [{"rate": 1}, {"rate": 2}]}
    after = {"url": "b", "same": 1, "new": ["x, y", "z"], "fees": [{"rate": 1}, {"rate": 3}], "empty": None}
    found = differences(before, after)
    assert found == [
        Difference("url", "a", "b"),
        Difference("new", "", '["x, y", "z"]'),
        Difference("fees.2.rate", "2", "3"),
        Difference("gone", "true", ""),
    ]
    assert [each.kind for each in found] == ["changed", "added", "changed", "removed"]
    assert differences({}, {}) == []


def test_of_secrets_that_would_be_others_the_page_shows_what_may_be_known_before_and_after() -> None:
    proposed = Proposed(
        channel="coin",
        connector="lantern",
        replaces=1,
        overtaken=False,
        settings_before={},
        settings={},
        credentials_changed=["account", "password"],
        credentials_known_before={"account": ["wallet 1"], "kept": ["the same"]},
        credentials_known={"account": ["wallet 2"], "kept": ["the same"]},
        addresses_before=["https://ours"],
        addresses=["https://theirs", "eip155:1"],
        simulated=False,
        certificates=(),
        trouble=None,
    )
    assert shown_of_secrets(proposed) == [
        Difference("addresses", "https://ours", "https://theirs\neip155:1"),
        Difference("account", "wallet 1", "wallet 2", is_secret=True),
        Difference("password", "", "", is_secret=True),
    ]
    same = msgspec.structs.replace(proposed, credentials_changed=[], addresses=["https://ours"])
    assert shown_of_secrets(same) == []


# Hours


def measure(hours_ago: int, calls: int, errors: int = 0) -> Measure:
    return Measure(
        channel="lantern",
        operation=Operation.PAY,
        hour=NOON.replace(minute=0) - timedelta(hours=hours_ago),
        calls=calls,
        by_state={},
        by_error={"timeout": errors} if errors else {},
        latency=[],
    )


def test_bars_stand_for_hours_and_a_single_error_is_seen() -> None:
    chart = hours_chart([measure(0, 10), measure(3, 1000, 1), measure(24, 99)], until=NOON)
    assert (len(chart.bars), chart.calls, chart.errors, chart.peak) == (24, 1010, 1, 1000)
    newest, worst = chart.bars[-1], chart.bars[-4]
    assert (newest.calls, newest.good, newest.bad) == (10, 1, 0)
    assert (worst.good, worst.bad, worst.top) == (HEIGHT - 1, 1, 0)
    assert hours_chart([], until=NOON).peak == 0


# The matrix


def test_the_matrix_has_a_row_for_everything_and_a_column_for_each_channel(
    lantern_capabilities: Capabilities,
) -> None:
    parts = {
        part.name: part.rows for part in matrix_of({"a": lantern_capabilities, "b": lantern_capabilities})
    }
    assert [row.name for row in parts["products"]] == list(Product)
    assert [row.name for row in parts["operations"]] == list(Operation)
    for rows in parts.values():
        assert all(len(row.cells or row.amounts) == 2 for row in rows)
        for row in rows:
            for catalogue in CATALOGUES.values():
                assert not row.words or catalogue.say(row.words)
    assert len(parts["terms"]) == len(TERMS)
    assert len(parts["amounts"]) == 7, "six currencies, and how many more"


@pytest.fixture
def lantern_capabilities() -> Capabilities:
    return Capabilities(
        method="lantern",
        operations=frozenset({Operation.PAY}),
        products=frozenset({Product.CODE}),
        amounts={
            name: AmountRange(1, 100) for name in ("CNY", "USD", "EUR", "AED", "AUD", "BHD", "BRL", "CAD")
        },
        security=Security(requests="", answers="", notices="", notice_window_seconds=0),
    )


# Places


def test_each_sees_the_doors_that_they_may_open_and_begins_at_the_first() -> None:
    assert first_address({"staff.read"}) == "/console/proposals/staff"
    assert first_address(set()) is None
    doors = [door.permission for place in open_to({"routing.read"}) for door in place.doors]
    assert set(doors) == {"routing.read"}


def test_every_door_and_every_kind_of_proposal_has_words_in_both_languages() -> None:
    for catalogue in CATALOGUES.values():
        for place in PLACES:
            assert catalogue.say(f"console.place_of.{place.name}")
            for door in place.doors:
                assert catalogue.say(f"console.{door.name}.title")
                assert catalogue.say(f"console.{door.name}.lead")
        for kind in KINDS:
            assert catalogue.say(f"console.kind_of.{kind.replace('.', '_')}")
