"""Is the server's first process alive, and how is it?

The *postmaster* is a child of ours, or one that a killed supervisor left behind: the database must
outlive its supervisor, and the next one adopts it. A process id alone proves nothing, because ids are used
again; a process is the postmaster of a home if its command line says so and it runs as the right user.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tael.foundation.errors import Unavailable
from tael.foundation.postgres.home import PORT, Account, Home

_STATUS_LINE = 7
"""The eighth line of postmaster.pid: starting, ready, standby or stopping."""


class Postmaster:
    """The first process of a running server."""

    def __init__(
        self, *, home: Home, account: Account, pid: int, child: subprocess.Popen[bytes] | None = None
    ) -> None:
        self.pid = pid
        self._home = home
        self._account = account
        self._child = child

    def is_alive(self) -> bool:
        """True until the process has ended. An ended child is reaped here."""
        if self._child is not None:
            return self._child.poll() is None
        return _is_postmaster(self.pid, self._home, self._account)

    def status(self) -> str:
        """What the server says of itself: `starting`, `ready`, `stopping`, or `` if nothing yet."""
        lines = _lines(_pid_file(self._home))
        is_written = len(lines) > _STATUS_LINE and lines[0] == str(self.pid)
        return lines[_STATUS_LINE].strip() if is_written else ""

    def send(self, signal_number: int) -> None:
        """Send a signal, if the process is still there."""
        if self.is_alive():
            _kill(self.pid, signal_number)


def launch(
    arguments: Sequence[str], *, account: Account, folder: Path, output: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start a program as the server's user, in a session of its own, out of our terminal's Ctrl-C.

    It gets a clean environment, so that no PG* variable of ours leads it astray.
    """
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            start_new_session=True,
            umask=0o077,
            user=account.uid if account.is_other else None,
            group=account.gid if account.is_other else None,
            extra_groups=[] if account.is_other else None,
        )
    except OSError as error:
        raise Unavailable(f"{arguments[0]} cannot be started: {error.strerror}.") from error


def spawn(home: Home, account: Account, programs: Path) -> Postmaster:
    """Start `postgres` on the home. Its log goes to files, never to a pipe that would die with us."""
    _remove_misleading_lock_files(home, account)
    home.startup_log.unlink(missing_ok=True)
    with home.startup_log.open("wb") as output:
        child = launch(
            [str(programs / "postgres"), "-D", str(home.data), "-c", f"config_file={home.settings_file}"],
            account=account,
            folder=home.path,
            output=output,
        )
    return Postmaster(home=home, account=account, pid=child.pid, child=child)


def find_running(home: Home, account: Account) -> Postmaster | None:
    """The postmaster that a killed supervisor left on this home, if there is one."""
    pid = _noted_pid(_pid_file(home))
    if pid is None or not _is_postmaster(pid, home, account):
        return None
    return Postmaster(home=home, account=account, pid=pid)


def find_leftovers(home: Home, account: Account) -> list[int]:
    """The server's other processes that are still running; without a postmaster they are about to end."""
    title = f"postgres: {home.name}: "
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in numbers if " ".join(_command_line(pid, account)).startswith(title)]


def end_leftovers(home: Home, account: Account, signal_number: int) -> None:
    """Send a signal to the processes that outlive their postmaster."""
    for pid in find_leftovers(home, account):
        _kill(pid, signal_number)


def last_words(home: Home, *, lines: int = 8) -> str:
    """The end of the newest log and of what was said before the log was open."""
    newest = sorted(home.log.glob("postgres-*.log"))[-1:]
    said = [line for path in (*newest, home.startup_log) for line in _tail(path)[-lines:]]
    return "\n".join(said) or "(nothing was logged)"


def prune_logs(home: Home, *, keep: int = 20) -> None:
    """Remove all but the newest log files."""
    for path in sorted(home.log.glob("postgres-*.log"))[:-keep]:
        path.unlink(missing_ok=True)


def _tail(path: Path, *, size_bytes: int = 8192) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size_bytes))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []


def _remove_misleading_lock_files(home: Home, account: Account) -> None:
    """Remove lock files whose process id is in use, but not by our server; PostgreSQL would refuse to start.

    That happens after a reboot, when another program has got the id, and in a container, whose first process
    may be slow to bury a server that we had adopted. Files whose process is gone PostgreSQL removes itself.
    """
    if find_running(home, account) is not None or find_leftovers(home, account):
        return
    for path in (_pid_file(home), home.socket / f".s.PGSQL.{PORT}.lock"):
        pid = _noted_pid(path)
        if pid is not None and Path(f"/proc/{pid}").exists():
            path.unlink()


def _pid_file(home: Home) -> Path:
    return home.data / "postmaster.pid"


def _noted_pid(path: Path) -> int | None:
    first = next(iter(_lines(path)), "").strip()
    return int(first) if first.isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return []


def _is_postmaster(pid: int, home: Home, account: Account) -> bool:
    words = _command_line(pid, account)
    return len(words) > 2 and words[0].endswith("/postgres") and words[1:3] == ["-D", str(home.data)]


def _command_line(pid: int, account: Account) -> list[str]:
    """The words with which a process of the server's user was started; empty if it has ended."""
    process = Path(f"/proc/{pid}")
    try:
        is_of_server = process.stat().st_uid == account.uid
        text = (process / "cmdline").read_bytes() if is_of_server else b""
    except OSError:
        return []
    return text.decode(errors="surrogateescape").split("\0")


def _kill(pid: int, signal_number: int) -> None:
    try:
        os.kill(pid, signal_number)
    except ProcessLookupError:
        return
