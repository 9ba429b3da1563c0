"""What do accounts refuse? Closed, frozen, past a floor or a ceiling, with and without holds."""

from datetime import UTC, datetime

import msgspec
import pytest

from tael.ledger import rules
from tael.ledger.errors import AccountClosed, AccountFrozen, LimitPassed
from tael.ledger.model import AccountClass, Frozen, JournalEntry, Limit, Phase, Posting
from tests.unit.ledger_desk import (
    ACCOUNTS,
    BANK,
    NOW,
    SHOP,
    Desk,
    account,
    decided,
    end,
    entry,
    later,
    names,
    pending,
    refused,
)

CLOSED = datetime(2026, 2, 14, 9, 0, tzinfo=UTC)
BY_CODE = {each.code: each for each in ACCOUNTS if each.currency == "CNY"}


def desk_with(code: str, **changes: object) -> Desk:
    return Desk([msgspec.structs.replace(BY_CODE[code], **changes)], shop=-100, bank=100, vault=100)


def move(code: str, minor: int) -> JournalEntry:
    return entry((code, minor), ("costs", -minor))


def hold(code: str, minor: int) -> JournalEntry:
    return pending((code, minor), ("costs", -minor))


# ── Limits ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "last", "first_beyond", "limit"),
    [("shop", 10, 11, 0), ("vault", -10, -11, 0), ("credit", 510, 511, -500)],
)
def test_an_account_may_come_to_its_floor_and_not_a_unit_further(
    code: str, last: int, first_beyond: int, limit: int
) -> None:
    balances = {"shop": -10, "vault": 10, "credit": -10}

    assert names([Desk(**balances).one(move(code, last))]) == ["Decided"]
    assert names([Desk(**balances).one(hold(code, last))]) == ["Decided"]
    for beyond in (move(code, first_beyond), hold(code, first_beyond)):
        refused(
            Desk(**balances).one(beyond),
            LimitPassed,
            field="postings",
            account=code,
            limit_minor=limit,
            missing_minor=1,
            currency="CNY",
        )


@pytest.mark.parametrize(("code", "last", "limit"), [("vault", 1_000, 1_000), ("credit", -2_000, 2_000)])
def test_an_account_may_come_to_its_ceiling_and_not_a_unit_further(code: str, last: int, limit: int) -> None:
    beyond = last + (1 if last > 0 else -1)

    assert names([Desk().one(move(code, last))]) == ["Decided"]
    assert names([Desk().one(hold(code, last))]) == ["Decided"]
    for one in (move(code, beyond), hold(code, beyond)):
        refused(
            Desk().one(one),
            LimitPassed,
            field="postings",
            account=code,
            limit_minor=limit,
            missing_minor=1,
            currency="CNY",
        )


def test_a_limit_that_is_passed_is_told_in_money() -> None:
    short = Desk(shop=-10).one(move("shop", 111))
    over = Desk(vault=10).one(move("vault", 1_000))

    assert isinstance(short, LimitPassed)
    assert short.message == "shop is short of 1.01 CNY: its balance may not fall below 0.00 CNY."
    assert isinstance(over, LimitPassed)
    assert over.message == "vault is over by 0.10 CNY: its balance may not rise above 10.00 CNY."


def test_amounts_are_told_with_the_decimals_of_the_currency() -> None:
    coins = account(7, "coins", AccountClass.ASSET, floor=0, currency="USDT", exponent=6)
    bank = account(8, "bank", AccountClass.ASSET, currency="USDT", exponent=6)

    refusal = Desk([coins, bank]).one(entry(("coins/USDT", -1), ("bank/USDT", 1)))

    assert isinstance(refusal, LimitPassed)
    assert refusal.message == "coins is short of 0.000001 USDT: its balance may not fall below 0.000000 USDT."
    assert refusal.facts["currency"] == "USDT"


def test_holds_that_take_away_count_against_the_floor_and_those_that_bring_do_not_help() -> None:
    desk = Desk(vault=10)
    desk.book(hold("vault", -6))

    assert names([desk.one(pending(("vault", 50), ("costs", -50), id="p2"))]) == ["Decided"]
    assert names([desk.one(move("vault", -5))]) == ["LimitPassed"]
    assert names([desk.one(move("vault", -4))]) == ["Decided"]
    assert names([desk.one(end(Phase.POST))]) == ["Decided"]


def test_holds_that_bring_count_against_the_ceiling_and_those_that_take_away_do_not_help() -> None:
    desk = Desk(vault=900)
    desk.book(hold("vault", 60))

    assert names([desk.one(pending(("vault", -500), ("costs", 500), id="p2"))]) == ["Decided"]
    assert names([desk.one(move("vault", 41))]) == ["LimitPassed"]
    assert names([desk.one(move("vault", 40))]) == ["Decided"]
    assert names([desk.one(end(Phase.POST))]) == ["Decided"]


