"""Which browsers are told by push? This one, if its owner presses the button; and none any more that they take off the list."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.calls import Call
from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.messages.api import AddSubscription, RemoveSubscription, new_subscription_id
from tael.messages.model import PushAddress
from tael.web.ui.acting import Made, On, settled
from tael.web.ui.formats import device_text
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, action, call, done, me, read_form
from tael.web.wallet.behind import Behind
from tael.web.wallet.inbox import PREFERENCES, preferences_page

HERE = f"{PREFERENCES}/push"


def pushing_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Tell this browser, and tell one no more."""

    async def ask(call: Call[Any]) -> None:
        def shown(_: Any) -> tuple[str, Made]:
            return call.command.id, Made(call.command.id)

        settled(await behind.people.messages.answer(call, shown=shown))

    @action(HERE, permission=LOOK)
    async def add_browser(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            address = form.into(PushAddress)
            browser = device_text(request.headers.get("user-agent", ""))
            command = AddSubscription(
                id=new_subscription_id(), user_id=me(request).owner, push=address, device=browser
            )
            await ask(call(request, form, "messages.add_subscription", address, command))
        except Refusal as refusal:
            return await preferences_page(behind, request, form.refused(refusal))
        return done(request, PREFERENCES, "push_begun")

    @action(f"{HERE}/{{push_id:str}}/remove", permission=LOOK)
    async def remove_browser(request: PageRequest, push_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(push_id, prefix="psh", field="push_id")
        command = RemoveSubscription(id=id, user_id=me(request).owner)
        await ask(call(request, form, "messages.remove_subscription", On(id), command))
        return done(request, PREFERENCES, "push_ended")

    return [add_browser, remove_browser]
