"""How does a merchant look after its keys? Routes of the public listener; a secret goes out once and is kept nowhere."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.calls import Answer, Call
from tael.foundation.http.admission import KeyPrincipal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Limit, Page
from tael.foundation.http.permissions import caller_of, principal_of
from tael.foundation.http.signatures import PublicKeyMalformed
from tael.merchants.errors import (
    BeyondYours,
    KeyEnded,
    KeyMalformed,
    NoSuchKey,
    NoSuchSigningKey,
    TooManyKeys,
)
from tael.merchants.keys import MerchantKeys, action_of, shown
from tael.merchants.model.keys import ApiKey, ChangeKey, KeyCommand, RevokeKey, RevokeSigningKey, WantedKey
from tael.merchants.rules.keys import PRESETS, check_scopes, check_within
from tael.merchants.schemas.keys import (
    ChangeKeyRequest,
    CreateKeyRequest,
    KeyBody,
    RevokeKeyRequest,
    RotateKeyRequest,
    SigningKeyRequest,
)

READ, WRITE = "keys.read", "keys.write"

AnyRequest = Request[Any, Any, Any]
KeyPrefix = Annotated[str, PathParameter(description="The key's prefix, such as `tael_k3vqm2x7ab`")]
SigningKeyId = Annotated[str, PathParameter(description="`sgk_` and 26 characters, as the API gave it")]
After = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        pattern=r"^[a-z0-9_]{1,64}$(?!\n)",
        description="`next_cursor` of the page before; absent for the first page",
    ),
]


class _On(msgspec.Struct, frozen=True):
    """What a request was about, and what it said: a repeat must say the same of the same."""

    about: str
    body: Any


def key_routes(keys: MerchantKeys) -> list[HTTPRouteHandler]:
    """Every route about keys."""
    return [
        *_reads(keys),
        _create(keys),
        _change(keys),
        _rotate(keys),
        _revoke(keys),
        _add_signing_key(keys),
        _revoke_signing_key(keys),
    ]


def _reads(keys: MerchantKeys) -> list[HTTPRouteHandler]:
    @get("/v1/keys", opt={"permission": READ}, tags=["Keys"])
    async def list_keys(request: AnyRequest, limit: Limit = 50, cursor: After = None) -> Page[KeyBody]:
        """API keys, newest first, without their secrets. Also those that were revoked."""
        found = await keys.of(caller_of(request).owner, after=cursor, limit=limit + 1)
        page = found[:limit]
        signers = await keys.signing_keys([key.prefix for key in page])
        more = page[-1].prefix if len(found) > limit else None
        return Page([shown(key, signers) for key in page], more)

    @get("/v1/keys/{prefix:str}", opt={"permission": READ, REFUSES: [NoSuchKey]}, tags=["Keys"])
    async def get_key(request: AnyRequest, prefix: KeyPrefix) -> KeyBody:
        """One API key. When it was used last and from where, and by what its requests may be signed."""
        key = await keys.get(caller_of(request).owner, prefix)
        return shown(key, await keys.signing_keys([key.prefix]))

    return [list_keys, get_key]


def _create(keys: MerchantKeys) -> HTTPRouteHandler:
    @post(
        "/v1/keys",
        opt={"permission": WRITE, REFUSES: [KeyMalformed, BeyondYours, TooManyKeys]},
        tags=["Keys"],
        responses=_answers(201, "The key, with its secret"),
    )
    async def create_key(
        request: AnyRequest, data: JSONBody[CreateKeyRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Make an API key. Its secret is in this answer and nowhere else: a repeat shows the key without it."""
        wanted = _wanted(data)
        await _check_within(keys, request, wanted)
        command, secret = keys.creation(caller_of(request).owner, wanted)
        return await _do(keys, request, _On("", data), idempotency_key, command, secret=secret)

    return create_key


