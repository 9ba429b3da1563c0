"""With which keys do a merchant's servers call us? Make them, give them other secrets, end them; each act takes a fresh code."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Meta

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.permissions import Principal
from tael.merchants.api import PRESETS, ApiKey, WantedKey, check_within
from tael.web.portal.acting import action, page, prove, read_form, show
from tael.web.portal.affairs import in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.portal.session import SIGNED_IN
from tael.web.ui.acting import call, settled
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

HOME = "/portal/keys"
ROWS = 50
CHOSEN, PUBLISHABLE = "chosen", "publishable"
"""What a key may do, beside the presets: what is ticked; nothing but what everybody may."""
LIFETIMES = (30, 90, 365)
"""In days; without one, a key does not end by itself."""

Before = Annotated[
    str, QueryParameter(pattern=r"^[a-z0-9_]{0,64}$(?!\n)", description="The last of the page before")
]


class KeyState(StrEnum):
    """Whether a key is good."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"


TONES = {KeyState.GOOD: "good", KeyState.EXPIRED: "neutral", KeyState.REVOKED: "neutral"}


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a new key says."""

    name: Annotated[str, Meta(max_length=64)] = ""
    may: str
    scopes: tuple[str, ...] = ()
    addresses: Annotated[str, Meta(max_length=2_000)] = ""
    days: Annotated[int, Meta(ge=1, le=3_660)] | None = None


def key_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, and making a key."""

    @page(HOME, permission="keys.read")
    async def show_keys(*, request: PageRequest, before: Before = "") -> Response[bytes]:
        return await _page_of(behind, request, Form(), before=before)

    @action(f"{HOME}/new", permission="keys.write")
    async def create_key(request: PageRequest) -> Response[bytes]:
        form, keys = await read_form(request), behind.merchant_keys
        try:
            said = form.into(NewKey)
            wanted = wanted_of(said, now=behind.clock.now())
            principal: Principal = request.scope["user"]
            check_within(wanted, permissions=principal.permissions, by=None)
            await prove(behind, request, form)
            command, secret = keys.creation(principal.owner, wanted)
            answer = settled(await keys.answer(call(request, form, "merchants.create_key", said, command)))
        except Refusal as refusal:
            kept = form.refused(in_words(request, refusal), secret=("code",))
            return await _page_of(behind, request, kept)
        return await _page_of(behind, request, Form(), secret="" if answer.replayed else secret, made=True)

    return [show_keys, create_key]


def wanted_of(said: NewKey, *, now: datetime) -> WantedKey:
    """The key that a form asks for; refuses `Malformed`."""
    if said.may not in {*PRESETS, CHOSEN, PUBLISHABLE}:
        raise Malformed("Say what the key may do.", field="may")
    if said.may == CHOSEN and not said.scopes:
        raise Malformed("Tick what the key may do.", field="scopes")
    return WantedKey(
        name=said.name.strip(),
        scopes=said.scopes if said.may == CHOSEN else PRESETS.get(said.may),
        publishable=said.may == PUBLISHABLE,
        addresses=addresses_of(said.addresses),
        expires_at=now + timedelta(days=said.days) if said.days else None,
    )


def addresses_of(text: str) -> tuple[str, ...]:
    """Networks, one a line or after a comma."""
    return tuple(text.replace(",", " ").split())


def state_of(key: ApiKey, *, now: datetime) -> KeyState:
    """Whether a key is good now."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    return KeyState.EXPIRED if key.expires_at is not None and key.expires_at <= now else KeyState.GOOD


def may_of(key: ApiKey) -> str:
    """What a key may do, in a word: the name of a preset if it is one."""
    if key.publishable:
        return PUBLISHABLE
    named = {None if scopes is None else frozenset(scopes): name for name, scopes in PRESETS.items()}
    return named.get(None if key.scopes is None else frozenset(key.scopes), CHOSEN)


def _presets_for(permissions: frozenset[str]) -> Sequence[str]:
    """What somebody may give: no more than they may themselves."""
    found = []
    for name, scopes in PRESETS.items():
        try:
            check_within(WantedKey(scopes=scopes), permissions=permissions, by=None)
        except Refusal:
            continue
        found.append(name)
    return [*found, CHOSEN, PUBLISHABLE]


async def _page_of(
    behind: Behind,
    request: PageRequest,
    form: Form,
    *,
    before: str = "",
    secret: str = "",
    made: bool = False,
) -> Response[bytes]:
    principal: Principal = request.scope["user"]
    now = behind.clock.now()
    found = await behind.merchant_keys.of(owner_of(request), after=before or None, limit=ROWS + 1)
    rows = found[:ROWS]
    return await show(
        behind,
        request,
        "portal/keys.html",
        here="keys",
        form=form,
        keys=[(each, state_of(each, now=now), may_of(each)) for each in rows],
        tones=TONES,
        presets=_presets_for(principal.permissions),
        scopes=sorted(principal.permissions - {SIGNED_IN}),
        lifetimes=LIFETIMES,
        older=rows[-1].prefix if len(found) > ROWS else "",
        newest=bool(before),
        secret=secret,
        made=made,
    )
