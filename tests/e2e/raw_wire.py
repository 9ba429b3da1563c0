"""What if requests are made of any bytes at all? A seeded maker of them, and a client that sends them raw.

Each case is made from a request that would be good, by one to three changes; the seed and the number of a case
make it again.
"""

import asyncio
import random
import re
from collections.abc import Callable, Sequence

import msgspec

PATIENCE_SECONDS = 20.0
"""How long an answer may take on a busy machine."""
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_LENGTH = re.compile(rb"(?im)^content-length: *(\d+)\r?$")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding: *chunked")
_CLOSE = re.compile(rb"(?im)^connection: *close")

NASTY = [
    b"NaN", b"-Infinity", b"1e999", b"-0", b"9223372036854775808", b"-9223372036854775809", b"1" * 5_000,
    b"1." + b"0" * 400 + b"1", b"true", b"null", b'"1"', b"1.0", b"[]", b"{}", b'""', b'"\\ud800"', b'"\\u0000"',
    b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"\\u202e"', b'"' + "💰".encode() * 40 + b'"', b"[" * 100_000,
    b'{"a":' * 20_000, b"[" * 2_000 + b"]" * 2_000, b"'", b"\x00", b'"%s%n{0}${jndi:x}"', b'"2026-13-01"',
]  # fmt: skip
QUERIES = [
    b"", b"?", b"?limit=0", b"?limit=201", b"?limit=1e9", b"?limit=%00", b"?cursor=%ff", b"?state=%F0%9F%92%B0",
    b"?created_from=0000-00-00T00:00:00Z", b"?created_from=99999999999999999999", b"?created_before=1e308",
    b"?created_from=9999-12-31T23:59:59-23:59", b"?created_from=0001-01-01T00:00:00%2B23:59", b"?a" * 300,
    b"?reference=%00", b"?reference=" + b"%25" * 200, b"?currency=" + b"A" * 4_000, b"?lang=..%2f&theme=%00",
    b"?" + b"&".join(b"limit=%d" % number for number in range(400)), b"?limit=1&limit=2", b"?v=" + b"x" * 2_000,
    b"?created_from=1e18", b"?created_from=-1", b"?created_from=253402300800",
]  # fmt: skip
HEADERS = [
    b"Content-Type: application/x-www-form-urlencoded", b"Content-Type: multipart/form-data; boundary=",
    b"Content-Type: multipart/form-data", b"Content-Type: application/json; charset=utf-7", b"Content-Type: \xff",
    b"Content-Type: application/msgpack", b"Authorization: Bearer \xff\xfe", b"Authorization: Basic !",
    b"Authorization: Bearer tael_" + b"a" * 6_000, b"Idempotency-Key: \xe2\x80\xa8", b"Idempotency-Key:",
    b"Idempotency-Key: " + b"k" * 200, b"X-Request-Id: \x1b[31m", b"Accept: text/html", b"Cookie: \xff=;;;tael_lang=\x01",
    b"Cookie: tael_theme=dark; tael_lang=zh", b"Accept-Language: q=;;,;q=1e9,zh;q=\xff", b"Accept-Encoding: gzip;q=0",
    b"Host: \xff", b"Range: bytes=0-0", b"Expect: nonsense", b"X-Forwarded-For: ' or 1=1", b"User-Agent: \x07",
    b"If-None-Match: *", b"Content-Encoding: gzip", b"Origin: null", b"Sec-Fetch-Mode: navigate",
]  # fmt: skip
METHODS = [b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"HEAD", b"TRACE"]
SEGMENTS = [
    b"..",
    b"%2e%2e",
    b"%00",
    b"%ff",
    b"a" * 3_000,
    b"\xf0\x9f\x92\xb0",
    b"pay_" + b"0" * 26,
    b".csv",
    b"{id}",
    b"//",
]


class Case(msgspec.Struct, frozen=True):
    """One request as it goes over the wire."""

    method: bytes
    target: bytes
    headers: Sequence[bytes]
    body: bytes

    def wire(self) -> bytes:
        """The bytes of it."""
        lines = [b"%b %b HTTP/1.1" % (self.method, self.target), *self.headers]
        if self.body or self.method in (b"POST", b"PUT", b"PATCH"):
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


class Answer(msgspec.Struct, frozen=True):
    """What came back; status 0 if the connection was closed without a word, or nobody's patience was enough."""

    status: int
    body: bytes


