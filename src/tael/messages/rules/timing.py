"""When does a message go, by which ways, and until when is it worth sending?

Codes and what concerns security go at once, whatever the hour and whatever was switched off. The rest waits for the morning
if it would come in quiet hours; money only if the person wants so. What waits is late, not lost.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from tael.foundation.clock import CHINA
from tael.messages.errors import CannotBeSwitchedOff, PreferencesMalformed
from tael.messages.model import ALWAYS, CAN_BE_OFF, Preferences, Urgency, Way

WORTH: Mapping[Urgency, timedelta] = {
    Urgency.CODE: timedelta(minutes=5),
    Urgency.SECURITY: timedelta(days=1),
    Urgency.MONEY: timedelta(days=2),
    Urgency.SERVICE: timedelta(days=3),
    Urgency.EDUCATION: timedelta(days=3),
}
"""How long after it was posted a message may still be sent."""
MINUTES_OF_A_DAY = 24 * 60


def ways_wanted(
    urgency: Urgency, ways: Sequence[Way], preferences: Preferences, *, asked: bool = False
) -> list[Way]:
    """The ways on which a message goes, each once. asked: whether whoever posts has named the ways himself."""
    named = list(dict.fromkeys(ways))
    if urgency in ALWAYS or asked:
        return named
    return [way for way in named if f"{urgency}:{way}" not in preferences.off]


def goes_at(urgency: Urgency, preferences: Preferences, now: datetime) -> datetime:
    """When a message that is posted now is sent."""
    if urgency in ALWAYS or (urgency is Urgency.MONEY and preferences.money_at_night):
        return now
    return after_quiet_hours(preferences, now)


def after_quiet_hours(preferences: Preferences, now: datetime) -> datetime:
    """Now, or the end of the quiet hours that it lies in."""
    here = now.astimezone(CHINA)
    minute = here.hour * 60 + here.minute
    begin, end = preferences.quiet_from, preferences.quiet_until
    over_midnight = begin > end
    quiet = (minute >= begin or minute < end) if over_midnight else begin <= minute < end
    if not quiet:
        return now
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    morning = midnight + timedelta(minutes=end)
    if morning <= here:
        morning += timedelta(days=1)
    return morning.astimezone(now.tzinfo)


def expires_at(urgency: Urgency, *, posted_at: datetime, goes: datetime) -> datetime:
    """Until when it is worth sending: what had to wait for the morning has as long from then on."""
    return max(posted_at, goes) + WORTH[urgency]


def check_preferences(wanted: Preferences) -> None:
    """Refuses `CannotBeSwitchedOff`, `PreferencesMalformed`."""
    check_off(wanted.off)
    for name in ("quiet_from", "quiet_until"):
        if not 0 <= getattr(wanted, name) < MINUTES_OF_A_DAY:
            raise PreferencesMalformed(
                f"{name} is a minute of the day: 0 to {MINUTES_OF_A_DAY - 1}.", field=name
            )
    if _quiet_minutes(wanted) > MINUTES_OF_A_DAY // 2:
        raise PreferencesMalformed(
            "Quiet hours take half of the day at most: what waits longer is no news.", field="quiet_until"
        )


def check_off(off: Collection[str]) -> None:
    """Refuses `CannotBeSwitchedOff` for what is always sent, `PreferencesMalformed` for what there is not."""
    for each in sorted(off):
        urgency, _, way = each.partition(":")
        if each in CAN_BE_OFF:
            continue
        if urgency in {*Urgency} and way in {*Way}:
            raise CannotBeSwitchedOff(
                f"{each} cannot be switched off.",
                field="off",
                hint="Codes and security messages are always sent, and the list in the app is always kept.",
            )
        raise PreferencesMalformed(
            f"{each[:40]!r} is no kind of message and way.", field="off", hint="Such as `education:push`."
        )


def _quiet_minutes(wanted: Preferences) -> int:
    return (wanted.quiet_until - wanted.quiet_from) % MINUTES_OF_A_DAY