def test_holds_of_an_account_whose_normal_side_is_credit_count_from_that_side() -> None:
    desk = Desk(credit=0)
    desk.book(hold("credit", 400), pending(("credit", -1_900), ("costs", 1_900), id="p2"))

    assert rules.least_and_most(-1, desk.amounts("credit")) == (-400, 1_900)
    assert names([desk.one(move("credit", 101))]) == ["LimitPassed"]
    assert names([desk.one(move("credit", -101))]) == ["LimitPassed"]
    assert names([desk.one(move("credit", 100))]) == ["Decided"]


@pytest.mark.parametrize("code", ["shop", "vault"])
def test_a_balance_beyond_its_floor_may_come_back_towards_it(code: str) -> None:
    sign = 1 if code == "shop" else -1
    overdrawn = {code: sign * 100}

    assert names([Desk(**overdrawn).one(move(code, -sign * 40))]) == ["Decided"]
    assert names([Desk(**overdrawn).one(move(code, sign))]) == ["LimitPassed"]
    assert names([Desk(**overdrawn).one(hold(code, -sign * 40))]) == ["Decided"]


def test_a_balance_beyond_its_ceiling_may_come_back_towards_it() -> None:
    assert names([Desk(vault=1_500).one(move("vault", -40))]) == ["Decided"]
    assert names([Desk(vault=1_500).one(move("vault", 1))]) == ["LimitPassed"]
    assert names([Desk(vault=1_500).one(hold("vault", -40))]) == ["Decided"]


def test_only_the_whole_entry_is_measured_against_a_limit() -> None:
    through = entry(("shop", 50), ("bank", -50), ("shop", -50), ("bank", 50))
    twice = entry(("shop", 6), ("bank", -12), ("shop", 6))

    assert names([Desk().one(through)]) == ["Decided"]
    assert names([Desk(shop=-12).one(twice)]) == ["Decided"]
    assert names([Desk(shop=-11).one(twice)]) == ["LimitPassed"], "the sum of both lines"


def test_an_entry_that_leaves_a_balance_where_it_is_passes_every_limit() -> None:
    assert names([Desk(shop=50).one(entry(("shop", 5), ("shop", -5)))]) == ["Decided"]


def test_a_post_takes_the_part_that_was_held_even_if_a_limit_came_meanwhile() -> None:
    desk = Desk(vault=10)
    desk.book(hold("vault", -6))
    desk.standing("vault").limit = Limit(floor_minor=8)

    assert names([desk.one(end(Phase.POST))]) == ["Decided"]


def test_of_several_limits_the_last_that_has_begun_counts() -> None:
    limits = (
        Limit(floor_minor=0),
        Limit(begins_at=later(days=-1), floor_minor=-10),
        Limit(begins_at=NOW, floor_minor=-20),
        Limit(begins_at=later(days=1), floor_minor=-30),
    )
    limited = msgspec.structs.replace(BY_CODE["shop"], limits=limits)

    moments = (later(days=-9), later(days=-1), NOW, later(hours=23), later(days=1))
    assert [limited.limit_at(moment).floor_minor for moment in moments] == [0, -10, -20, -20, -30]


# ── Frozen and closed ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("code", "sign"), [("bank", 1), ("shop", -1)])
@pytest.mark.parametrize("frozen", list(Frozen))
def test_a_frozen_account_is_stopped_in_its_direction_on_its_normal_side(
    code: str, sign: int, frozen: Frozen
) -> None:
    stops_in, stops_out = frozen in (Frozen.IN, Frozen.BOTH), frozen in (Frozen.OUT, Frozen.BOTH)

    for make in (move, hold):
        into = desk_with(code, frozen=frozen).one(make(code, sign))
        out_of = desk_with(code, frozen=frozen).one(make(code, -sign))
        assert isinstance(into, AccountFrozen) == stops_in
        assert isinstance(out_of, AccountFrozen) == stops_out


def test_a_frozen_account_is_named_with_the_direction() -> None:
    into = refused(
        desk_with("bank", frozen=Frozen.BOTH).one(move("bank", 1)),
        AccountFrozen,
        field="postings",
        account="bank",
        currency="CNY",
    )
    out_of = desk_with("shop", frozen=Frozen.OUT).one(move("shop", 1))

    assert into.message == "bank is frozen: nothing goes in."
    assert isinstance(out_of, AccountFrozen)
    assert out_of.message == "shop is frozen: nothing goes out."