class Maker:
    """Makes bad requests out of good ones, the same ones for the same seed."""

    def __init__(self, good: Sequence[Case], *, seed: int) -> None:
        self._good = good
        self._random = random.Random(seed)
        self._changes: Sequence[Callable[[Case], Case]] = (
            [self._body] * 6 + [self._target] * 2 + [self._header] * 2
        )

    def make(self) -> Case:
        """The next case."""
        case = self._random.choice(self._good)
        key = b"Idempotency-Key: raw-%d" % self._random.randrange(5_000)
        case = msgspec.structs.replace(case, headers=[*case.headers, key])
        for _ in range(self._random.randint(1, 3)):
            case = self._random.choice(self._changes)(case)
        return case

    def _body(self, case: Case) -> Case:
        changed = self._random.choice(
            [self._flip, self._cut, self._swap, self._insert, self._noise, self._twice]
        )
        return msgspec.structs.replace(case, body=changed(case.body))

    def _flip(self, body: bytes) -> bytes:
        flipped = bytearray(body)
        for _ in range(self._random.randint(1, 4)):
            if flipped:
                flipped[self._random.randrange(len(flipped))] ^= 1 << self._random.randrange(8)
        return bytes(flipped)

    def _cut(self, body: bytes) -> bytes:
        start, end = sorted(self._random.randint(0, len(body)) for _ in range(2))
        return self._random.choice([body[:start], body[end:], body[:start] + body[end:]])

    def _swap(self, body: bytes) -> bytes:
        """Another value for one of the fields."""
        values = list(re.finditer(rb":\s*(\"[^\"]*\"|[^,{}\[\]]+)", body)) or list(
            re.finditer(rb"=([^&]*)", body)
        )
        if not values:
            return self._random.choice(NASTY)
        value = self._random.choice(values)
        return body[: value.start(1)] + self._random.choice(NASTY) + body[value.end(1) :]

    def _insert(self, body: bytes) -> bytes:
        at = self._random.randint(0, len(body))
        return body[:at] + self._random.choice(NASTY) + body[at:]

    def _noise(self, body: bytes) -> bytes:
        return self._random.randbytes(self._random.choice([1, 7, 64, 1_000, 20_000]))

    def _twice(self, body: bytes) -> bytes:
        return self._random.choice([body + body, body[:-1] + b"," + body[1:], b"[" + body + b"]"])

    def _target(self, case: Case) -> Case:
        if self._random.random() < 0.5:
            return msgspec.structs.replace(
                case, target=case.target.partition(b"?")[0] + self._random.choice(QUERIES)
            )
        if self._random.random() < 0.3:
            return msgspec.structs.replace(case, method=self._random.choice(METHODS))
        segments = case.target.split(b"/")
        segments[self._random.randrange(1, len(segments))] = self._random.choice(SEGMENTS)
        return msgspec.structs.replace(case, target=b"/".join(segments))

    def _header(self, case: Case) -> Case:
        junk = self._random.choice(HEADERS)
        name = junk.partition(b":")[0].lower()
        others = [header for header in case.headers if header.partition(b":")[0].lower() != name]
        return msgspec.structs.replace(case, headers=[*others, junk])


class RawClient:
    """One connection that is kept, and made anew when the server closes it."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, case: Case) -> Answer:
        """Send a case and read its answer to the end."""
        if self._writer is None or self._writer.is_closing() or self._reader is None or self._reader.at_eof():
            await self.close()
            self._reader, self._writer = await asyncio.open_connection(*self._address)
        self._writer.write(case.wire())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                head = await self._reader.readuntil(b"\r\n\r\n")
                status = _STATUS.match(head)
                body = b"" if case.method == b"HEAD" else await self._body(self._reader, head)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            await self.close()
            return Answer(0, b"")
        if _CLOSE.search(head):
            await self.close()
        assert status is not None, head
        return Answer(int(status[1]), body)

    async def close(self) -> None:
        """Let the connection go."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> bytes:
        length = _LENGTH.search(head)
        if length:
            return await reader.readexactly(int(length[1]))
        body = b""
        while _CHUNKED.search(head):
            size = int(await reader.readline(), 16)
            body += (await reader.readexactly(size + 2))[:-2]
            if size == 0:
                break
        return body
