"""What stands on a page about people: cells, facts, tables, buttons? Told once, and shown as a page or as a line of a file."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.clock import CHINA
from tael.foundation.http.sheets import Row
from tael.foundation.money import Money
from tael.web.ui.i18n import Catalogue


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """A form that is only a button. Its words are `console.press_of.NAME`."""

    name: str
    address: str
    hidden: Mapping[str, str] = {}
    label: str = ""
    """Of what, for whoever does not see where it stands."""
    dangerous: bool = False


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is said."""

    text: str = ""
    words: str = ""
    """The table of words in which `text` is looked up: `account_class_of`."""
    tone: str = ""
    """A pill of this tone: good, neutral, warning or danger."""
    address: str = ""
    """Where it leads."""
    moment: datetime | None = None
    money: Money | None = None
    code: bool = False
    bad: bool = False
    several: Sequence["Cell"] = ()
    """Instead: several of them."""
    press: Press | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return not (self.text or self.moment or self.money or self.several or self.press)

    def plain(self, catalogue: Catalogue) -> str:
        """The same in a file."""
        if self.several:
            return ", ".join(each.plain(catalogue) for each in self.several)
        if self.moment is not None:
            return f"{self.moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
        if self.money is not None:
            return f"{self.money.decimal()} {self.money.currency}"
        return catalogue.word(f"console.{self.words}", self.text) if self.words else self.text


NOTHING = Cell()
Fact = tuple[str, Cell]
"""A label, of `console.label_of`, and what is said."""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a page. Its heading is `console.section_of.NAME`; without facts and rows it says `console.none_of.NAME`."""

    name: str
    facts: Sequence[Fact] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    more: str = ""
    """Where all of it stands."""


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """One of several pages about the same. Its words are `console.tab_of_user_of.NAME`."""

    name: str
    address: str


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A link to a form. Its words are `console.form_of.NAME`."""

    name: str
    address: str
    dangerous: bool = False


def text(said: object, *, code: bool = False) -> Cell:
    """Something in the words of whoever said it."""
    return Cell(text="" if said is None else str(said), code=code)


def at(moment: datetime | None, *, bad: bool = False) -> Cell:
    """A moment, if there is one."""
    return Cell(moment=moment, bad=bad)


def sum_of(minor: int | None, currency: str | None) -> Cell:
    """An amount, if there is one."""
    return NOTHING if minor is None or currency is None else Cell(money=Money(minor, currency))


def word(table: str, name: str | None, tone: str = "") -> Cell:
    """A thing by its word, as a pill if it has a tone."""
    return Cell(words=table, text=name or "", tone=tone if name else "")


def words_for(table: str, names: Sequence[str]) -> Cell:
    """Several things by their words."""
    return Cell(several=[word(table, each) for each in names])


def link(said: str, address: str, *, code: bool = False) -> Cell:
    """What leads somewhere."""
    return Cell(text=said, address=address, code=code)


def user(user_id: str | None) -> Cell:
    """A user by their id, which leads to their page."""
    return link(user_id, f"/console/users/{user_id}", code=True) if user_id else NOTHING


def line(cells: Sequence[Cell], catalogue: Catalogue) -> Row:
    """A line of a file."""
    return [cell.plain(catalogue) for cell in cells]


STATE_TONES: Mapping[str, str] = {
    "open": "warning",
    "pending": "warning",
    "approved": "good",
    "granted": "good",
    "matched": "good",
    "verified": "good",
    "partial": "warning",
    "unknown": "warning",
    "in_review": "warning",
    "mismatched": "danger",
    "refused": "danger",
    "rejected": "danger",
    "expired": "danger",
}


def tone(state: str) -> str:
    """The colour of a state."""
    return STATE_TONES.get(state, "neutral")
