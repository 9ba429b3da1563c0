"""Who is the bank's customer? One company, with an account, a range of virtual accounts, and a password."""

import hashlib
import hmac
import secrets
from pathlib import Path

import msgspec

from tael.simulators.base import prepare_folder, write_private

ACCOUNT = "6222020000001000018"
NAME = "Tael Payments Ltd."
BANK_NAME = "Simulated Bank"
BIC = "SIMUCNBJ"
CURRENCY = "CNY"
USER = "tael"
SLOW = "6222030000001000034"
"""A transfer to this account waits until somebody acts."""
PREFIX = "95500018"
DIGITS = 18


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """What bank and customer agreed upon."""

    password: str
    account_key: str
    """The customer's own secret. The simulator has it, too, so that tests may name an order by its number."""

    def account_of(self, order_number: str) -> str:
        """The virtual account of an order; an account number stands for itself."""
        if order_number.isdecimal() and self.owns(order_number):
            return order_number
        digest = hmac.new(self.account_key.encode(), order_number.encode(), hashlib.sha256).digest()
        body = PREFIX + str(int.from_bytes(digest, "big") % 10**DIGITS).zfill(DIGITS)
        return f"{body}{98 - int(body + '00') % 97:02}"

    def owns(self, account: str) -> bool:
        """Whether the number is in the customer's range."""
        return (
            account.isdecimal()
            and account.startswith(PREFIX)
            and len(account) == len(PREFIX) + DIGITS + 2
            and int(account) % 97 == 1
        )


def prepare_customer(home: Path) -> Customer:
    """Load the customer from `home`, or make one."""
    prepare_folder(home)
    file = home / "customer.json"
    if not file.exists():
        made = Customer(password=secrets.token_urlsafe(18), account_key=secrets.token_urlsafe(32))
        write_private(file, msgspec.json.encode(made))
    return msgspec.json.decode(file.read_bytes(), type=Customer)