def test_what_comes_and_goes_in_one_entry_does_not_move_a_frozen_account() -> None:
    there_and_back = entry(("bank", 5), ("costs", -5), ("bank", -5), ("costs", 5))

    assert names([desk_with("bank", frozen=Frozen.BOTH).one(there_and_back)]) == ["Decided"]


@pytest.mark.parametrize("frozen", [Frozen.IN, Frozen.OUT, Frozen.BOTH])
def test_a_hold_on_a_frozen_account_can_be_voided_and_not_posted_in_that_direction(frozen: Frozen) -> None:
    desk = Desk(bank=100)
    desk.book(hold("bank", 5))
    standing = desk.standing("bank")
    standing.account = msgspec.structs.replace(standing.account, frozen=frozen)
    standing.guarded = True

    posted = desk.one(end(Phase.POST))
    assert isinstance(posted, AccountFrozen) == (frozen is not Frozen.OUT)
    if isinstance(posted, AccountFrozen):
        assert desk.amounts("bank") == (100, 5, 0, 0)
        decided(desk.one(end(Phase.VOID)))


def test_nothing_moves_on_a_closed_account() -> None:
    for given in (move("bank", 1), move("bank", -1), hold("bank", 1), entry(("bank", 1), ("bank", -1))):
        refusal = refused(
            desk_with("bank", closed_at=CLOSED).one(given),
            AccountClosed,
            field="postings",
            account="bank",
            currency="CNY",
        )
        assert refusal.message == "bank in CNY was closed on 2026-02-14."


def test_an_account_without_any_of_this_refuses_nothing() -> None:
    desk = Desk()

    assert not desk.standing("bank").guarded
    assert not desk.standing("costs").guarded
    assert all(desk.standing(code).guarded for code in ("shop", "vault", "credit"))
    assert desk_with("bank", frozen=Frozen.IN).standing("bank").guarded
    assert desk_with("bank", closed_at=CLOSED).standing("bank").guarded
    only_ceiling = (Limit(ceiling_minor=5),)
    assert desk_with("bank", limits=only_ceiling).standing("bank").guarded
    only_floor = (Limit(floor_minor=5),)
    assert desk_with("bank", limits=only_floor).standing("bank").guarded


def test_closed_is_told_before_frozen_and_frozen_before_limits_whatever_the_order_of_lines() -> None:
    closed = account(BANK, "bank", AccountClass.ASSET, closed_at=CLOSED)
    frozen = account(SHOP, "shop", AccountClass.LIABILITY, frozen=Frozen.BOTH)
    all_three = [("vault", -5), ("shop", 3), ("bank", 2)]

    for given in (all_three, all_three[::-1]):
        assert names([Desk([closed, frozen]).one(entry(*given))]) == ["AccountClosed"]
        assert names([Desk([frozen]).one(entry(*given))]) == ["AccountFrozen"]
        assert names([Desk(shop=-10).one(entry(*given))]) == ["LimitPassed"]


def test_of_two_accounts_that_refuse_for_the_same_reason_the_first_line_is_told() -> None:
    one = Desk().one(entry(("vault", -5), ("shop", 5)))
    other = Desk().one(entry(("shop", 5), ("vault", -5)))

    assert isinstance(one, LimitPassed)
    assert isinstance(other, LimitPassed)
    assert (one.facts["account"], other.facts["account"]) == ("vault", "shop")


def test_an_account_that_refuses_nothing_does_not_hide_one_that_does() -> None:
    assert names([Desk().one(entry(("shop", 5), ("costs", -5)))]) == ["LimitPassed"]
    assert names([Desk().one(entry(("costs", -5), ("shop", 5)))]) == ["LimitPassed"]
    assert names([Desk().one(pending(("costs", -5), ("shop", 5)))]) == ["LimitPassed"]


def test_voids_and_expiries_are_stopped_by_nothing() -> None:
    desk = Desk(bank=100)
    desk.book(hold("bank", 5), pending(("bank", -5), ("costs", 5), id="p2", expires_at=NOW))
    standing = desk.standing("bank")
    standing.account = msgspec.structs.replace(standing.account, frozen=Frozen.BOTH, closed_at=CLOSED)
    standing.limit = Limit(floor_minor=1_000, ceiling_minor=1_001)
    standing.guarded = True

    verdicts = desk.put(end(Phase.VOID), end(Phase.EXPIRY, id="p2:expiry", ends="p2"))

    assert names(verdicts) == ["Decided", "Decided"]


def test_a_posting_says_account_and_amount() -> None:
    assert entry(("bank/USD", 3)).postings == (Posting("bank", "USD", 3),)
