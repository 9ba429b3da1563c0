"""How does a test get sources of verification? Their simulator, and the files that tell a platform of them."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec

from tael.foundation.clock import Clock
from tael.foundation.documents import look_at
from tael.foundation.identity_documents import DocumentKind, IdentityDocument, check_character
from tael.simulators.base import SimulatorOptions
from tael.simulators.registry import PROVIDERS
from tael.simulators.verification import CheckView
from tael.testing.simulators import SimulatorControl
from tael.verification.model import Particulars, SourceName
from tael.verification.registry import SourceFolder, as_toml

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
"""As much of a picture as anybody looks at here."""
assert look_at(PICTURE) is not None


class RunningSources(msgspec.Struct, frozen=True, kw_only=True):
    """Providers that answer."""

    url: str
    home: Path
    """The folder of their keys."""
    control: SimulatorControl

    def tell(self, folder: Path) -> None:
        """Let a platform with this folder for sources know all of them."""
        tell_of_sources(folder, self.home, self.url)

    async def look(self, number: str) -> CheckView:
        """What the provider knows of a check."""
        return msgspec.convert(await self.control.act_at_large("look", order=number), CheckView)

    async def show(self, number: str, how: str = "pass") -> CheckView:
        """Let the person of a video check show themselves: `pass`, `other_face`, `not_alive`."""
        return msgspec.convert(await self.control.act_at_large("show", order=number, text=how), CheckView)


def tell_of_sources(folder: Path, home: Path, url: str) -> None:
    """Write the files of the sources that a simulator with its keys in `home` plays at an address."""
    for product, said in PROVIDERS["verification"].files(home, url).items():
        SourceFolder(folder).write(SourceName(product), as_toml(said))


@contextlib.asynccontextmanager
async def running_sources(
    home: Path, *, clock: Clock | None = None, speed: float = 200.0
) -> AsyncIterator[RunningSources]:
    """All five providers, on any free port."""
    options = SimulatorOptions(home=home, speed=speed, remembers=False)
    serving = PROVIDERS["verification"].serving(options, clock=clock)
    async with serving as url, aiohttp.ClientSession() as session:
        yield RunningSources(url=url, home=home, control=SimulatorControl(url, session))


def particulars(
    name: str = "张三", *, born: str = "19900307", sequence: int = 17, **more: object
) -> Particulars:
    """What somebody says of themselves, with a number that can be one."""
    digits = f"110101{born}{sequence:03}"
    document = IdentityDocument(
        kind=DocumentKind.RESIDENT_IDENTITY_CARD, number=digits + check_character(digits)
    )
    said = Particulars(name=name, document=document, phone="+8613800001234")
    return msgspec.structs.replace(said, **more)


def with_pictures(said: Particulars) -> Particulars:
    """With pictures of a document and a face."""
    return msgspec.structs.replace(said, front=PICTURE, back=PICTURE, face=PICTURE)
