"""Do the tables of roles keep apart what must be different people's?"""

from itertools import combinations

import pytest

from tael.staff import rules
from tael.staff.errors import MemberMalformed, RolesClash
from tael.staff.model import Role


@pytest.mark.parametrize("role", Role)
def test_s11_no_role_changes_and_approves_the_same(role: Role) -> None:
    rules.check_roles([role])
    for area in rules.AREAS:
        assert not {f"{area}.change", f"{area}.approve"} <= rules.permissions_of([role])


def test_s11_nobody_who_passes_the_rules_changes_and_approves_the_same() -> None:
    allowed = []
    for size in range(1, len(Role) + 1):
        for roles in combinations(Role, size):
            try:
                rules.check_roles(roles)
            except RolesClash:
                continue
            allowed.append(roles)
            held = rules.permissions_of(roles)
            assert not [area for area in rules.AREAS if {f"{area}.change", f"{area}.approve"} <= held]
    assert (Role.FINANCE, Role.RISK) in allowed
    assert (Role.OPERATIONS, Role.DEVELOPER) in allowed


def test_s11_administrator_approver_of_staff_and_auditor_are_three_people() -> None:
    for pair in combinations((Role.ADMINISTRATOR, Role.COMPLIANCE, Role.AUDITOR), 2):
        with pytest.raises(RolesClash):
            rules.check_roles(pair)


def test_s11_no_role_has_two_of_the_three_administrators_powers() -> None:
    powers = {role: rules.powers_of(rules.permissions_of([role])) for role in Role}
    assert all(len(each) <= 1 for each in powers.values())
    assert powers[Role.ADMINISTRATOR] == {"system"}
    assert powers[Role.COMPLIANCE] == {"security"}
    assert powers[Role.AUDITOR] == {"audit"}


def test_s11_nobody_who_passes_the_rules_has_two_of_the_three_administrators_powers() -> None:
    for size in range(1, len(Role) + 1):
        for roles in combinations(Role, size):
            try:
                rules.check_roles(roles)
            except RolesClash:
                continue
            assert len(rules.powers_of(rules.permissions_of(roles))) <= 1


def test_only_compliance_sees_personal_information_in_clear_and_never_without_a_code() -> None:
    assert rules.roles_with(rules.UNMASK) == [Role.COMPLIANCE]
    assert rules.UNMASK not in rules.left_without_code(
        rules.permissions_of([Role.COMPLIANCE]), at_console=False
    )


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    held = rules.permissions_of([Role.AUDITOR])
    assert all(word.endswith(".read") for word in held)
    assert {word for word in rules.EVERY_PERMISSION if word.endswith(".read")} <= held


def test_every_permission_that_exists_is_somebodys() -> None:
    wanted = {f"{area}.{verb}" for area in rules.AREAS for verb in ("read", "change", "approve")}
    assert wanted <= rules.EVERY_PERMISSION


def test_a_member_without_a_role_is_refused() -> None:
    with pytest.raises(RolesClash):
        rules.check_roles([])


def test_names_and_addresses_are_kept_in_one_form() -> None:
    assert rules.check_particulars(" Ann ", " Ann@Pay.Example ") == ("Ann", "ann@pay.example")


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("", "ann@pay.example"),
        ("x" * 65, "ann@pay.example"),
        ("Ann\n", "ann"),
        ("A\tB", "ann@pay.example"),
        ("Ann", ""),
        ("Ann", "ann@pay"),
        ("Ann", "ann@@pay.example"),
        ("Ann", "ann@pay.example\nbcc: all"),
        ("Ann", "a" * 65 + "@pay.example"),
        ("Ann", "ann@" + "x." * 200 + "example"),
    ],
)
def test_a_name_or_address_that_cannot_be_is_refused(name: str, email: str) -> None:
    with pytest.raises(MemberMalformed):
        rules.check_particulars(name, email)


@pytest.mark.parametrize("role", list(Role))
def test_without_a_code_whoever_may_approve_only_looks_and_their_key_approves_nothing(role: Role) -> None:
    may = rules.permissions_of([role])
    at_console, by_key = (rules.left_without_code(may, at_console=each) for each in (True, False))
    if role in (Role.FINANCE, Role.RISK, Role.COMPLIANCE):
        assert rules.asks_for_code(may)
        assert {each.rpartition(".")[2] for each in at_console} == {"read"}
        assert by_key == {each for each in may if not each.endswith((".approve", ".unmask"))}
    else:
        assert (rules.asks_for_code(may), at_console, by_key) == (False, may, may)
