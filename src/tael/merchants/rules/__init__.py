"""What may a merchant be called and charged, and what may each of its people do? No input, no output."""

from collections.abc import Mapping

from tael.merchants.errors import MerchantMalformed
from tael.merchants.model import TeamRole

LARGEST_FEE_BASIS_POINTS = 1_000
"""10 %: more is a typing error."""


def why_malformed(name: str, fee_basis_points: int) -> MerchantMalformed | None:
    """The refusal of a merchant's particulars, or `None`."""
    if not 1 <= len(name.strip()) <= 64 or not name.isprintable():
        return MerchantMalformed("A merchant's name has 1 to 64 printable characters.", field="name")
    if not 0 <= fee_basis_points <= LARGEST_FEE_BASIS_POINTS:
        return MerchantMalformed(
            f"A fee is between 0 and {LARGEST_FEE_BASIS_POINTS} basis points.", field="fee_basis_points"
        )
    return None


_READS = frozenset(
    "payments.read disputes.read checkout.read customers.read events.read merchant.read offers.read exports.read".split()
)
ROLES: Mapping[TeamRole, frozenset[str]] = {
    TeamRole.OWNER: _READS
    | frozenset(
        "payments.write payments.refund counter.charge disputes.write checkout.write customers.write webhooks.read"
        " webhooks.write keys.read keys.write merchant.write papers.read team.read team.write offers.write"
        " exports.write".split()
    ),
    TeamRole.FINANCE: _READS
    | frozenset(
        "payments.refund disputes.write webhooks.read papers.read team.read offers.write exports.write".split()
    ),
    TeamRole.DEVELOPER: _READS
    | frozenset(
        "payments.write checkout.write customers.write webhooks.read webhooks.write keys.read keys.write"
        " exports.write".split()
    ),
    TeamRole.CASHIER: frozenset("payments.read counter.charge checkout.read merchant.read".split()),
    TeamRole.VIEWER: _READS,
}
"""What each role may do. The scopes of an API key are words of this table, too."""
EVERY_PERMISSION = frozenset().union(*ROLES.values())
