"""What does the code say of itself? The pages of `docs/reference`, made anew from settings, errors, events, commands.

    .venv/bin/python -m docs.reference.generate

`tests/unit/test_docs_reference.py` fails while a page differs from what this makes.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from tael.app.cli import command
from tael.app.house import House, make_house
from tael.app.listeners import books_routes, operations_routes, public_routes
from tael.app.subscriptions import FACTS, subscriptions
from tael.disputes.model import DisputeState
from tael.disputes.rules import STATES as DISPUTES
from tael.disputes.rules import DisputeEvent
from tael.foundation import errors
from tael.foundation.config import Settings, explain_settings
from tael.foundation.errors import Refusal
from tael.foundation.events import type_of
from tael.offers import errors as _offers_errors  # noqa: F401 - listed, though no route refuses them yet
from tael.payments.model import AttemptState, PaymentState, RefundState, StepState
from tael.payments.rules.lifecycle import (
    ATTEMPTS,
    PAYMENTS,
    REFUNDS,
    STEPS,
    AttemptEvent,
    PaymentEvent,
    Settling,
)

FOLDER = Path(__file__).parent
NOTE = "<!-- Made by generate.py: change the code, not this page. -->"
HOME = "`/var/lib/tael` for root, else `~/.local/share/tael`"
KINDS: tuple[type[Refusal], ...] = tuple(
    kind for kind in vars(errors).values() if isinstance(kind, type) and Refusal in kind.__bases__
)
"""The nine kinds of refusal, in the order in which their file lists them."""


def reference_files() -> dict[str, str]:
    """The text of each page, by its name in this folder."""
    return {
        "settings.md": settings_page(),
        "errors.md": errors_page(),
        "events.md": events_page(),
        "states.md": states_page(),
        "commands.md": commands_page(),
        "openapi.json": openapi_document(public_routes),
        "openapi-users.json": openapi_document(public_routes, at="/users"),
        "openapi-ledger.json": openapi_document(books_routes),
        "openapi-operations.json": openapi_document(operations_routes),
    }


def settings_page() -> str:
    """Every setting with its default and meaning."""
    rows = [
        (
            f"`{setting.name}`",
            HOME if setting.name == "TAEL_HOME" else f"`{setting.value}`" if setting.value else "–",
            setting.meaning,
        )
        for setting in explain_settings(Settings(), environment={})
    ]
    about = "How they are read: [configuration](../operating/configuration.md)."
    return _page("Settings", about, _table(("variable", "default", "meaning"), rows))


def errors_page() -> str:
    """Every code of a refusal, by the context that refuses."""
    about = "What to do for each kind: [errors and retries](../guides/errors-and-retries.md)."
    by_owner: dict[str, list[Sequence[str]]] = {}
    for refusal in sorted(_refusals(), key=lambda each: (each.status, each.code)):
        kind = next(
            (kind.code.replace("_", " ") for kind in KINDS if issubclass(refusal, kind)), "a bug of ours"
        )
        row = (f"`{refusal.code}`", str(refusal.status), kind, _first_line(refusal))
        by_owner.setdefault(refusal.__module__.split(".")[1], []).append(row)
    parts = [
        f"## {owner.capitalize()}\n\n" + _table(("code", "status", "kind", "meaning"), rows)
        for owner, rows in sorted(by_owner.items())
    ]
    return _page("Error codes", about, *parts)


def events_page() -> str:
    """Every fact with what it carries and who hears it."""
    about = (
        "How they travel: [outbox](../internals/outbox.md). Each has `object_id` and `happened_at` besides."
    )
    rows = []
    house = make_house(Settings(), "")
    parts_that_hear = house.payments, house.disputes, house.checkout, house.webhooks, house.merchants
    for subscriber in subscriptions(*parts_that_hear):
        rows += [(event, subscriber.subscriber.__qualname__) for event in subscriber.events]
    parts = []
    for fact in FACTS:
        heard_by = ", ".join(f"`{name}`" for event, name in rows if event is fact) or "nobody yet"
        own = [
            field for field in msgspec.structs.fields(fact) if field.name not in ("object_id", "happened_at")
        ]
        carried = ", ".join(f"`{field.name}`" for field in own)
        parts.append(f"## {type_of(fact)}\n\n{_first_line(fact)}\n\nCarries {carried}. Heard by {heard_by}.")
    return _page("Events", about, *parts)


def states_page() -> str:
    """What can happen to a payment, an attempt, a refund and a capture, and where it leads."""
    about = (
        "From [lifecycle.py](../../src/tael/payments/rules/lifecycle.py), through which every change of a state goes; disputes from "
        "[rules.py](../../src/tael/disputes/rules.py). "
        "An empty cell: that cannot happen in this state. A state without a line is an end."
    )
    drawn = (
        ("Payments", PaymentState, PaymentEvent, PAYMENTS),
        ("Attempts", AttemptState, AttemptEvent, ATTEMPTS),
        ("Refunds", RefundState, Settling, REFUNDS),
        ("Captures and increments", StepState, Settling, STEPS),
        ("Disputes", DisputeState, DisputeEvent, DISPUTES),
    )
    return _page("States", about, *(_states(*each) for each in drawn))


def _states(
    name: str,
    states: type[StrEnum],
    events: type[StrEnum],
    table: Mapping[Any, Mapping[Any, Any]],
) -> str:
    happen = [event for event in events if any(event in moves for moves in table.values())]
    rows = [
        (f"`{event}`", *(f"`{table[state][event]}`" if event in table[state] else "" for state in table))
        for event in happen
    ]
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, moves in table.items():
        for event, following in moves.items():
            if following is not state:
                arrows.setdefault((state, following), []).append(event)
    ends = [f"  {state} --> [*]" for state in states if not table.get(state)]
    lines = [f"  {here} --> {there} : {', '.join(why)}" for (here, there), why in arrows.items()]
    first = next(iter(table))
    picture = "\n".join(["```mermaid", "stateDiagram-v2", f"  [*] --> {first}", *lines, *ends, "```"])
    header = ("event", *(f"`{state}`" for state in table))
    return f"## {name}\n\n{picture}\n\n{_table(header, rows)}"


def commands_page() -> str:
    """Every command with its arguments and options."""
    about = "Each also has `--help`. Refusals go to standard error, and the exit status is then 2."
    return _page("Commands", about, *_commands(command(), "tael"))


def openapi_document(routes: Callable[[House], Sequence[HTTPRouteHandler]], *, at: str = "") -> str:
    """The document as a listener with these routes serves it at an address, laid out to be compared."""
    address = f"{at}/openapi.json"
    route = next(route for route in routes(make_house(Settings(), "")) if address in route.paths)

    async def served() -> bytes:
        answer = await route.fn()
        return bytes(answer.content)

    return msgspec.json.format(asyncio.run(served()), indent=2).decode() + "\n"


def _commands(command: Any, name: str) -> Iterator[str]:
    inner: Mapping[str, Any] = getattr(command, "commands", {})
    for each, subcommand in inner.items():
        yield from _commands(subcommand, f"{name} {each}")
    if inner:
        return
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    shown = [parameter for parameter in shown if parameter.name != "help"]
    arguments = [parameter for parameter in shown if parameter.param_type_name == "argument"]
    usage = " ".join([name, *(_argument(argument) for argument in arguments)])
    rows = [(f"`{_written(each)}`", _default(each), each.help or "") for each in shown]
    text = f"## {usage}\n\n{' '.join(str(command.help).split())}"
    yield text + ("\n\n" + _table(("", "default", "meaning"), rows) if rows else "")


def _argument(parameter: Any) -> str:
    word = parameter.name.upper() + ("…" if parameter.nargs == -1 else "")
    return word if parameter.required else f"[{word}]"


def _written(parameter: Any) -> str:
    return _argument(parameter) if parameter.param_type_name == "argument" else ", ".join(parameter.opts)


def _default(parameter: Any) -> str:
    if parameter.required:
        return "must be given"
    return f"`{parameter.default}`" if parameter.default not in (None, False) else "–"


def _refusals() -> Iterator[type[Refusal]]:
    """Every refusal with a code of its own that can reach somebody."""
    waiting, seen = list(Refusal.__subclasses__()), set()
    while waiting:
        refusal = waiting.pop()
        waiting += refusal.__subclasses__()
        ours = refusal.__module__.startswith("tael.") and ".simulators." not in refusal.__module__
        if ours and not refusal.__name__.startswith("_") and refusal not in seen:
            seen.add(refusal)
            yield refusal


def _first_line(documented: type) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([NOTE, f"# {title}", *parts]) + "\n"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    for name, text in reference_files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    from docs.reference.client import generate as client

    client.write()
