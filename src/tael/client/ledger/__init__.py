"""What can be asked?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from typing import Generic

from tael.client.bound import M, Sender
from tael.client.ledger.accounts import Accounts
from tael.client.ledger.entries import Entries
from tael.client.ledger.reports import Closings, Reports


class Books(Generic[M]):
    """Every resource, bound to one client."""

    def __init__(self, sender: Sender) -> None:
        self.accounts = Accounts[M](sender)
        self.entries = Entries[M](sender)
        self.reports = Reports[M](sender)
        self.closings = Closings[M](sender)
