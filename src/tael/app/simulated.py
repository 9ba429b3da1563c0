"""How does a platform come to use a simulator? By a file that says what to enter for its channel, or files of what it plays."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tael.foundation.files import write_unless_there
from tael.simulators.registry import PROVIDERS, all_simulators
from tael.verification.model import SourceName

if TYPE_CHECKING:
    from tael.app.house import House
    from tael.verification.api import SourceFolder


def channel_file(simulator: str, home: Path, url: str) -> str:
    """What `tael channels install` needs to know of a simulator, as TOML."""
    simulated = all_simulators()[simulator]
    parts = [f"connector = {_text(simulated.connector)}"]
    for name, table in (
        ("settings", simulated.settings(home, url)),
        ("credentials", simulated.credentials(home, url)),
    ):
        lines = [f"{key} = {_text(value)}" for key, value in table.items() if value is not None]
        parts.append("\n".join([f"[{name}]", *lines]))
    return "\n\n".join(parts) + "\n"


def write_channel_file(simulator: str, home: Path, url: str) -> Path:
    """The file `channel.toml` in a simulator's folder; it holds secrets of this simulator."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = home / "channel.toml"
    file.unlink(missing_ok=True)
    write_unless_there(file, channel_file(simulator, home, url).encode())
    return file


def write_provider_files(provider: str, home: Path, url: str) -> Path:
    """The folder `told` of a stand-in that is no channel, with a file for each source that it plays; they hold secrets."""
    folder = home / "told"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, told in PROVIDERS[provider].files(home, url).items():
        file = folder / f"{name}.toml"
        file.unlink(missing_ok=True)
        write_unless_there(file, "".join(f"{key} = {_text(value)}\n" for key, value in told.items()).encode())
    return folder


OURS = "# Kept up to date by whoever plays the source; without this line it is left alone.\n"


def use_sources(sources: "SourceFolder", home: Path, url: str) -> None:
    """Let a platform ask the sources of verification that are played, but for those that its operator has set up otherwise."""
    told = write_provider_files("verification", home, url)
    for name in SourceName:
        file = sources.file_of(name)
        if not file.exists() or file.read_text("utf-8").startswith(OURS):
            sources.write(name, OURS + (told / f"{name}.toml").read_text("utf-8"))


async def install_simulator(house: "House", simulator: str, home: Path, url: str, *, by: str) -> None:
    """Let a platform speak to a simulator under its own name: what its channel file says, entered at once."""
    simulated = all_simulators()[simulator]
    async with house.database.transaction() as tx:
        await house.channels.install(
            tx,
            simulator,
            connector=simulated.connector,
            settings=simulated.settings(home, url),
            credentials=simulated.credentials(home, url),
            by=by,
        )


def _text(value: object) -> str:
    """A value in TOML's own writing, which for these kinds is JSON's."""
    return msgspec.json.encode(str(value) if isinstance(value, Path) else value).decode()
