"""Which versions of the merchants' API are answered? Every one since the first, and what changed with each."""

from tael.foundation.http.versions import Versions
from tael.payments.http import CHANGES

FIRST = "2026-11-01"
"""What keys were made for before they had a version."""
VERSIONS = Versions(FIRST, CHANGES)
