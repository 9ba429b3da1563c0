"""How does a user read messages and say what they want to hear? Routes below `/v1/me`."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import LastId, Limit, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.messages.api import (
    CAN_BE_OFF,
    AddSubscription,
    ChangePreferences,
    MarkRead,
    Messages,
    RemoveSubscription,
    new_subscription_id,
)
from tael.messages.errors import (
    AddressMalformed,
    CannotBeSwitchedOff,
    NoSuchSubscription,
    PreferencesMalformed,
    PushServiceUnknown,
    TooManySubscriptions,
)
from tael.messages.http.forms import OWN, TAGS, AnyRequest, call_of
from tael.messages.model import Preferences, PushAddress, PushSubscription
from tael.messages.schemas import (
    AddSubscriptionRequest,
    MarkReadRequest,
    MessagesPage,
    NoParticulars,
    PreferencesBody,
    PreferencesRequest,
    RemovedBody,
    SubscriptionBody,
    SubscriptionsBody,
    minutes_of,
    preferences_body,
)

OnlyUnread = Annotated[bool, QueryParameter(name="unread", description="Only what you have not read")]
SubscriptionId = Annotated[str, PathParameter(description="`psh_` and 26 characters, as the API gave it")]


def own_routes(messages: Messages) -> list[HTTPRouteHandler]:
    """The list, preferences, browsers."""
    return [
        _list(messages),
        _mark_read(messages),
        _preferences(messages),
        _change_preferences(messages),
        _subscriptions(messages),
        _subscribe(messages),
        _unsubscribe(messages),
    ]


def _list(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/me/messages", opt={"permission": OWN}, tags=TAGS)
    async def list_my_messages(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None, only_unread: OnlyUnread = False
    ) -> MessagesPage:
        """List your messages. Newest first, in your language, with how many you have not read."""
        user_id = caller_of(request).owner
        found = await messages.list_kept(user_id, before=cursor, unread=only_unread, limit=limit + 1)
        page = page_of(found, limit)
        return MessagesPage(
            items=page.items,
            next_cursor=page.next_cursor,
            unread=await messages.unread(user_id),
        )

    return list_my_messages


def _mark_read(messages: Messages) -> HTTPRouteHandler:
    @post(
        "/v1/me/messages/read",
        status_code=200,
        opt={"permission": OWN},
        tags=TAGS,
        responses=answers(200, MarkReadRequest, "What is read now"),
    )
    async def mark_my_messages_read(
        request: AnyRequest, data: JSONBody[MarkReadRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Mark messages as read. These, or all up to one; when each was read first is kept."""
        user_id = caller_of(request).owner
        command = MarkRead(user_id=user_id, ids=data.ids, up_to=data.up_to)
        call = call_of(request, command, key=idempotency_key, data=data)
        return respond(await messages.answer(call, shown=lambda _: (user_id, data)))

    return mark_my_messages_read


def _preferences(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/me/message_preferences", opt={"permission": OWN}, tags=TAGS)
    async def get_my_message_preferences(request: AnyRequest) -> PreferencesBody:
        """Get your preferences. What you are told, by which way and when, and where you are reached."""
        user_id = caller_of(request).owner
        return preferences_body(
            await messages.preferences(user_id), await messages.reached(user_id), can_be_off=CAN_BE_OFF
        )

    return get_my_message_preferences


def _change_preferences(messages: Messages) -> HTTPRouteHandler:
    @post(
        "/v1/me/message_preferences",
        status_code=200,
        opt={"permission": OWN, REFUSES: [CannotBeSwitchedOff, PreferencesMalformed]},
        tags=TAGS,
        responses=answers(200, PreferencesBody, "Your preferences as they are now"),
    )
    async def change_my_message_preferences(
        request: AnyRequest, data: JSONBody[PreferencesRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Change your preferences. Codes and security messages are always sent; the rest is your choice."""
        user_id = caller_of(request).owner
        command = ChangePreferences(
            user_id=user_id,
            language=data.language,
            off=data.off,
            quiet_from=minutes_of(data.quiet_from),
            quiet_until=minutes_of(data.quiet_until),
            money_at_night=data.money_at_night,
        )
        reached = await messages.reached(user_id)

        def shown(wanted: Preferences) -> tuple[str, PreferencesBody]:
            return user_id, preferences_body(wanted, reached, can_be_off=CAN_BE_OFF)

        call = call_of(request, command, key=idempotency_key, data=data)
        return respond(await messages.answer(call, shown=shown))

    return change_my_message_preferences


def _subscriptions(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/me/push_subscriptions", opt={"permission": OWN}, tags=TAGS)
    async def list_my_push_subscriptions(request: AnyRequest) -> SubscriptionsBody:
        """List your browsers. Those that are told by push, and the key by which another one subscribes."""
        found = await messages.subscriptions(caller_of(request).owner)
        return SubscriptionsBody(
            items=[_body(each) for each in found], application_server_key=messages.push_key()
        )

    return list_my_push_subscriptions


def _subscribe(messages: Messages) -> HTTPRouteHandler:
    @post(
        "/v1/me/push_subscriptions",
        opt={
            "permission": OWN,
            REFUSES: [AddressMalformed, PushServiceUnknown, TooManySubscriptions],
        },
        tags=TAGS,
        responses=answers(201, SubscriptionBody, "The browser"),
    )
    async def add_my_push_subscription(
        request: AnyRequest, data: JSONBody[AddSubscriptionRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Add a browser. It is told by push from now on; whoever had it before is told there no more."""
        command = AddSubscription(
            id=new_subscription_id(),
            user_id=caller_of(request).owner,
            push=PushAddress(endpoint=data.endpoint, p256dh=data.keys.p256dh, auth=data.keys.auth),
            device=data.device,
        )
        call = call_of(request, command, key=idempotency_key, data=data)
        return respond(await messages.answer(call, shown=lambda each: (each.id, _body(each)), status=201))

    return add_my_push_subscription


def _unsubscribe(messages: Messages) -> HTTPRouteHandler:
    @post(
        "/v1/me/push_subscriptions/{subscription_id:str}/remove",
        status_code=200,
        opt={"permission": OWN, REFUSES: [NoSuchSubscription]},
        tags=TAGS,
        responses=answers(200, RemovedBody, "What was removed"),
    )
    async def remove_my_push_subscription(
        request: AnyRequest,
        subscription_id: SubscriptionId,
        data: JSONBody[NoParticulars],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Remove a browser. It is told nothing more."""
        id = check_id(subscription_id, prefix="psh", field="subscription_id")
        command = RemoveSubscription(id=id, user_id=caller_of(request).owner)
        call = call_of(request, command, key=idempotency_key, data=data, id=id)
        return respond(await messages.answer(call, shown=lambda _: (id, RemovedBody(id=id))))

    return remove_my_push_subscription


def _body(each: PushSubscription) -> SubscriptionBody:
    return SubscriptionBody(id=each.id, device=each.device, service=each.service, created_at=each.created_at)
