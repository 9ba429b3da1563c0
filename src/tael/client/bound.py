"""How is one text of a call both blocking and awaited? The client at which it is called decides, also for the types.

`@operation` stands over a function that makes a `Call`. At a `Resource[Blocking]` it is a method that gives the answer,
at a `Resource[Awaited]` one that gives something to await. So every call is written once.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from tael.client.calls import Call, Page
from tael.client.sending import Steps

P = ParamSpec("P")
T = TypeVar("T")


class Blocking:
    """Calls wait for their answer."""


class Awaited:
    """Calls are awaited in an event loop."""


M = TypeVar("M")
"""`Blocking` or `Awaited`."""


class Sender(Protocol):
    """Takes steps; what it gives is a result, or something to await."""

    def take(self, steps: Steps[Any]) -> Any:
        """Go all the way."""
        ...

    def sending(self, call: Call[T]) -> Steps[T]:
        """The steps to the answer of a call."""
        ...

    def pages(self, first: Call[Page[T]]) -> Any:
        """Everything in a list, from this page on."""
        ...


class Resource(Generic[M]):
    """Calls that belong together."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def ask(self, call: Call[T]) -> Steps[T]:
        """The steps to the answer of a call, for those that take several."""
        return self._sender.sending(call)


class Pages(Generic[T]):
    """A list, all of it: page after page is fetched while you go through it."""

    def __init__(self, sender: Sender, first: Call[Page[T]]) -> None:
        self._sender = sender
        self._first = first

    def page(self) -> Page[T]:
        """One page only."""
        page: Page[T] = self._sender.take(self._sender.sending(self._first))
        return page

    def __iter__(self) -> Iterator[T]:
        wanted = self._first
        while True:
            page: Page[T] = self._sender.take(self._sender.sending(wanted))
            yield from page.items
            if page.next_cursor is None:
                return
            wanted = self._first.page_after(page.next_cursor)


class AsyncPages(Generic[T]):
    """The same in an event loop: `async for`."""

    def __init__(self, sender: Sender, first: Call[Page[T]]) -> None:
        self._sender = sender
        self._first = first

    async def page(self) -> Page[T]:
        """One page only."""
        page: Page[T] = await self._sender.take(self._sender.sending(self._first))
        return page

    async def __aiter__(self) -> AsyncIterator[T]:
        wanted = self._first
        while True:
            page: Page[T] = await self._sender.take(self._sender.sending(wanted))
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            wanted = self._first.page_after(page.next_cursor)


class _Text(Generic[P]):
    """A function in the class of a resource, which is a method only at a resource of some client."""

    def __init__(self, function: Callable[Concatenate[Any, P], Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def _go(self, sender: Sender, made: Any) -> Any:
        """What the method gives, of what the function has made."""
        raise NotImplementedError

    def _method(self, at: Resource[Any]) -> Any:
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return self._go(at._sender, self._function(at, *args, **kwargs))  # noqa: SLF001 - its own

        method.__doc__ = self.__doc__
        return method


class operation(_Text[P], Generic[P, T]):  # noqa: N801 - a decorator
    """One call, as a method of its resource."""

    def __init__(self, make: Callable[Concatenate[Any, P], Call[T]]) -> None:
        super().__init__(make)
        self._make = make

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        """The call as a value, to be sent by `send`, or within steps."""
        return self._make(None, *args, **kwargs)

    def _go(self, sender: Sender, made: Call[T]) -> Any:
        return sender.take(sender.sending(made))

    @overload
    def __get__(self, at: None, owner: object) -> "operation[P, T]": ...
    @overload
    def __get__(self, at: Resource[Blocking], owner: object) -> Callable[P, T]: ...
    @overload
    def __get__(self, at: Resource[Awaited], owner: object) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, at: Resource[Any] | None, owner: object) -> Any:
        """The method of a resource; of its class, the operation itself."""
        return self if at is None else self._method(at)


class listing(_Text[P], Generic[P, T]):  # noqa: N801 - a decorator
    """A list that comes in pages, as a method of its resource."""

    def __init__(self, make: Callable[Concatenate[Any, P], Call[Page[T]]]) -> None:
        super().__init__(make)
        self._make = make

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Call[Page[T]]:
        """The call for one page as a value."""
        return self._make(None, *args, **kwargs)

    def _go(self, sender: Sender, made: Call[Page[T]]) -> Any:
        return sender.pages(made)

    @overload
    def __get__(self, at: None, owner: object) -> "listing[P, T]": ...
    @overload
    def __get__(self, at: Resource[Blocking], owner: object) -> Callable[P, Pages[T]]: ...
    @overload
    def __get__(self, at: Resource[Awaited], owner: object) -> Callable[P, AsyncPages[T]]: ...
    def __get__(self, at: Resource[Any] | None, owner: object) -> Any:
        """The method of a resource; of its class, the listing itself."""
        return self if at is None else self._method(at)


class several(_Text[P], Generic[P, T]):  # noqa: N801 - a decorator
    """Several calls for one result, as a method of its resource."""

    def __init__(self, steps: Callable[Concatenate[Any, P], Steps[T]]) -> None:
        super().__init__(steps)

    def _go(self, sender: Sender, made: Steps[T]) -> Any:
        return sender.take(made)

    @overload
    def __get__(self, at: None, owner: object) -> "several[P, T]": ...
    @overload
    def __get__(self, at: Resource[Blocking], owner: object) -> Callable[P, T]: ...
    @overload
    def __get__(self, at: Resource[Awaited], owner: object) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, at: Resource[Any] | None, owner: object) -> Any:
        """The method of a resource."""
        return self if at is None else self._method(at)