def _change(keys: MerchantKeys) -> HTTPRouteHandler:
    @post(
        "/v1/keys/{prefix:str}",
        opt={"permission": WRITE, REFUSES: [NoSuchKey, KeyMalformed, KeyEnded, BeyondYours]},
        tags=["Keys"],
        responses=_answers(200, "The key"),
    )
    async def change_key(
        request: AnyRequest,
        prefix: KeyPrefix,
        data: JSONBody[ChangeKeyRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Change an API key's name, networks, duty to sign or version. What it may do stays: make another key for that."""
        key = await keys.get(caller_of(request).owner, prefix)
        given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not None}
        await _check_within(keys, request, msgspec.structs.replace(key, **given))
        command = keys.change(ChangeKey(merchant_id=key.merchant_id, prefix=prefix, **given))
        return await _do(keys, request, _On(prefix, data), idempotency_key, command)

    return change_key


def _rotate(keys: MerchantKeys) -> HTTPRouteHandler:
    @post(
        "/v1/keys/{prefix:str}/rotate",
        opt={"permission": WRITE, REFUSES: [NoSuchKey, KeyEnded, BeyondYours]},
        tags=["Keys"],
        responses=_answers(200, "The key, with its new secret"),
    )
    async def rotate_key(
        request: AnyRequest,
        prefix: KeyPrefix,
        data: JSONBody[RotateKeyRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Give an API key another secret. The one it had stays good for `overlap_seconds`; a key may rotate itself."""
        key = await keys.get(caller_of(request).owner, prefix)
        await _check_within(keys, request, key)
        command, secret = keys.rotation(
            key.merchant_id, prefix, overlap=timedelta(seconds=data.overlap_seconds)
        )
        return await _do(keys, request, _On(prefix, data), idempotency_key, command, secret=secret)

    return rotate_key


def _revoke(keys: MerchantKeys) -> HTTPRouteHandler:
    @post(
        "/v1/keys/{prefix:str}/revoke",
        opt={"permission": WRITE, REFUSES: [NoSuchKey]},
        tags=["Keys"],
        responses=_answers(200, "The key, which is good no longer"),
    )
    async def revoke_key(
        request: AnyRequest,
        prefix: KeyPrefix,
        data: JSONBody[RevokeKeyRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """End an API key for good. Within seconds nobody is let in with it."""
        command = RevokeKey(merchant_id=caller_of(request).owner, prefix=prefix)
        return await _do(keys, request, _On(prefix, data), idempotency_key, command)

    return revoke_key


def _add_signing_key(keys: MerchantKeys) -> HTTPRouteHandler:
    @post(
        "/v1/keys/{prefix:str}/signing_keys",
        opt={
            "permission": WRITE,
            REFUSES: [NoSuchKey, KeyEnded, TooManyKeys, PublicKeyMalformed, BeyondYours],
        },
        tags=["Keys"],
        responses=_answers(200, "The API key, with one more public key"),
    )
    async def add_signing_key(
        request: AnyRequest,
        prefix: KeyPrefix,
        data: JSONBody[SigningKeyRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Register a public key. Requests with the API key may then be signed (RFC 9421), and are refused if it is wrong."""
        key = await keys.get(caller_of(request).owner, prefix)
        await _check_within(keys, request, key)
        command = keys.signing_key(
            key.merchant_id, prefix, name=data.name, algorithm=data.algorithm, public_key=data.public_key
        )
        return await _do(keys, request, _On(prefix, data), idempotency_key, command)

    return add_signing_key


def _revoke_signing_key(keys: MerchantKeys) -> HTTPRouteHandler:
    @post(
        "/v1/keys/{prefix:str}/signing_keys/{id:str}/revoke",
        opt={"permission": WRITE, REFUSES: [NoSuchKey, NoSuchSigningKey]},
        tags=["Keys"],
        responses=_answers(200, "The API key"),
    )
    async def revoke_signing_key(
        request: AnyRequest,
        prefix: KeyPrefix,
        id: SigningKeyId,
        data: JSONBody[RevokeKeyRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Believe a public key no longer. Register its successor first if the API key must sign."""
        command = RevokeSigningKey(merchant_id=caller_of(request).owner, prefix=prefix, id=id)
        return await _do(keys, request, _On(f"{prefix} {id}", data), idempotency_key, command)

    return revoke_signing_key


async def _do(
    keys: MerchantKeys,
    request: AnyRequest,
    said: _On,
    idempotency_key: str,
    command: KeyCommand,
    *,
    secret: str | None = None,
) -> Response[Any]:
    call = Call(
        caller=caller_of(request),
        action=action_of(command),
        key=idempotency_key,
        request=said,
        command=command,
    )
    answer = await keys.answer(call)
    return respond(answer if secret is None else _with_secret(answer, secret))


def _with_secret(answer: Answer, secret: str) -> Answer:
    """The answer as it goes out the first time: what is kept of it has no secret."""
    if answer.replayed or answer.status >= 300:
        return answer
    body = msgspec.structs.replace(msgspec.json.decode(answer.body, type=KeyBody), secret=secret)
    return msgspec.structs.replace(answer, body=msgspec.json.encode(body))


def _wanted(data: CreateKeyRequest) -> WantedKey:
    if data.preset is not None and (data.scopes is not None or data.preset not in PRESETS):
        raise KeyMalformed(
            "A preset stands instead of scopes, and is one of the list.",
            field="preset",
            hint=f"Presets are: {', '.join(PRESETS)}.",
        )
    check_scopes(data.scopes)
    return WantedKey(
        name=data.name.strip(),
        scopes=PRESETS[data.preset] if data.preset is not None else data.scopes,
        publishable=data.publishable,
        addresses=data.addresses,
        expires_at=data.expires_at,
        version=data.version,
    )


async def _check_within(keys: MerchantKeys, request: AnyRequest, wanted: WantedKey) -> None:
    """Refuses `BeyondYours`."""
    principal = principal_of(request)
    mine: ApiKey | None = None
    if isinstance(principal, KeyPrincipal):
        mine = await keys.get(principal.owner, principal.key)
    check_within(wanted, permissions=principal.permissions, by=mine)


def _answers(status: int, description: str) -> dict[int, ResponseSpec]:
    return {status: ResponseSpec(KeyBody, description=description, generate_examples=False)}
