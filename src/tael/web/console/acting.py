"""How does a page of the console act? As pages of every surface do (`web.ui.acting`), within the console's frame.

`here` is the name of one of `places.PLACES`' doors, with its title and lead in both languages. A route file is mounted by
`routes.console_routes`.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from litestar import Response

from tael.foundation.db import Transaction
from tael.foundation.http.permissions import Principal
from tael.web.console.behind import Behind
from tael.web.console.places import open_to
from tael.web.console.session import RENEWED
from tael.web.ui import acting
from tael.web.ui.acting import Surface, action, call, may, page, see_other, settled, who
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest, Pages

__all__ = ["PAGES", "action", "call", "done", "may", "once", "page", "see_other", "settled", "show", "who"]

PAGES = Pages("console", Path(__file__).parent)
SURFACE = Surface(PAGES, words="console", home="/console")
done = SURFACE.done


def show(
    request: PageRequest,
    template: str,
    *,
    here: str,
    form: Form | None = None,
    status: int = 200,
    **context: Any,
) -> Response[bytes]:
    """A page within the console's frame, with what was just done, and with a form if it has one."""
    principal: Principal = request.scope["user"]
    response = SURFACE.show(
        request,
        template,
        form=form,
        status=status,
        here=here,
        places=open_to(principal.permissions),
        may=principal.permissions.__contains__,
        **context,
    )
    if RENEWED in request.scope["state"]:
        response.cookies.append(request.scope["state"][RENEWED])
    return response


async def once(
    behind: Behind,
    request: PageRequest,
    form: Form,
    doing: str,
    verb: Callable[[Transaction], Awaitable[str]],
) -> str:
    """Do something for a form, once, however often it is sent; gives the id of what came of it. Raises what is refused."""
    return await acting.once(request, form, doing, verb, database=behind.database, clock=behind.clock)
