"""How does a test run `tael` on the command line, a hundred times? In a process of its own each time, that is there already.

To import everything takes a second of the processor, and a command itself a tenth of that. So one process imports
the command line once, and every command is a fork of it, with arguments, environment, folder and exit status of its own. What
must not happen before the arguments are known would be seen in the tests that start the interpreter anew.
"""

import asyncio
import atexit
import contextlib
import gc
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

import msgspec

ROOT = Path(__file__).parents[2]
COLUMNS = "200"
"""How wide the terminal is that commands believe to write to."""
_LONGEST_ORDER = 1_000_000
_STATUS_BYTES = 4


class _Order(msgspec.Struct, frozen=True):
    """A command, and in what surroundings."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str


class Done(msgspec.Struct, frozen=True):
    """How a command ended."""

    status: int
    output: str
    errors: str


class _Ready:
    """The process that has imported everything; started when it is first asked for, gone with us."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tael-commands-")
        self.address = str(Path(self._folder.name) / "socket")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.address)
        listener.listen(64)
        ours, theirs = socket.socketpair()
        fds = listener.fileno(), theirs.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.commands", *map(str, fds)],
            pass_fds=fds,
            env=os.environ | {"COLUMNS": COLUMNS},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
        )
        listener.close()
        theirs.close()
        self._ours = ours
        atexit.register(self.stop)

    def stop(self) -> None:
        """It ends when it hears that we are gone."""
        self._ours.close()
        self._process.wait()
        self._folder.cleanup()


_READY: list[_Ready] = []


async def run_tael(*arguments: str, environment: Mapping[str, str], seconds: float = 60) -> Done:
    """One command. `environment` is added to our own."""
    return await asyncio.to_thread(_run, arguments, environment, seconds)


def _run(arguments: tuple[str, ...], environment: Mapping[str, str], seconds: float) -> Done:
    if not _READY:
        _READY.append(_Ready())
    order = _Order(
        arguments=list(arguments),
        environment={**os.environ, "COLUMNS": COLUMNS, **environment},
        folder=os.getcwd(),  # noqa: PTH109 - a text is wanted
    )
    with (
        socket.socket(socket.AF_UNIX) as line,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        line.settimeout(seconds)
        line.connect(_READY[0].address)
        socket.send_fds(line, [msgspec.json.encode(order)], [output.fileno(), errors.fileno()])
        line.shutdown(socket.SHUT_WR)
        told = line.recv(_STATUS_BYTES)
        if len(told) < _STATUS_BYTES:
            raise RuntimeError("the process that runs commands is gone")
        output.seek(0)
        errors.seek(0)
        status = int.from_bytes(told, signed=True)
        return Done(status=status, output=output.read().decode(), errors=errors.read().decode())


def _serve(listener: socket.socket, asker: socket.socket) -> None:
    """Fork for each command, until the asker is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener.setblocking(True)

    def leave(_signal: int, _frame: FrameType | None) -> None:
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    if os.fork() == 0:
        asker.recv(1)
        os.kill(os.getppid(), signal.SIGTERM)
        os._exit(0)
    asker.close()
    while True:
        line, _ = listener.accept()
        if os.fork() == 0:
            _attend(line)
        line.close()


def _attend(line: socket.socket) -> None:
    """Run one command in a child, and tell how it ended. Does not return."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    text, fds, _, _ = socket.recv_fds(line, _LONGEST_ORDER, 2)
    while piece := line.recv(_LONGEST_ORDER):
        text += piece
    child = os.fork()
    if child == 0:
        _be(msgspec.json.decode(text, type=_Order), fds)
    _, ended = os.waitpid(child, 0)
    line.sendall(os.waitstatus_to_exitcode(ended).to_bytes(_STATUS_BYTES, signed=True))
    os._exit(0)


def _be(order: _Order, fds: list[int]) -> None:
    """Be the command. Does not return."""
    from tael.app import cli

    for fd, place in zip(fds, (1, 2), strict=True):
        os.dup2(fd, place)
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    sys.path[:0] = filter(None, order.environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.modules["__main__"] = cli
    sys.argv = [str(cli.__file__), *order.arguments]
    status: object = 1
    try:
        cli.main()
        status = 0
    except SystemExit as end:
        status = end.code
    except BaseException:  # as at the top of any program
        sys.excepthook(*sys.exc_info())
    if status is not None and not isinstance(status, int):
        sys.stderr.write(f"{status}\n")
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)


def _warm_up() -> None:
    """Import what all commands have in common, and what they import once they run; then let no fork's collector touch it."""
    from tael.app import cli, house  # noqa: F401 - most commands open one
    from tael.app.cli_parts import parts

    for part in parts():
        assert part.commands.keys(), part.name

    with contextlib.redirect_stdout(io.StringIO()):
        for word in ("config", "--help"):
            sys.argv = [str(cli.__file__), word]
            with contextlib.suppress(SystemExit):
                cli.main()
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    fds = int(sys.argv[1]), int(sys.argv[2])
    _warm_up()
    _serve(*(socket.socket(fileno=fd) for fd in fds))
