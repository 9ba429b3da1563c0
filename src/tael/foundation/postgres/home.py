"""Where does the embedded server live, and who may enter?

    home/                 0700, or 0710 with the server's group when the server runs as another user
      server/             the unpacked programs: ours, the server can read but not change them
      data/  log/         0700, the server's
      socket/             0700, the server's; below /tmp if the path would be too long for a socket
      secrets/            0700, ours: one password a role, 0600
      postgresql.conf  pg_hba.conf     ours, written at each start
      startup.log         what the server said before its own log was open
      supervisor.lock     held by the one supervisor; names its process

PostgreSQL refuses to run as root. Started by root, the server therefore runs as the user `tael`, or as
`nobody` where there is none; started by anybody else, it runs as that user. Files that we (perhaps root)
write lie in folders that only we can change, so that the server's user cannot turn our pen elsewhere.
"""

import fcntl
import hashlib
import os
import pwd
import secrets
import stat
from pathlib import Path

import msgspec

from tael.foundation.errors import Unavailable

OWNER_ROLE = "tael_owner"
"""The superuser that initdb makes: migrations and maintenance."""
APPLICATION_ROLE = "tael_app"
"""A plain login; what it may do is granted by migrations."""
VAULT_ROLE = "tael_vault"
"""The same for the vault alone: what is of the one is denied to the other."""

PORT = 5432
"""Part of the socket's file name only: the server does not listen on the network."""
_LONGEST_SOCKET_PATH = 107
"""Bytes in `sockaddr_un.sun_path` without the closing zero, see unix(7)."""


class HomeInUse(Unavailable):
    """Another process of this installation looks after the database; it can be used at its address."""

    code = "postgres.home_in_use"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The OS user that the server runs as; `is_other` if that is not ourselves."""

    name: str
    uid: int
    gid: int
    is_other: bool


class Home(msgspec.Struct, frozen=True):
    """The folder that holds everything of one embedded server. `path` is absolute, without symlinks."""

    path: Path

    @property
    def data(self) -> Path:
        """The database cluster."""
        return self.path / "data"

    @property
    def log(self) -> Path:
        """The server's logs."""
        return self.path / "log"

    @property
    def secrets(self) -> Path:
        """The passwords."""
        return self.path / "secrets"

    @property
    def server(self) -> Path:
        """The programs, a folder a version."""
        return self.path / "server"

    @property
    def settings_file(self) -> Path:
        """Our postgresql.conf."""
        return self.path / "postgresql.conf"

    @property
    def access_file(self) -> Path:
        """Our pg_hba.conf."""
        return self.path / "pg_hba.conf"

    @property
    def startup_log(self) -> Path:
        """The standard error of the server's first process."""
        return self.path / "startup.log"

    @property
    def name(self) -> str:
        """A short name for this home; the titles of the server's processes carry it."""
        return "tael-" + hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]

    @property
    def socket(self) -> Path:
        """The folder of the server's socket. libpq would read a comma in it as two hosts."""
        inside = self.path / "socket"
        socket = os.fsencode(inside / f".s.PGSQL.{PORT}")
        if len(socket) <= _LONGEST_SOCKET_PATH and b"," not in socket:
            return inside
        return Path("/tmp") / self.name  # noqa: S108 - private: `_make_socket_folder` checks mode and owner


def account_for(home: Home, os_user: str | None) -> Account:
    """The user for the server: `os_user`, or the owner of the data, or `tael`, or `nobody`.

    Raises `Unavailable` if that user does not exist or we may not become it.
    """
    uid = os.geteuid()
    try:
        if os_user is not None:
            entry = pwd.getpwnam(os_user)
        elif uid != 0:
            return Account(name=str(uid), uid=uid, gid=os.getegid(), is_other=False)
        elif home.data.is_dir():
            entry = pwd.getpwuid(home.data.stat().st_uid)
        else:
            known = {entry.pw_name for entry in pwd.getpwall()}
            entry = pwd.getpwnam("tael" if "tael" in known else "nobody")
    except KeyError as error:
        raise Unavailable(f"The OS user for the database server does not exist: {error.args[0]}.") from None
    if entry.pw_uid == 0 or uid not in (0, entry.pw_uid):
        raise Unavailable(
            f"The database server cannot run as the OS user {entry.pw_name}.",
            hint="PostgreSQL does not run as root, and only root may start it as another user.",
        )
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, is_other=uid == 0)


