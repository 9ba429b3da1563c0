"""Which moment does somebody mean who names a day? Its beginning, where their clock hangs."""

from datetime import datetime, tzinfo

from tael.foundation.clock import CHINA, EARLIEST, LATEST
from tael.foundation.errors import Malformed


def morning_of(day: str, *, field: str, zone: tzinfo = CHINA) -> datetime:
    """When a day that is written as 2026-03-01 begins; refuses `Malformed`."""
    try:
        begin = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        begin = None
    if begin is None or not EARLIEST <= begin < LATEST:
        raise Malformed("There is no such day.", field=field)
    return begin
