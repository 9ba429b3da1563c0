"""What do the routes of the checkout have in common? Permissions, parameters, how answers are described."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from litestar import Request
from litestar.params import PathParameter, QueryParameter

from tael.foundation.http.pages import Page, id_in, page_of

READ, WRITE, CHARGE = "checkout.read", "checkout.write", "counter.charge"
PERMISSIONS = frozenset({READ, WRITE, CHARGE})

AnyRequest = Request[Any, Any, Any]
SessionId = Annotated[str, PathParameter(description="`cs_` and 26 characters, as the API gave it")]
LinkId = Annotated[str, PathParameter(description="`lnk_` and 26 characters, as the API gave it")]
CodeId = Annotated[str, PathParameter(description="`cod_` and 26 characters, as the API gave it")]
ChargeId = Annotated[str, PathParameter(description="`pay_` and 26 characters, as the API gave it")]
TerminalPath = Annotated[str, PathParameter(description="`trm_` and 26 characters, as the API gave it")]
IsActive = Annotated[
    bool | None, QueryParameter(name="active", description="Only those that are switched on, or off")
]


class Listed(Protocol):
    """What stands in a list."""

    @property
    def id(self) -> str:
        """Where the next page begins."""
        ...


N = TypeVar("N")
N_co = TypeVar("N_co", covariant=True)
B = TypeVar("B", bound=Listed)


class Fetch(Protocol[N_co]):
    """Gives some of a merchant's, newest first."""

    def __call__(self, *, before: str | None, limit: int) -> Awaitable[Sequence[N_co]]:
        """Those before an id."""
        ...


async def fetch_page(
    fetch: Fetch[N], body: Callable[[N], B], *, limit: int, cursor: str | None, prefix: str
) -> Page[B]:
    """A page, and where the next begins; `prefix` is that of the ids at which pages end."""
    before = id_in(cursor, prefix=prefix)
    found = await fetch(before=before, limit=limit + 1)
    return page_of([body(each) for each in found], limit)
