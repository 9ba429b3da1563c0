"""How is the database cluster made, and how is it set?

Settings live in our own `postgresql.conf`, outside the data and written at each start, so that they follow
the program's version. An operator's `ALTER SYSTEM` comes after them and wins.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tael.foundation.errors import Unavailable
from tael.foundation.postgres.home import (
    OWNER_ROLE,
    PORT,
    Account,
    Home,
    make_password,
    read_password,
    write_private,
)
from tael.foundation.postgres.postmaster import launch

_MEGABYTE = 1024 * 1024
_CLEARINGS, _BETWEEN_CLEARINGS_SECONDS = 50, 0.1

_ACCESS = f"""\
# Written by Tael at each start. No line says trust: every connection needs its role's password.
# TYPE  DATABASE     USER          METHOD
local   all          all           scram-sha-256
local   replication  {OWNER_ROLE}    scram-sha-256
"""


def is_initialised(home: Home) -> bool:
    """True if the home has a whole cluster: an unfinished one never bears the name."""
    return home.data.is_dir()


def initialise(home: Home, account: Account, programs: Path) -> None:
    """Make a new cluster, all or nothing: initdb works in a folder beside, which is renamed at the end.

    Raises `Unavailable` with the last words of initdb.
    """
    _clear_unfinished(home)
    make_password(home, OWNER_ROLE)
    workshop = Path(tempfile.mkdtemp(prefix="initialising-", dir=home.path))
    password_file = workshop / "password"
    write_private(password_file, read_password(home, OWNER_ROLE))
    if account.is_other:
        os.chown(password_file, account.uid, account.gid)
        os.chown(workshop, account.uid, account.gid)
    _run_initdb(workshop / "data", password_file, account, programs)
    for unused in ("postgresql.conf", "pg_hba.conf"):
        (workshop / "data" / unused).unlink()
    (workshop / "data").rename(home.data)
    shutil.rmtree(workshop)


def _clear_unfinished(home: Home) -> None:
    """Remove what an earlier start left half made. Its initdb may outlive it by a moment, and write on meanwhile."""
    for _ in range(_CLEARINGS):
        for unfinished in home.path.glob("initialising-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        if not any(home.path.glob("initialising-*")):
            return
        time.sleep(_BETWEEN_CLEARINGS_SECONDS)


def _run_initdb(data: Path, password_file: Path, account: Account, programs: Path) -> None:
    process = launch(
        [
            str(programs / "initdb"),
            f"--pgdata={data}",
            f"--username={OWNER_ROLE}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # The same order of text on every machine, whatever its locales: it never changes under an index.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
        ],
        account=account,
        folder=data.parent,
        output=subprocess.PIPE,
    )
    output, _ = process.communicate()
    if process.returncode != 0:
        last_words = output.decode(errors="replace").strip().splitlines()[-5:]
        raise Unavailable("PostgreSQL could not make its data folder: " + " | ".join(last_words))


def write_settings(home: Home, account: Account) -> None:
    """Write postgresql.conf and pg_hba.conf, which the server can read and not change."""
    lines = [f"{name} = {value}  # {why}" for name, value, why in _settings(home)]
    head = "# Written by Tael at each start: your own changes belong into ALTER SYSTEM, which wins.\n"
    for path, text in ((home.settings_file, head + "\n".join(lines) + "\n"), (home.access_file, _ACCESS)):
        draft = path.with_suffix(".draft")
        write_private(draft, text, mode=0o640)
        if account.is_other:
            os.chown(draft, -1, account.gid)
        draft.replace(path)


def _settings(home: Home) -> list[tuple[str, str, str]]:
    memory = _memory_bytes()
    shared = min(max(memory // 8 // _MEGABYTE, 32), 1024)
    return [
        ("data_directory", _text(home.data), "the cluster"),
        ("hba_file", _text(home.access_file), "who may connect, and how"),
        ("listen_addresses", "''", "no network: the socket in a private folder is the only door"),
        ("port", str(PORT), "part of the socket's name"),
        ("unix_socket_directories", _text(home.socket), "that door"),
        ("unix_socket_permissions", "0700", "and its own mode, should the folder's ever be changed"),
        ("cluster_name", _text(home.name), "in the title of every process, so that we know ours"),
        ("max_connections", "200", "several processes, each with a pool"),
        ("shared_buffers", f"{shared}MB", "an eighth of the memory: other things run on this machine, too"),
        ("effective_cache_size", f"{memory // 2 // _MEGABYTE}MB", "what the OS is likely to keep in memory"),
        ("lock_timeout", "10s", "a stuck lock is an error, not a standstill; the owner role is exempt"),
        ("idle_in_transaction_session_timeout", "60s", "a hung client must not hold locks; ditto"),
        ("fsync", "on", "an acknowledged payment survives a power failure"),
        ("synchronous_commit", "on", "so does the last one"),
        ("full_page_writes", "on", "and a page torn by it is mended"),
        ("wal_compression", "on", "less to write after each checkpoint"),
        ("max_wal_size", "4GB", "checkpoints by time and not by load"),
        ("checkpoint_completion_target", "0.9", "spread over the whole interval: no spikes of latency"),
        ("summarize_wal", "on", "makes incremental backups possible"),
        ("archive_mode", "on", "can only be switched by a restart, so it is on for the day backups begin"),
        ("archive_command", "'true'", "until then nothing is kept: an archive nobody prunes fills the disk"),
        ("timezone", "'UTC'", "times are in UTC everywhere"),
        ("lc_messages", "'C'", "the log is in English, so that it can be searched for"),
        ("logging_collector", "on", "files that PostgreSQL itself rotates"),
        ("log_directory", _text(home.log), "the supervisor removes the oldest"),
        ("log_filename", "'postgres-%Y%m%d-%H%M%S.log'", "a new name at each rotation"),
        ("log_rotation_size", "16MB", "small enough to open"),
        ("log_rotation_age", "1d", "and no file spans two days"),
        ("log_timezone", "'UTC'", "as everywhere"),
        ("log_line_prefix", "'%m [%p] %q%u@%d '", "when, which process, which role"),
        ("log_lock_waits", "on", "who waits for whom, after a second"),
        ("log_min_duration_statement", "'1s'", "slow statements"),
        ("log_parameter_max_length", "0", "without their values, which may be personal data"),
    ]


def _text(value: Path | str) -> str:
    """A value as postgresql.conf writes it."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _memory_bytes() -> int:
    """The memory that we may use: the machine's, or the limit of our control group."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdigit() else machine
