"""Can a merchant make us connect to our own insides? Every disguise is tried, and a listener counts who comes: nobody."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address, ip_network

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from tael.foundation.config import ConfigurationRefused
from tael.webhooks.rules.addresses import is_public, networks_in, why_no_address
from tael.webhooks.transport import Sender

LITERALS = """
127.0.0.1 127.0.0.2 127.1 127.0.1 127.255.255.254 0.0.0.0 0 0x7f000001 0x7f.0.0.1 0x7f.1 2130706433 017700000001
0177.0.0.1 0177.0.0.01 0127.0.0.1 127.0.0.1. 127.0.0.01 00127.0.0.1 1.1 10.0.0.1 10.255.255.255 100.64.0.1
100.100.100.200 169.254.169.254 169.254.0.1 2852039166 172.16.0.1 172.31.255.255 192.0.0.192 192.168.0.1 192.168.1.1
192.88.99.1 198.18.0.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16
[::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [::127.0.0.1] [::ffff:0:127.0.0.1]
[64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:a00:1::1] [2001:0:53aa:64c::1]
[fe80::1] [fe80::1%25lo] [fe80::1%lo] [fec0::1] [fc00::1] [fd00:ec2::254] [ff02::1] [2001:db8::1] [3fff::1] [100::1]
[2a00:1450::5efe:127.0.0.1] [2a00:1450::200:5efe:7f00:1]
""".split()
NAMES = """
localhost LOCALHOST localhost. localhost.localdomain ip6-localhost metadata.google.internal instance-data db
printer.local router.lan 127.0.0.1.nip.io rebind.attacker.example sub.localhost xn--80ak6aa92e.example
""".split()
ODD = """
http://user@127.0.0.1:{port}/ https://shop.example@127.0.0.1:{port}/ https://shop.example:443@127.0.0.1:{port}/
https://127.0.0.1:{port}#@shop.example/ https://127.0.0.1:{port}\\@shop.example/ https://shop.example\\@127.0.0.1:{port}/
https:127.0.0.1:{port}/ https:///127.0.0.1:{port}/ https:\\\\127.0.0.1:{port}/ //127.0.0.1:{port}/ HTTPS://[::1]:{port}
https://①②⑦.⓪.⓪.①:{port}/ https://127。0。0。1:{port}/ https://%6c%6f%63alhost:{port}/ https://127.0.0.1%09:{port}/
https://127.0.0.1:0{port}/ https://127.0.0.1:{port}%20/ file:///etc/passwd gopher://127.0.0.1:{port}/ ftp://127.0.0.1/
https://127.0.0.1:22/ https://shop.example:22/ https://shop.example:25/ https://shop.example:65536/ https:// https://:{port}/
""".split()


class Names(AbstractResolver):
    """Names that lead inside, whatever they are."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The next of the answers; the last one for ever."""
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        kind = socket.AF_INET6 if ":" in answer else socket.AF_INET
        return [ResolveResult(hostname=host, host=answer, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing."""


class Counting:
    """A listener on every address of this machine that counts who connects."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Count, answer, hang up."""
        self.connections += 1
        with contextlib.suppress(OSError):
            await reader.read(4096)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def counting() -> AsyncIterator[Counting]:
    listener = Counting()
    server = await asyncio.start_server(listener.meet, "0.0.0.0", 0)
    listener.port = server.sockets[0].getsockname()[1]
    servers = [server]
    with contextlib.suppress(OSError):  # machines without IPv6
        servers.append(await asyncio.start_server(listener.meet, "::1", listener.port))
    try:
        yield listener
    finally:
        for each in servers:
            each.close()


def urls(port: int) -> Sequence[str]:
    hosts = [f"{scheme}://{host}:{port}/hook" for host in [*LITERALS, *NAMES] for scheme in ("https", "http")]
    return [*hosts, *(each.format(port=port) for each in ODD)]


async def test_s12_no_disguise_of_an_inner_address_is_connected_to() -> None:
    async with counting() as listener:
        found = urls(listener.port)
        assert len({each.partition("://")[2] for each in found}) >= 100
        for inner in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1"):
            sender = Sender(timeout_seconds=2, resolver=Names(inner))
            for url in found:
                heard = await sender.post(url, {}, b"{}")
                assert heard.error is not None, url
                assert heard.status is None, url
            await sender.close()
        assert listener.connections == 0
        sender = Sender(timeout_seconds=5, allowed=[ip_network("127.0.0.0/8")])
        assert (await sender.post(f"http://127.0.0.1:{listener.port}/", {}, b"{}")).status == 200
        assert listener.connections == 1, "the listener counts"
        await sender.close()


def test_s12_an_inner_address_is_refused_when_it_is_named() -> None:
    named = [each for each in urls(8443) if "attacker.example" not in each and "nip.io" not in each]
    for url in named:
        if "xn--" in url and url.startswith("https"):
            continue
        assert why_no_address(url, allowed=(), high_ports=True) is not None, url
    for url in (
        "https://shop.example/hooks?a=b",
        "https://shop.example:8443",
        "https://1.1.1.1/",
        "https://[2a00::1]/",
    ):
        assert why_no_address(url, allowed=(), high_ports=True) is None, url
    assert why_no_address("https://shop.example:8443/", allowed=(), high_ports=False) is not None
    assert why_no_address("http://shop.example/", allowed=(), high_ports=True) is not None
    assert why_no_address(f"https://shop.example/{'a' * 1024}", allowed=(), high_ports=True) is not None


async def test_s12_a_name_that_changes_its_address_is_looked_at_each_time() -> None:
    async with counting() as listener:
        names = Names("127.0.0.2", "127.0.0.1")
        sender = Sender(timeout_seconds=5, allowed=[ip_network("127.0.0.2/32")], resolver=names)
        url = f"http://rebind.attacker.example:{listener.port}/"
        assert (await sender.post(url, {}, b"{}")).status == 200
        assert (await sender.post(url, {}, b"{}")).error == "address_refused"
        assert (listener.connections, names.asked) == (1, 2)
        await sender.close()


async def test_s12_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with counting() as listener:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
        assert os.environ["http_proxy"]
        sender = Sender(timeout_seconds=2, resolver=Names("10.0.0.1"))
        for url in ("http://shop.example/", "https://shop.example/"):
            assert (await sender.post(url, {}, b"{}")).error == "address_refused"
        await sender.close()
        assert listener.connections == 0


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "223.5.5.5", "2a00:1450:4001::1", "2400:3200::1"])
def test_s12_servers_of_the_public_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_s12_only_loopback_networks_can_be_allowed_beside_the_internet() -> None:
    assert networks_in("127.0.0.0/8, ::1/128") == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    for wrong in ("10.0.0.0/8", "0.0.0.0/0", "127.0.0.1/8", "localhost"):
        with pytest.raises(ConfigurationRefused):
            networks_in(wrong)
