"""However a red packet is cut: is nothing lost, no share too large, and everybody's luck the same?"""

import random

from hypothesis import given
from hypothesis import strategies as st

from tael.foundation.money import Money
from tael.wallets.model.packets import PacketKind
from tael.wallets.rules.packets import cut

MOST = 20_000


@given(
    st.integers(1, 100).flatmap(
        lambda shares: st.tuples(st.just(shares), st.integers(shares, shares * MOST))
    ),
    st.sampled_from(PacketKind),
    st.integers(),
)
def test_shares_add_up_to_the_amount_and_each_is_between_one_and_the_most(
    drawn: tuple[int, int], kind: PacketKind, seed: int
) -> None:
    shares, minor = drawn
    dice = random.Random(seed).randrange
    parts = cut(Money(minor, "CNY"), shares, kind, most_minor=MOST, dice=dice)
    assert len(parts) == shares
    assert sum(parts) == minor
    assert min(parts) >= 1
    assert max(parts) <= MOST
    if kind is PacketKind.EQUAL:
        assert max(parts) - min(parts) <= 1


def test_whoever_comes_first_fares_no_better_than_whoever_comes_last() -> None:
    """10,000 packets of 10 shares: the mean of each place is within 2 % of a tenth, and so is, within 15 %, who has most."""
    dice = random.Random(20_260_301).randrange
    totals, most = [0] * 10, [0] * 10
    for _ in range(10_000):
        parts = cut(Money(10_000, "CNY"), 10, PacketKind.RANDOM, most_minor=MOST, dice=dice)
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
        most[parts.index(max(parts))] += 1
    assert all(980 * 10_000 < total < 1_020 * 10_000 for total in totals), totals
    assert all(850 < times < 1_150 for times in most), most
