"""What if one of many is bad? Run all together; if that fails, halve until the guilty one stands alone."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def run_halving(
    items: Sequence[T],
    run: Callable[[Sequence[T]], Awaitable[None]],
    blame: Callable[[T, Exception], Awaitable[None]],
) -> None:
    """Call `run` with all items; where it raises, with each half, in order; a single guilty item goes to `blame`.

    `run` must be all or nothing: what it did before it raised is undone (one transaction).
    """
    try:
        await run(items)
    except Exception as error:  # whatever it is, exactly one item gets the blame
        if len(items) == 1:
            await blame(items[0], error)
            return
    else:
        return
    middle = (
        len(items) // 2
    )  # outside of the handler: an error in a half is not an error while handling another
    await run_halving(items[:middle], run, blame)
    await run_halving(items[middle:], run, blame)
