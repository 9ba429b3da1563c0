"""What does a proposal come to, and what does somebody say to it? Two nouns for every area of proposals."""

from collections.abc import Sequence

import msgspec

from tael.web.console.differences import Difference


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says to a proposal that they have read."""

    approve: bool
    digest: str
    note: str = ""


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal comes to."""

    differences: Sequence[Difference]
    subject: str
    """In words."""
    address: str = ""
    """Of the page that shows what it is about, if there is one."""
    warnings: Sequence[str] = ()
    """Names of words, `console.warning_of.NAME`, for whoever decides."""
    trouble: str = ""
    """Why it could not be carried out today, if so."""
