"""What do other processes of ours ask through the vault's door? Each question is vouched for, and so is its answer."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.telemetry import EXPOSITION_TYPE, exposition
from tael.foundation.vouching import HEADER, Voucher
from tael.vault import schemas
from tael.vault.api import Vault
from tael.vault.model import Forwarded, Forwarding, Progress, Token, VaultState

AnyRequest = Request[Any, Any, Any]
Q = TypeVar("Q", bound=msgspec.Struct)
A = TypeVar("A", bound=msgspec.Struct)
PLATFORM = "platform"
"""Who asks, in the trail: whoever has the shared key."""


def door_routes(vault: Vault, voucher: Voucher) -> list[HTTPRouteHandler]:
    """Everything behind the door, and the metrics of this process."""

    async def forward(wanted: Forwarding) -> Forwarded:
        try:
            return await vault.forward(wanted, actor=PLATFORM)
        except (
            Refusal
        ) as refusal:  # said within a vouched answer: whoever asked may believe that nothing was sent
            return Forwarded(not_sent=refusal.message)

    async def describe(about: schemas.AboutToken) -> Token:
        return await vault.describe(about.token)

    async def keep(about: schemas.AboutToken) -> schemas.Done:
        await vault.keep(about.token, merchant_id=about.merchant_id)
        return schemas.Done()

    async def forget(about: schemas.AboutToken) -> schemas.Done:
        await vault.forget(about.token, merchant_id=about.merchant_id)
        return schemas.Done()

    async def opened(_: schemas.Nothing) -> schemas.Opened:
        return schemas.Opened(is_open=await vault.is_open())

    async def state(_: schemas.Nothing) -> VaultState:
        return await vault.state()

    def answers(path: str, asked: type[Q], do: Callable[[Q], Awaitable[A]]) -> HTTPRouteHandler:
        return _answers(voucher, path, asked, do)

    return [
        answers("/forward", Forwarding, forward),
        answers("/describe", schemas.AboutToken, describe),
        answers("/keep", schemas.AboutToken, keep),
        answers("/forget", schemas.AboutToken, forget),
        answers("/open", schemas.Nothing, opened),
        answers("/state", schemas.Nothing, state),
        *_key_routes(vault, voucher),
        _health(vault),
        _metrics,
    ]


def _key_routes(vault: Vault, voucher: Voucher) -> list[HTTPRouteHandler]:
    keys = vault.rotation

    async def unlock(share: schemas.Share) -> schemas.Unlocked:
        return schemas.Unlocked(master=await keys.unlock(share.words, actor=share.actor))

    async def begin(wanted: schemas.NewMaster) -> schemas.Shares:
        words = await keys.begin_handover(
            threshold=wanted.threshold, shares=wanted.shares, again=wanted.again, actor=wanted.actor
        )
        return schemas.Shares(words=words)

    async def confirm(by: schemas.By) -> schemas.Done:
        return schemas.Done(number=await keys.confirm_handover(actor=by.actor))

    async def reseal_keys(_: schemas.By) -> Progress:
        return await keys.reseal_data_keys()

    async def new_data_key(by: schemas.By) -> Progress:
        return await keys.new_data_key(actor=by.actor)

    async def reseal_cards(_: schemas.By) -> Progress:
        return await keys.reseal_cards()

    return [
        _answers(voucher, "/unlock", schemas.Share, unlock),
        _answers(voucher, "/master/begin", schemas.NewMaster, begin),
        _answers(voucher, "/master/confirm", schemas.By, confirm),
        _answers(voucher, "/master/reseal", schemas.By, reseal_keys),
        _answers(voucher, "/data/begin", schemas.By, new_data_key),
        _answers(voucher, "/data/reseal", schemas.By, reseal_cards),
    ]


def _answers(
    voucher: Voucher, path: str, asked: type[Q], do: Callable[[Q], Awaitable[A]]
) -> HTTPRouteHandler:
    """One question; refuses `NotVouchedFor` whoever has not the shared key."""

    @post(path, status_code=200, opt={"permission": PUBLIC}, include_in_schema=False)
    async def answer(request: AnyRequest) -> Response[bytes]:
        body = await request.body()
        vouched = voucher.check(request.headers.get(HEADER, ""), path, body)
        try:
            question = msgspec.json.decode(body, type=asked)
        except msgspec.MsgspecError:
            raise Malformed("The question is malformed: our processes are of different versions.") from None
        content = msgspec.json.encode(await do(question))
        headers = {HEADER: voucher.answer(vouched, path, content)}
        return Response(content, media_type="application/json", headers=headers)

    return answer


def _health(vault: Vault) -> HTTPRouteHandler:
    @get("/health", opt={"permission": PUBLIC}, include_in_schema=False)
    async def health() -> dict[str, str]:
        """Whether the vault can be asked at all; locked, it can."""
        await vault.ping()
        return {"status": "ok"}

    return health


@get("/metrics", opt={"permission": PUBLIC}, include_in_schema=False, sync_to_thread=False)
def _metrics() -> Response[bytes]:
    """Prometheus metrics of this process."""
    return Response(exposition(), media_type=EXPOSITION_TYPE)
