"""What do payment pages and bank statements of others call a top-up and a withdrawal? In its user's language."""

from collections.abc import Mapping

from tael.messages.model import Language

TOP_UP_NAMES: Mapping[Language, str] = {Language.CHINESE: "充值", Language.ENGLISH: "Top-up"}
"""The subject of the order that the user pays."""
WITHDRAWAL_NAMES: Mapping[Language, str] = {Language.CHINESE: "提现", Language.ENGLISH: "Withdrawal"}
"""What stands beside the money on the card's statement."""
