"""What do all commands share? An open house, a console, and the name of who types."""

import asyncio
import os
import pwd
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import uvloop
from rich.console import Console
from rich.text import Text

from tael.app.supervisor import DatabaseUrls, bring_up_to_date, database
from tael.foundation.config import ConfigurationRefused, load_settings
from tael.foundation.migrate import BEFORE_START, PHASES

if TYPE_CHECKING:
    from tael.app.house import House

T = TypeVar("T")

PIPED_WIDTH = 240
"""Columns of output that goes into a file or a pipe, where nothing need be cut."""
console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors = Console(stderr=True, highlight=False)


def say(step: str) -> None:
    """Tell what is being done, beside the output."""
    errors.print(Text(f"→ {step}", style="dim"))


def run_to_end(work: Callable[[], Awaitable[T]]) -> T | None:
    """Run in uvloop; an interruption is no error."""

    async def start() -> T:
        return await work()

    try:
        return uvloop.run(start())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return None


def in_house(work: "Callable[[House], Awaitable[T]]", *, test: bool = False) -> T | None:
    """Run `work` with every part at hand, on the database of this installation; on that of test mode if `test`."""
    from tael.app.house import open_house

    async def start() -> T:
        settings = load_settings()
        async with database(settings, say=say) as urls:
            is_ours = settings.database_url is None
            await bring_up_to_date(urls, apply=is_ours, say=say, phases=PHASES if is_ours else BEFORE_START)
            chosen = settings.of_test_mode() if test else settings
            address = _of_test_mode(urls) if test else urls.application
            async with open_house(chosen, address, application="tael cli") as house:
                return await work(house)

    return run_to_end(start)


def _of_test_mode(urls: DatabaseUrls) -> str:
    if urls.test is None:
        raise ConfigurationRefused("This installation has no test mode.", hint="Set TAEL_TEST_DATABASE_URL.")
    return urls.test.application


async def who_decides(house: "House", area: str, *, approve: bool) -> str:
    """Who says yes or no at the terminal; refuses `StaffApproves` if a yes is for somebody on the staff to say."""
    if approve:
        await house.staff.check_left_to_the_machine(f"{area}.approve")
    return operator()


def operator() -> str:
    """Who sits at the terminal, for the audit trail: the OS user, not what a variable claims."""
    return f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