def make_home(home: Home, account: Account) -> None:
    """Make the home and let the server's user pass through it; no folder that was there before is opened.

    Raises `Unavailable`, naming the folder, if that user cannot get as far as the home.
    """
    for folder in reversed([parent for parent in home.path.parents if not parent.exists()]):
        folder.mkdir()
        folder.chmod(0o711 if account.is_other else 0o700)
    home.path.mkdir(mode=0o700, exist_ok=True)
    for folder in reversed(home.path.parents):
        _require_passage(folder, account)
    if account.is_other and _is_private_and_ours(home.path):
        os.chown(home.path, -1, account.gid)
        home.path.chmod(0o710)
    _require_passage(home.path, account)


def make_folders(home: Home, account: Account) -> None:
    """Make the folders inside the home. Raises `Unavailable` if the data belong to somebody else."""
    if home.data.exists() and home.data.stat().st_uid != account.uid:
        raise Unavailable(
            f"{home.data} belongs to another OS user than {account.name}.",
            hint="Start Tael as the user who started it first, or set TAEL_HOME to another folder.",
        )
    home.secrets.mkdir(mode=0o700, exist_ok=True)
    home.server.mkdir(exist_ok=True)
    home.server.chmod(0o755)
    _make_private(home.log, account)
    _make_private(home.socket, account)


def lock_home(home: Home) -> int:
    """Become the one supervisor of the home: the descriptor of the lock, which ends with our process.

    Raises `Unavailable` that names the process of the other supervisor.
    """
    descriptor = os.open(home.path / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.read(descriptor, 20).decode().strip()
        os.close(descriptor)
        raise HomeInUse(
            f"Process {other or 'unknown'} already looks after the database in {home.path}.",
            hint="Stop that process, or set TAEL_HOME to another folder for a second platform.",
        ) from None
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def make_password(home: Home, role: str) -> None:
    """Make sure that `role` has a password on file (192 random bits). It is whole or not there."""
    path = home.secrets / role
    if path.exists():
        return
    draft = path.with_suffix(".draft")
    write_private(draft, secrets.token_urlsafe(24))
    draft.replace(path)


def read_password(home: Home, role: str) -> str:
    """The password of `role`. Raises `Unavailable` if it is not on file."""
    path = home.secrets / role
    try:
        return path.read_text()
    except OSError as error:
        raise Unavailable(
            f"The password of {role} cannot be read from {path}: {error.strerror}.",
            hint="It is made at the first start; if it was lost, restore it from the backup.",
        ) from None


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write `text` to a new file at `path` with exactly this mode, safely on disk at return."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _make_private(folder: Path, account: Account) -> None:
    """Make a folder that only the server's user enters; one that is there must be exactly that."""
    try:
        folder.mkdir(mode=0o700)
        if account.is_other:
            os.chown(folder, account.uid, account.gid)
    except FileExistsError:
        found = folder.lstat()
        if found.st_mode != stat.S_IFDIR | 0o700 or found.st_uid != account.uid:
            raise Unavailable(
                f"{folder} is not a folder that only the OS user {account.name} can enter.",
                hint="Somebody else made or changed it: remove it, or set TAEL_HOME to another folder.",
            ) from None


def _is_private_and_ours(folder: Path) -> bool:
    """True for a folder with mode 0700 that is ours and is not where our user logs in."""
    found = folder.stat()
    login = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    return stat.S_IMODE(found.st_mode) == 0o700 and found.st_uid == os.geteuid() and folder != login


def _require_passage(folder: Path, account: Account) -> None:
    """Raise `Unavailable` if the mode of `folder` keeps the server's user from passing through it."""
    found = folder.stat()
    if found.st_uid == account.uid:
        needed = stat.S_IXUSR
    elif found.st_gid == account.gid:
        needed = stat.S_IXGRP
    else:
        needed = stat.S_IXOTH
    if account.is_other and not found.st_mode & needed:
        raise Unavailable(
            f"The database server runs as the OS user {account.name}, who cannot enter {folder}.",
            hint="Set TAEL_HOME to a folder that every user can reach, such as /var/lib/tael.",
        )
