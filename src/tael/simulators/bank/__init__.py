"""How does a bank behave? A stand-in that takes payment files and has a mailbox of ISO 20022 messages.

customer   account, range of virtual accounts, password
orders     what it reads in a pain.001
ledger     entries, transfers, messages
messages   pain.002, camt.054, camt.053, pacs.004
channel    all of it put together, with the payer's page

It is no bank and moves no money.
"""

from tael.simulators.bank.channel import PROPS, BankSimulator, credentials, settings

__all__ = ["PROPS", "BankSimulator", "credentials", "settings"]
