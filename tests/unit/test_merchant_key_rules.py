"""What may a key be, and who may give it?"""

from datetime import timedelta

import msgspec
import pytest

from tael.merchants.errors import BeyondYours, KeyMalformed
from tael.merchants.model.keys import ApiKey, WantedKey
from tael.merchants.rules import EVERY_PERMISSION
from tael.merchants.rules.keys import PRESETS, check_wanted, check_within, networks_of, permissions_of
from tael.testing.clocks import ManualClock

NOW = ManualClock().now()
GIVER = ApiKey(prefix="tael_aaaaaaaaaa", merchant_id="mer_1", version="2026-11-01", created_at=NOW)


def giver(**its: object) -> ApiKey:
    return msgspec.structs.replace(GIVER, **its)


def test_every_preset_is_made_of_permissions_that_exist() -> None:
    assert set(PRESETS) == {"full", "read_only", "checkout", "counter"}
    for scopes in PRESETS.values():
        check_wanted(WantedKey(scopes=scopes), now=NOW)
        assert "papers.read" not in permissions_of(WantedKey(scopes=scopes)), "identity papers"
    assert all(each.endswith(".read") for each in PRESETS["read_only"] or ())


def test_a_key_without_scopes_may_do_everything_and_a_publishable_one_nothing() -> None:
    assert permissions_of(WantedKey()) == EVERY_PERMISSION - {"papers.read"}
    assert permissions_of(WantedKey(scopes=("papers.read",))) == {"papers.read"}
    assert permissions_of(WantedKey(scopes=("payments.read",))) == {"payments.read"}
    assert not permissions_of(WantedKey(publishable=True)) & EVERY_PERMISSION


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("name", WantedKey(name="x" * 65)),
        ("name", WantedKey(name="line\nbreak")),
        ("scopes", WantedKey(scopes=())),
        ("scopes", WantedKey(scopes=("payments.read", "payments.read"))),
        ("scopes", WantedKey(scopes=("payments.everything",))),
        ("scopes", WantedKey(scopes=("channels.change",))),
        ("publishable", WantedKey(publishable=True, scopes=("payments.read",))),
        ("addresses", WantedKey(addresses=("203.0.113.7/24",))),
        ("addresses", WantedKey(addresses=("anywhere",))),
        ("addresses", WantedKey(addresses=("203.0.113.7",) * 33)),
        ("expires_at", WantedKey(expires_at=NOW)),
        ("reads_per_second", WantedKey(reads_per_second=0)),
        ("changes_per_second", WantedKey(changes_per_second=100_001)),
    ],
)
def test_what_no_key_can_be_is_refused_with_its_field(field: str, wanted: WantedKey) -> None:
    with pytest.raises(KeyMalformed) as refused:
        check_wanted(wanted, now=NOW)
    assert refused.value.field == field


def test_networks_are_of_both_kinds_and_single_addresses() -> None:
    one, two, three = networks_of(("203.0.113.7", "203.0.113.0/24", "2001:db8::/48"))
    assert (one.num_addresses, two.num_addresses, three.version) == (1, 256, 6)


@pytest.mark.parametrize("scope", sorted(EVERY_PERMISSION))
def test_nobody_gives_a_permission_that_they_do_not_have(scope: str) -> None:
    wanted = WantedKey(scopes=(scope,))
    check_within(wanted, permissions=frozenset({scope}), by=None)
    with pytest.raises(BeyondYours) as refused:
        check_within(wanted, permissions=EVERY_PERMISSION - {scope}, by=None)
    assert refused.value.facts == {"permission": scope}


def test_a_key_of_everything_is_given_by_a_key_of_everything_alone() -> None:
    check_within(WantedKey(), permissions=EVERY_PERMISSION, by=GIVER)
    with pytest.raises(BeyondYours):
        check_within(
            WantedKey(), permissions=EVERY_PERMISSION, by=giver(scopes=tuple(sorted(EVERY_PERMISSION)))
        )


def test_a_key_that_is_bound_gives_no_key_that_is_free() -> None:
    office = giver(addresses=("203.0.113.0/24", "2001:db8::/48"))
    for inside in (("203.0.113.7",), ("203.0.113.128/25", "2001:db8:0:1::/64")):
        check_within(WantedKey(addresses=inside), permissions=EVERY_PERMISSION, by=office)
    for outside in ((), ("203.0.112.0/23",), ("203.0.113.7", "198.51.100.1"), ("::/0",)):
        with pytest.raises(BeyondYours):
            check_within(WantedKey(addresses=outside), permissions=EVERY_PERMISSION, by=office)
    ends = giver(expires_at=NOW + timedelta(days=1))
    check_within(WantedKey(expires_at=NOW + timedelta(days=1)), permissions=EVERY_PERMISSION, by=ends)
    for later in (None, NOW + timedelta(days=2)):
        with pytest.raises(BeyondYours):
            check_within(WantedKey(expires_at=later), permissions=EVERY_PERMISSION, by=ends)
    with pytest.raises(BeyondYours):
        check_within(WantedKey(), permissions=EVERY_PERMISSION, by=giver(must_sign=True))
