"""Until when? Working days, months and years, all by the calendar of China."""

import calendar
from datetime import date, datetime, time, timedelta

from tael.foundation.clock import CHINA
from tael.standing.model import Deadlines


def end_of_working_day(at: datetime, days: int, deadlines: Deadlines) -> datetime:
    """The end of the so-manieth working day after a moment; the day of the moment itself does not count."""
    day = at.astimezone(CHINA).date()
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day, deadlines)
    return datetime.combine(day + timedelta(days=1), time(), CHINA).astimezone(at.tzinfo)


def is_working_day(day: date, deadlines: Deadlines) -> bool:
    """Whether somebody works: from Monday to Friday, but for what the rule says of single days."""
    if day.weekday() >= 5:
        return day in deadlines.working_weekends
    return day not in deadlines.holidays


def months_before(at: datetime, months: int) -> datetime:
    """The same day, so many months earlier; the last one of a month that has no such day."""
    return _shifted(at, -months)


def years_after(at: datetime, years: int) -> datetime:
    """The same day, so many years later."""
    return _shifted(at, 12 * years)


def _shifted(at: datetime, months: int) -> datetime:
    there = at.astimezone(CHINA)
    number = there.year * 12 + there.month - 1 + months
    year, month = divmod(number, 12)
    day = min(there.day, calendar.monthrange(year, month + 1)[1])
    return there.replace(year=year, month=month + 1, day=day).astimezone(at.tzinfo)
