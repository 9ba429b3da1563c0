"""What may a merchant be called, and what may it be charged? No input, no output."""

from tael.merchants.errors import MerchantMalformed

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
