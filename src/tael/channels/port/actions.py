"""What must the payer do next? One of a few things, which a page or an app can carry out without knowing the channel."""

from collections.abc import Mapping

import msgspec

from tael.foundation.money import Money


class ShowCode(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="show_code"):
    """Show a QR code for the payer to scan."""

    code_url: str
    """What the QR code holds."""


class GoTo(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="go_to"):
    """Lead the payer's browser to an address of the channel."""

    url: str


class PostForm(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="post_form"):
    """Let the payer's browser post a form to the channel."""

    url: str
    fields: Mapping[str, str]


class InvokeWallet(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="invoke_wallet"):
    """Hand these parameters to the wallet's kit, in an app or in the wallet's own browser."""

    parameters: Mapping[str, str]


class SendMoney(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="send_money"):
    """Send money from a bank account to ours."""

    account_number: str
    """A virtual account number that belongs to this order alone, or an account shared with others."""
    account_name: str
    bank_name: str
    bank_code: str
    amount: Money
    reference: str
    """What the payer should write into the transfer."""


class SendTokens(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="send_tokens"):
    """Send tokens to an address that belongs to this order alone."""

    address: str
    token: str
    """The address of the token's contract."""
    chain_id: int
    amount: Money
    uri: str
    """The same as one link (ERC-681), for a QR code."""
    confirmations: int
    """How many blocks must follow before we believe it."""


Action = ShowCode | GoTo | PostForm | InvokeWallet | SendMoney | SendTokens
