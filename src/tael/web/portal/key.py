"""What may one key do, who signs with it, and how does it get another secret, or end?"""

from datetime import timedelta
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.foundation.errors import Refusal
from tael.foundation.http.permissions import Principal
from tael.foundation.http.signatures import Algorithm
from tael.merchants.api import ChangeKey, KeyCommand, RevokeKey, RevokeSigningKey, check_within
from tael.web.portal.acting import action, done, page, prove, read_form, show
from tael.web.portal.affairs import in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.portal.keys import HOME, TONES, KeyState, addresses_of, may_of, state_of
from tael.web.ui.acting import On, call, settled
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

OVERLAPS = (86_400, 3_600, 604_800, 0)
"""For how many seconds both secrets are good."""
ALGORITHMS = ("ed25519", "rsa-pss-sha512", "rsa-v1_5-sha256", "sm2-sm3")
_AT = f"{HOME}/{{prefix:str}}"


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of another secret says."""

    overlap: Annotated[int, Meta(ge=0, le=604_800)]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a key's manners says."""

    name: Annotated[str, Meta(max_length=64)] = ""
    addresses: Annotated[str, Meta(max_length=2_000)] = ""
    must_sign: bool = False


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of one more public key says."""

    algorithm: Algorithm
    public_key: Annotated[str, Meta(max_length=4_000)]
    key_name: Annotated[str, Meta(max_length=64)] = ""


def one_key_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [_show(behind), _rotate(behind), *_changing(behind), *_signing(behind)]


def _show(behind: Behind) -> HTTPRouteHandler:
    @page(_AT, permission="keys.read")
    async def show_key(request: PageRequest, prefix: FromPath[str]) -> Response[bytes]:
        return await _page_of(behind, request, prefix, Form())

    return show_key


def _rotate(behind: Behind) -> HTTPRouteHandler:
    @action(f"{_AT}/rotate", permission="keys.write")
    async def rotate_key(request: PageRequest, prefix: FromPath[str]) -> Response[bytes]:
        form, keys = await read_form(request), behind.merchant_keys
        try:
            said = form.into(Rotation)
            await _check(behind, request, prefix)
            await prove(behind, request, form)
            command, secret = keys.rotation(
                owner_of(request), prefix, overlap=timedelta(seconds=said.overlap)
            )
            asked = On(prefix, said)
            answer = settled(await keys.answer(call(request, form, "merchants.rotate_key", asked, command)))
        except Refusal as refusal:
            return await _page_of(behind, request, prefix, _again(request, form, refusal))
        return await _page_of(
            behind, request, prefix, Form(), secret="" if answer.replayed else secret, made=True
        )

    return rotate_key


def _changing(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{_AT}/change", permission="keys.write")
    async def change_key(request: PageRequest, prefix: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Changes)
            command = ChangeKey(
                merchant_id=owner_of(request),
                prefix=prefix,
                name=said.name.strip(),
                addresses=addresses_of(said.addresses),
                must_sign=said.must_sign,
            )
            await _check(behind, request, prefix)
            await _do(behind, request, form, "merchants.change_key", said=On(prefix, said), command=command)
        except Refusal as refusal:
            return await _page_of(behind, request, prefix, _again(request, form, refusal))
        return done(request, f"{HOME}/{prefix}", "saved")

    @action(f"{_AT}/revoke", permission="keys.write")
    async def revoke_key(request: PageRequest, prefix: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        command = RevokeKey(merchant_id=owner_of(request), prefix=prefix)
        try:
            await _do(behind, request, form, "merchants.revoke_key", said=On(prefix, ""), command=command)
        except Refusal as refusal:
            return await _page_of(behind, request, prefix, _again(request, form, refusal))
        return done(request, HOME, "key_revoked")

    return [change_key, revoke_key]


def _signing(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{_AT}/signing", permission="keys.write")
    async def add_signing_key(request: PageRequest, prefix: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(PublicKey)
            await _check(behind, request, prefix)
            command = behind.merchant_keys.signing_key(
                owner_of(request),
                prefix,
                name=said.key_name.strip(),
                algorithm=said.algorithm,
                public_key=said.public_key,
            )
            await _do(
                behind, request, form, "merchants.add_signing_key", said=On(prefix, said), command=command
            )
        except Refusal as refusal:
            return await _page_of(behind, request, prefix, _again(request, form, refusal))
        return done(request, f"{HOME}/{prefix}", "signing_key_added")

    @action(f"{_AT}/signing/{{signing_key_id:str}}/revoke", permission="keys.write")
    async def revoke_signing_key(
        request: PageRequest, prefix: FromPath[str], signing_key_id: FromPath[str]
    ) -> Response[bytes]:
        form = await read_form(request)
        command = RevokeSigningKey(merchant_id=owner_of(request), prefix=prefix, id=signing_key_id)
        try:
            said = On(prefix, signing_key_id)
            await _do(behind, request, form, "merchants.revoke_signing_key", said=said, command=command)
        except Refusal as refusal:
            return await _page_of(behind, request, prefix, _again(request, form, refusal))
        return done(request, f"{HOME}/{prefix}", "signing_key_revoked")

    return [add_signing_key, revoke_signing_key]


def _again(request: PageRequest, form: Form, refusal: Refusal) -> Form:
    return form.refused(in_words(request, refusal), secret=("code",))


async def _check(behind: Behind, request: PageRequest, prefix: str) -> None:
    """Refuses `BeyondYours` whoever may do less than the key."""
    principal: Principal = request.scope["user"]
    key = await behind.merchant_keys.get(principal.owner, prefix)
    check_within(key, permissions=principal.permissions, by=None)


async def _do(
    behind: Behind, request: PageRequest, form: Form, doing: str, *, said: On, command: KeyCommand
) -> None:
    """Do a command for a form, once, after a fresh code."""
    await prove(behind, request, form)
    settled(await behind.merchant_keys.answer(call(request, form, doing, said, command)))


async def _page_of(
    behind: Behind, request: PageRequest, prefix: str, form: Form, *, secret: str = "", made: bool = False
) -> Response[bytes]:
    key = await behind.merchant_keys.get(owner_of(request), prefix)
    state = state_of(key, now=behind.clock.now())
    return await show(
        behind,
        request,
        "portal/key.html",
        here="keys",
        form=form,
        key=key,
        key_may=may_of(key),
        state=state,
        tones=TONES,
        is_good=state is KeyState.GOOD,
        signing_keys=await behind.merchant_keys.signing_keys([prefix]),
        overlaps=OVERLAPS,
        algorithms=ALGORITHMS,
        secret=secret,
        made=made,
    )
