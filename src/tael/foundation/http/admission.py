"""What must a request with a key pass before its route runs? Its address, its rate, its version, its signature.

What a person with a session changes has a rate as well.

A key may be good at certain addresses only, may ask so much a second, was made for a version of the API, and may have
public keys by which its requests are signed. What the answer has to say of it stands in headers.
"""

import ipaddress
from collections.abc import Callable, Mapping
from typing import cast

import msgspec
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import HTTPReceiveMessage, HTTPRequestEvent, HTTPScope, Receive

from tael.foundation.clock import Clock
from tael.foundation.errors import Forbidden
from tael.foundation.http.limits import Limits, RateLimited, limit_headers
from tael.foundation.http.permissions import Connection, Principal
from tael.foundation.http.problems import TooLarge
from tael.foundation.http.signatures import (
    Nonces,
    PublicKey,
    SignatureRefused,
    SignedRequest,
    check_signature,
)
from tael.foundation.http.versions import HEADER, Versions

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_VERSION = HEADER.lower()


class AddressRefused(Forbidden):
    """The key is good at other addresses only."""

    code = "address_refused"


class KeyPrincipal(Principal, frozen=True, kw_only=True):
    """Somebody with a key, and what the key asks of its requests."""

    key: str
    """What may be shown of the key."""
    reads_per_second: int
    changes_per_second: int
    version: str
    """The version that its holder was written for."""
    addresses: tuple[Network, ...] = ()
    """Where it may be used; nothing means anywhere."""
    signers: Mapping[str, PublicKey] = msgspec.field(default_factory=dict)
    """By id, the public keys by which its requests may be signed."""
    must_sign: bool = False


class Admission:
    """The gate for keys of one listener."""

    def __init__(
        self,
        *,
        origin: str,
        limits: Limits,
        nonces: Nonces,
        versions: Versions,
        clock: Clock,
        used: Callable[[str, str | None], None],
        person_changes: int,
    ) -> None:
        """`origin` is how callers reach the listener, such as `https://pay.example`; `used` hears key and address.

        person_changes   how much a person with a session may change in a second
        """
        self._origin = origin
        self._limits = limits
        self._nonces = nonces
        self._versions = versions
        self._clock = clock
        self._used = used
        self._person_changes = person_changes

    async def __call__(self, connection: Connection, handler: BaseRouteHandler, principal: Principal) -> None:
        """Let a request in, or refuse it: `AddressRefused`, `RateLimited`, `UnknownVersion`, `SignatureRefused`."""
        if connection.scope["type"] != ScopeType.HTTP:
            return
        reads = connection.scope["method"] in _READS
        if not isinstance(principal, KeyPrincipal):
            if not reads:
                await self._limits.take(principal.actor, "write", per_second=self._person_changes)
            return
        address = connection.client.host if connection.client else None
        if principal.addresses and not is_within(address, principal.addresses):
            raise AddressRefused(
                f"This key may not be used from {address or 'here'}.",
                hint="Use it from an address of its list, or change the list.",
            )
        self._used(principal.key, address)
        kind, rate = (
            ("read", principal.reads_per_second) if reads else ("write", principal.changes_per_second)
        )
        said = connection.scope["state"].setdefault("headers", [])
        try:
            said += await self._limits.take(principal.key, kind, per_second=rate)
        except RateLimited:
            said += limit_headers(kind, rate, remaining=0)
            raise
        self._choose_version(connection, principal, said)
        await self._check_signature(connection, handler, principal)

    def _choose_version(
        self, connection: Connection, principal: KeyPrincipal, said: list[tuple[bytes, bytes]]
    ) -> None:
        wanted = connection.headers.get(_VERSION)
        version = principal.version if wanted is None else self._versions.check(wanted)
        if version != self._versions.newest:
            connection.send = self._versions.sending(connection.send, version=version)
        said.append((_VERSION.encode(), version.encode()))

    async def _check_signature(
        self, connection: Connection, handler: BaseRouteHandler, principal: KeyPrincipal
    ) -> None:
        if "signature" not in connection.headers and "signature-input" not in connection.headers:
            if principal.must_sign:
                raise SignatureRefused(
                    "Requests with this key are signed, and this one is not.",
                    field="Signature",
                    hint="Sign it (RFC 9421) with a private key whose public key is registered at this API key.",
                )
            return
        scope = cast(HTTPScope, connection.scope)
        body, connection.receive = await _read_ahead(connection.receive, handler)
        request = SignedRequest(
            method=scope["method"],
            url=f"{self._origin}{_target(scope)}",
            lines=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
            body=body,
        )
        await self._nonces.take(check_signature(request, principal.signers, now=self._clock.now()))


def is_within(address: str | None, networks: tuple[Network, ...]) -> bool:
    """Whether an address is in one of the networks; an IPv4 address that comes as IPv6 is what it is."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def _target(scope: HTTPScope) -> str:
    """Path and query as they came."""
    query = scope["query_string"]
    return scope["raw_path"].decode("latin-1") + ("?" + query.decode("latin-1") if query else "")


async def _read_ahead(receive: Receive, handler: BaseRouteHandler) -> tuple[bytes, Receive]:
    """The whole body, and a `receive` that gives it again; refuses `TooLarge`."""
    limit = handler.resolve_request_max_body_size() if isinstance(handler, HTTPRouteHandler) else None
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message["body"])
        size += len(message["body"])
        more = message["more_body"]
        if isinstance(limit, int) and size > limit:
            raise TooLarge(
                f"The body is larger than {limit} bytes.", hint="Nothing that the API takes is larger."
            )
    body = b"".join(parts)
    whole: list[HTTPRequestEvent] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> HTTPReceiveMessage:
        return whole.pop() if whole else cast(HTTPReceiveMessage, await receive())

    return body, cast(Receive, again)
