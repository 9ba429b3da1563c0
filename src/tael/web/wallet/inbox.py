"""What was somebody told? Their messages, newest first; and on which ways and when they want to hear it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.calls import Call
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.messages.api import CAN_BE_OFF, ChangePreferences, MarkRead
from tael.messages.model import SENT_WAYS, Language, Urgency
from tael.users.schemas.bodies import UserBody
from tael.users.schemas.own import LanguageRequest
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, action, done, go_to, me, page, read_form, settled, show
from tael.web.wallet.asking import ask_users
from tael.web.wallet.behind import Behind

HOME, PREFERENCES = "/wallet/messages", "/wallet/messages/preferences"
_AT_ONCE = 30
SIGNS: Mapping[Urgency, str] = {
    Urgency.CODE: "key",
    Urgency.SECURITY: "shield",
    Urgency.MONEY: "payments",
    Urgency.SERVICE: "bell",
    Urgency.EDUCATION: "help",
}
OPTIONAL = tuple(each for each in Urgency if f"{each}:{SENT_WAYS[0]}" in CAN_BE_OFF)
"""The kinds of news that can be switched off on some way."""

Unread = Annotated[str, QueryParameter(pattern=r"^(true)?$(?!\n)", description="Only what is unread")]
Before = Annotated[str, QueryParameter(pattern=r"^(msg_[a-z0-9]{26})?$(?!\n)", description="Older than")]


def inbox_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, and the preferences."""
    return [*_list(behind), *_preferences(behind)]


def _list(behind: Behind) -> list[HTTPRouteHandler]:
    messages = behind.people.messages

    @page(HOME, permission=LOOK)
    async def show_messages(
        *, request: PageRequest, unread: Unread = "", before: Before = ""
    ) -> Response[bytes]:
        user_id = me(request).owner
        found = await messages.list_kept(
            user_id, before=before or None, unread=bool(unread), limit=_AT_ONCE + 1
        )
        quizzes = await messages.quizzes(user_id, only_open=True, limit=1)
        return await show(
            behind,
            request,
            "wallet/messages.html",
            here="messages",
            found=found[:_AT_ONCE],
            older=found[_AT_ONCE - 1].id if len(found) > _AT_ONCE else "",
            unread=bool(unread),
            signs=SIGNS,
            quiz=quizzes[0] if quizzes else None,
        )

    @action(f"{HOME}/read", permission=LOOK)
    async def mark_read(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        up_to = check_id(form.text("up_to"), prefix="msg", field="up_to")
        command = MarkRead(user_id=me(request).owner, up_to=up_to)
        await _ask(behind, request, form, "mark_read", command)
        return go_to(request, HOME)

    return [show_messages, mark_read]


def _preferences(behind: Behind) -> list[HTTPRouteHandler]:
    @page(PREFERENCES, permission=LOOK)
    async def show_preferences(request: PageRequest) -> Response[bytes]:
        return await preferences_page(behind, request, Form())

    @action(PREFERENCES, permission=LOOK)
    async def change_preferences(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            wanted = form.into(_Typed)
            command = ChangePreferences(
                user_id=me(request).owner,
                language=wanted.language,
                off=sorted(CAN_BE_OFF - set(wanted.on)),
                quiet_from=_minutes(wanted.quiet_from, "quiet_from"),
                quiet_until=_minutes(wanted.quiet_until, "quiet_until"),
                money_at_night=wanted.money_at_night,
            )
            await _ask(behind, request, form, "change_preferences", command)
            spoken = LanguageRequest(language=wanted.language.value)
            await ask_users(behind, request, form, "set_language", spoken, gives=UserBody, part=":language")
        except Refusal as refusal:
            return await preferences_page(behind, request, form.refused(refusal))
        return done(request, PREFERENCES, "preferences_kept")

    return [show_preferences, change_preferences]


async def preferences_page(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    """What they want to hear, where they are reached, and which browsers are told."""
    messages, user_id = behind.people.messages, me(request).owner
    return await show(
        behind,
        request,
        "wallet/preferences.html",
        here="preferences",
        form=form,
        wanted=await messages.preferences(user_id),
        reached=await messages.reached(user_id),
        push_key=messages.push_key(),
        browsers=await messages.subscriptions(user_id),
        kinds=OPTIONAL,
        ways=SENT_WAYS,
        hour=lambda minutes: f"{minutes // 60:02}:{minutes % 60:02}",
    )


class _Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What the form says."""

    language: Language
    on: Sequence[str] = ()
    quiet_from: str
    quiet_until: str
    money_at_night: bool = False


class _Nothing(msgspec.Struct, frozen=True):
    """What is kept of the answer: its page looks it up anew."""


async def _ask(behind: Behind, request: PageRequest, form: Form, doing: str, command: msgspec.Struct) -> None:
    def shown(_: Any) -> tuple[str, msgspec.Struct]:
        return me(request).owner, _Nothing()

    call = Call(
        caller=caller_of(request),
        action=f"messages.{doing}",
        key=f"form:{form.once}",
        request=command,
        command=command,
    )
    settled(await behind.people.messages.answer(call, shown=shown))


def _minutes(hour: str, field: str) -> int:
    """Minutes since midnight; refuses `Malformed`."""
    hours, _, minutes = hour.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise Malformed("Write an hour as 22:00.", field=field)
    return int(hours) * 60 + int(minutes)
