"""Which account number belongs to an order, and how are other people's accounts written?

Every order has a virtual account number of its own: the bank books whatever comes for the whole range to our one
account and says to which number it was sent. The number is a keyed hash of the order's number, so it needs no table
and nobody can work out another order's; its two check digits (ISO 7064, MOD 97-10) catch every mistyped digit.
"""

import hashlib
import hmac
import re

import msgspec

from tael.channels.port import PayoutOrder, RefundOrder

LONGEST_ACCOUNT = 34
FEWEST_DIGITS, MOST_DIGITS = 12, 24

_NUMBER = re.compile(r"[0-9]{8,34}")
_DIGITS_IN_WORDS = re.compile(r"(?<![0-9])[0-9]{8,34}(?![0-9])")
_ACCOUNT = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{0,33}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_CLEARING = re.compile(r"[0-9A-Za-z]{1,35}")


class VirtualAccounts:
    """The range of numbers that the bank gave us."""

    def __init__(self, *, prefix: str, digits: int, key: str) -> None:
        """`digits` follow the prefix, then two check digits; raises `ValueError`."""
        if not prefix.isascii() or not prefix.isdecimal():
            raise ValueError("the prefix of virtual accounts must be digits")
        if not FEWEST_DIGITS <= digits <= MOST_DIGITS or len(prefix) + digits + 2 > LONGEST_ACCOUNT:
            raise ValueError(
                f"virtual accounts need {FEWEST_DIGITS} to {MOST_DIGITS} digits after their prefix,"
                f" and {LONGEST_ACCOUNT} characters at most"
            )
        if len(key) < 32:
            raise ValueError("the key of virtual accounts must have 32 characters or more")
        self._prefix = prefix
        self._digits = digits
        self._key = key.encode()

    def of(self, order_number: str) -> str:
        """The number that belongs to this order alone."""
        digest = hmac.digest(self._key, order_number.encode(), hashlib.sha256)
        body = self._prefix + str(int.from_bytes(digest, "big") % 10**self._digits).zfill(self._digits)
        return f"{body}{_check_digits(body)}"

    def has(self, number: str) -> bool:
        """Whether the number could be one of ours."""
        return (
            bool(_NUMBER.fullmatch(number))
            and number.startswith(self._prefix)
            and len(number) == len(self._prefix) + self._digits + 2
            and _check_digits(number[:-2]) == number[-2:]
        )

    def within(self, words: str) -> str | None:
        """The one number of ours that a payer wrote into a transfer; None if there is none, or more than one."""
        found = {number for number in _DIGITS_IN_WORDS.findall(words[:1_000]) if self.has(number)}
        return found.pop() if len(found) == 1 else None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's account."""

    number: str
    bank: str = ""
    """BIC or clearing code."""
    name: str = ""

    @property
    def is_iban(self) -> bool:
        """Whether the number is an IBAN with right check digits."""
        return is_iban(self.number)

    @property
    def is_bic(self) -> bool:
        """Whether the bank is named by its BIC."""
        return bool(_BIC.fullmatch(self.bank))

    def written(self) -> str:
        """As one text, to be kept and given back to us: `number|bank|name`."""
        name = " ".join(self.name.replace("|", " ").split())
        return f"{self.number}|{self.bank}|{name}" if self.bank or name else self.number


def account_in(text: str) -> Account | None:
    """The account in a text that `written` made; None if it names none."""
    number, _, rest = text.partition("|")
    bank, _, name = rest.partition("|")
    return _account(number, bank=bank, name=name)


def account_of(thing: PayoutOrder | RefundOrder) -> Account | None:
    """The account that the money shall go to; None if it cannot be written in a payment message."""
    if isinstance(thing, RefundOrder):
        return account_in(thing.payer_account)
    known = account_in(thing.payee_account)
    if known is None:
        return None
    return _account(known.number, bank=thing.payee_bank or known.bank, name=thing.payee_name or known.name)


def is_iban(text: str) -> bool:
    """Whether the text is an IBAN with right check digits."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join([str(int(sign, 36)) for sign in text[4:] + text[:4]])) % 97 == 1


def _account(number: str, *, bank: str, name: str) -> Account | None:
    number, bank = number.strip(), bank.strip()
    if not _ACCOUNT.fullmatch(number) or (bank and not _CLEARING.fullmatch(bank)):
        return None
    words = "".join([sign for sign in name[:140] if sign.isprintable()]).strip()
    return Account(number=number, bank=bank, name=words)


def _check_digits(body: str) -> str:
    return f"{98 - int(body) * 100 % 97:02}"
