"""How does a message reach a merchant's server, and nothing else? By a connection to an address that was looked at.

A name is resolved by ourselves, and only public addresses of it are kept; what is connected to is looked at once more,
in the moment of connecting, also where no name was resolved. Redirects are not followed, proxies of the environment are
not used, an answer is read to its first 64 KB and not unpacked.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from tael.foundation.clock import monotonic_seconds
from tael.webhooks.rules.addresses import Network, may_connect

MOST_BYTES = 65_536
"""What is read of an answer."""
_KEPT_OF_SUCCESS = 1_024
_MOST_HEADERS, _LONGEST_HEADER = 32, 256
_KEPT_OPEN_SECONDS = 2
"""Less than servers usually do: who hangs up in the moment of our next message would seem to have failed."""
_RESOLVERS = 64


class AddressNotPublic(OSError):
    """The name leads to addresses to which nothing is sent."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, if anything did."""

    status: int | None = None
    error: str | None = None
    """Why it did not succeed: `status`, `redirect`, `timeout`, `address_refused`, `name_not_found`, `tls_failed`,
    `connection_failed`; none: it did."""
    headers: str = ""
    body: bytes = b""
    retry_after_seconds: int | None = None
    seconds: float = 0


class PublicResolver(AbstractResolver):
    """Resolves names to the addresses that we connect to.

    In threads of its own: a name whose servers are slow keeps nobody else in this process from resolving his.
    """

    def __init__(self, allowed: Sequence[Network], behind: AbstractResolver | None = None) -> None:
        """`behind` answers in the place of the operating system."""
        self._allowed = allowed
        self._behind = behind
        self._threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The public addresses of a name; raises `AddressNotPublic` if it has others only."""
        if self._behind is not None:
            found = await self._behind.resolve(host, port, family)
        else:
            found = await self._ask_the_system(host, port, family)
        public = [each for each in found if may_connect(each["host"], self._allowed)]
        if found and not public:
            raise AddressNotPublic(f"{host} leads to no public address")
        return public

    async def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_the_system(
        self, host: str, port: int, family: socket.AddressFamily
    ) -> list[ResolveResult]:
        infos = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in infos
        ]


class Sender:
    """Sends messages to merchants' servers."""

    def __init__(
        self,
        *,
        timeout_seconds: float,
        allowed: Sequence[Network] = (),
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`resolver` and `tls` in the place of the operating system's names and certificate authorities."""
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._allowed = allowed
        self._resolver = resolver
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Heard:
        """Send one message; whatever happens, says what was heard."""
        begun = monotonic_seconds()
        try:
            heard = await self._post(url, headers, body)
        except TimeoutError:
            heard = Heard(error="timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            heard = Heard(error=_word_for(error))
        return msgspec.structs.replace(heard, seconds=monotonic_seconds() - begun)

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Heard:
        async with self._open().post(
            URL(url, encoded=True),
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=self._timeout,
        ) as response:
            heard = bytearray()
            while len(heard) < MOST_BYTES and not response.content.at_eof():
                heard += await response.content.read(MOST_BYTES - len(heard))
            if not response.content.at_eof():
                response.close()
            status = response.status
            succeeded = 200 <= status < 300
            asked = response.headers.get("Retry-After", "")
            return Heard(
                status=status,
                error=None if succeeded else "redirect" if 300 <= status < 400 else "status",
                headers=_lines(response.headers),
                body=bytes(heard[:_KEPT_OF_SUCCESS] if succeeded else heard),
                retry_after_seconds=int(asked) if asked.isdecimal() and len(asked) < 6 else None,
            )

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    resolver=PublicResolver(self._allowed, self._resolver),
                    use_dns_cache=False,
                    ssl=self._tls or True,
                    keepalive_timeout=_KEPT_OPEN_SECONDS,
                    socket_factory=self._socket_to,
                ),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity", "User-Agent": "Tael-Webhooks/1"},
                trust_env=False,
            )
        return self._session

    def _socket_to(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """The socket of a connection, if its address is one that we connect to: the last moment to say no."""
        family, kind, protocol, _, address = info
        if not may_connect(str(address[0]), self._allowed):
            raise AddressNotPublic(f"{address[0]} is no public address")
        return socket.socket(family=family, type=kind, proto=protocol)


def _lines(headers: Mapping[str, str]) -> str:
    """The first headers of an answer, a line each; what sets cookies is nobody's business."""
    lines = [
        f"{name}: {value}"[:_LONGEST_HEADER]
        for name, value in headers.items()
        if name.lower() != "set-cookie"
    ]
    return "\n".join(lines[:_MOST_HEADERS])


def _word_for(error: Exception) -> str:
    cause = getattr(error, "os_error", None) or error.__cause__ or error
    if isinstance(error, AddressNotPublic) or isinstance(cause, AddressNotPublic):
        return "address_refused"
    if isinstance(error, aiohttp.ClientConnectorDNSError | aiohttp.InvalidURL):
        return "name_not_found"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return "tls_failed"
    return "connection_failed"
