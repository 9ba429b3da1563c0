"""What are people taught, in which moment and on which day? Data in `messages/tips`, checked by a test.

`moments.toml` says for each moment which tips fit, how soon one is shown again, and whether it must be confirmed.
`calendar.toml` says on which days of China everybody is told which tip.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources

import msgspec

from tael.messages.errors import NoSuchTip
from tael.messages.model import Language, Shown, Tip
from tael.messages.rules.templates import TIP, Template, templates


class Moment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A moment in which somebody should think twice."""

    tips: tuple[str, ...]
    again_after_hours: int = 0
    """So long after it was read nothing is shown in the same moment."""
    must_confirm: bool = False


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the calendar: on any of these days."""

    tip: str
    because: str
    days: tuple[str, ...]
    """Of every year (`04-15`), of every month (`15`), or of one year (`2027-02-04`: festivals of the moon)."""


def advice_for(moment: Moment, shown: Sequence[Shown], now: datetime) -> str | None:
    """Which tip is shown now: the one that was not shown for the longest time; none if one was read lately."""
    again = timedelta(hours=moment.again_after_hours)
    if any(each.read_at is not None and now - each.read_at < again for each in shown):
        return None
    last = {
        name: max((each.shown_at for each in shown if each.tip == name), default=None) for name in moment.tips
    }
    never = [name for name, at in last.items() if at is None]
    return never[0] if never else min(moment.tips, key=lambda name: (last[name], name))


def due_on(day: date) -> list[Line]:
    """The lines of the calendar for a day."""
    names = {f"{day.day}", f"{day:%d}", f"{day:%m-%d}", day.isoformat()}
    return [line for line in calendar() if names & set(line.days)]


def moment_of(name: str) -> Moment:
    """A moment by its name; a name that there is not is a bug of the caller: `KeyError`."""
    return moments()[name]


def tip_of(name: str, language: Language) -> Tip:
    """A tip in a language; refuses `NoSuchTip`."""
    template = templates().get(TIP + name)
    if template is None:
        raise NoSuchTip(
            f"There is no tip named {name[:60]!r}.", field="tip", hint=f"Known: {', '.join(tips())}."
        )
    return _tip(template, language)


def all_tips(language: Language) -> list[Tip]:
    """Every tip."""
    return [_tip(templates()[TIP + name], language) for name in tips()]


def tips() -> list[str]:
    """The names of all tips."""
    return [name.removeprefix(TIP) for name in templates() if name.startswith(TIP)]


@cache
def moments() -> Mapping[str, Moment]:
    """Every moment."""
    return msgspec.convert(_read("moments.toml"), dict[str, Moment])


@cache
def calendar() -> Sequence[Line]:
    """Every line of the calendar."""
    return msgspec.convert(_read("calendar.toml")["line"], list[Line])


def _tip(template: Template, language: Language) -> Tip:
    words = template.words[language]
    return Tip(name=template.name.removeprefix(TIP), title=words.title, text=words.text)


def _read(file: str) -> Mapping[str, object]:
    return tomllib.loads(resources.files("tael.messages").joinpath("tips", file).read_text("utf-8"))
